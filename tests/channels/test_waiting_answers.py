"""What waits because its provider does not take it now holds up nobody: neither other customers nor what
its own customer writes meanwhile, and nothing is said twice or in the wrong order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from maane.channels.whatsapp.jobs import Work
from maane.jobs.queue import NotYet, TryLater
from tests.channels.counter import CONVERSATIONS, SECRET, Counter, writes
from tests.fakes import FakeGraph
from tests.people import A, World
from tests.town import Town

BUSY = (429, 130429)
LASTS = ("בסדר, לא נכתוב לך יותר כאן.", "All right, we will not write to you here any more.")
AT_ONCE = 64


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
def counter(new_world: Callable[..., World], graph: FakeGraph) -> Counter:
    return Counter(new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url))


def _arrive(counter: Counter, words: str, wamid: str) -> int:
    """The customer writes. Returns what the job of it is about."""
    counter.deliver(writes(words, wamid))
    return counter.jobs()[-1][1]


def _sent(graph: FakeGraph) -> list[str]:
    """What the provider was asked to send, refused or not."""
    return [request["body"]["text"]["body"] for request in graph.requests]


def test_a_provider_that_takes_nothing_holds_up_nobody_else(town: Town) -> None:
    town.graph.script = [(*BUSY, 30)] * AT_ONCE
    busy = [town.customer() for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda customer: customer.write("שלום"), busy))
    for customer in busy:
        customer.wait(lambda c=customer: bool(c.answers()) and c.answers()[0].error is not None)
    other = town.customer()
    other.write("ואני?")
    other.wait_for_answers(1)
    assert {answer.status for customer in busy for answer in customer.answers()} == {"pending"}
    for customer in busy:
        customer.wait_for_answers(1)
        assert len(customer.sent()) == 2


def test_an_answer_that_waits_is_overtaken_by_what_its_customer_writes(town: Town) -> None:
    town.graph.script = [(*BUSY, 4)]
    customer = town.customer()
    customer.write("שלום")
    customer.wait(lambda: bool(customer.answers()) and customer.answers()[0].error is not None)
    customer.write("אפשר תור?")
    (answer,) = customer.wait_for_answers(1)
    assert answer.text == "תשובה ל: שלום\nאפשר תור?"
    late = town.customer()
    town.graph.script = [(*BUSY, 4)]
    late.write("שלום")
    late.wait_for_answers(1)
    assert [(m.text, m.status, m.error) for m in customer.messages()] == [
        ("שלום", "received", None),
        ("תשובה ל: שלום", "withheld", "overtaken"),
        ("אפשר תור?", "received", None),
        (answer.text, "sent", None),
    ]
    assert len(customer.sent()) == 2


def test_a_word_that_ends_messages_is_heard_while_an_answer_waits(town: Town) -> None:
    town.graph.script = [(*BUSY, 4)]
    customer = town.customer()
    customer.write("שלום")
    customer.wait(lambda: bool(customer.answers()) and customer.answers()[0].error is not None)
    customer.write("הסר")
    (last,) = customer.wait_for_answers(1)
    assert last.text in LASTS
    late = town.customer()
    town.graph.script = [(*BUSY, 4)]
    late.write("שלום")
    late.wait_for_answers(1)
    assert [m.status for m in customer.answers()] == ["withheld", "sent"]
    assert [r["body"]["text"]["body"] for r in customer.sent()] == ["תשובה ל: שלום", last.text]


def test_an_answer_that_tells_of_what_was_done_is_sent_before_the_next(
    counter: Counter, graph: FakeGraph
) -> None:
    """Intake took a whole message and promises a call: nobody else would say so again."""
    work = Work(counter.world.database, counter.world.settings, None)
    for number, words in enumerate(("שלום", "קוראים לי רותי")):
        work.answer(A, _arrive(counter, words, f"wamid.{number}"))
    graph.script = [BUSY]
    promised = _arrive(counter, "תספורת ביום חמישי", "wamid.3")
    with pytest.raises(TryLater):
        work.answer(A, promised)
    following = _arrive(counter, "בשעה תשע", "wamid.4")
    with pytest.raises(NotYet):
        work.answer(A, following)
    assert counter.messages()[-1].text == "בשעה תשע"
    work.answer(A, promised)
    work.answer(A, following)
    *_, refused, promise, then = _sent(graph)
    assert refused == promise
    assert "תספורת ביום חמישי" in promise
    assert then == "תודה, הוספתי את זה להודעה. Business A יחזרו אליך."


def test_what_was_overtaken_is_noted_on_the_lead_once(counter: Counter, graph: FakeGraph) -> None:
    work = Work(counter.world.database, counter.world.settings, None)
    graph.script = [BUSY]
    first = _arrive(counter, "אני צריכה תספורת", "wamid.1")
    with pytest.raises(TryLater):
        work.answer(A, first)
    second = _arrive(counter, "אתם שם?", "wamid.2")
    work.answer(A, second)
    work.answer(A, first)
    notes: Any = counter.owner.get("/api/business/current/leads").json
    assert notes["items"][0]["note"] == "אני צריכה תספורת\nאתם שם?"
    assert len(_sent(graph)) == 2


def test_what_people_write_arrives_as_they_wrote_it(counter: Counter, graph: FakeGraph) -> None:
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    for number, words in enumerate(("כן", "לא")):
        body = {"text": words, "idempotency_key": str(number)}
        answer = counter.owner.write("POST", f"{CONVERSATIONS}/1/messages", body)
        assert answer.status_code in (200, 201, 202)
    graph.script = [BUSY]
    (_, yes), (_, no) = counter.jobs()[-2:]
    sending = counter.work.sending
    with pytest.raises(TryLater):
        sending.send(A, yes)
    with pytest.raises(NotYet):
        sending.send(A, no)
    sending.send(A, yes)
    sending.send(A, no)
    assert _sent(graph)[-3:] == ["כן", "כן", "לא"]


def test_what_may_have_left_is_not_asked_again_after_something_newer(
    counter: Counter, graph: FakeGraph
) -> None:
    """A provider that stays silent is asked once more; not where its customer has read on."""
    graph.silent = 1
    first = _arrive(counter, "שלום", "wamid.1")
    with pytest.raises(TryLater):
        counter.work.answer(A, first)
    counter.work.answer(A, _arrive(counter, "אתם שם?", "wamid.2"))
    assert [said.text for said in counter.model.asked[-1]] == ["שלום", "תשובת העוזר", "אתם שם?"]
    with pytest.raises(NotYet):
        counter.work.answer(A, first)
    assert len(_sent(graph)) == 2
