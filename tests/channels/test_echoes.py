"""The owner answers from their own phone: kept once, seen in the inbox, and the assistant is silent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.provider import SendError
from maane.channels.whatsapp.sender import GraphSender
from maane.jobs.queue import TryLater
from tests.channels.counter import CONVERSATIONS, NUMBER, SECRET, Counter, echo, writes
from tests.fakes import FakeGraph
from tests.people import A, World
from tests.town import Town

ASKED = ("customer", "מתי פתוח?", "received")
ANSWERED = ("person", "בתשע", "sent")


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
def counter(new_world: Callable[..., World], graph: FakeGraph) -> Counter:
    return Counter(new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url))


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


def test_an_echo_is_shown_as_a_person_s_and_takes_over(counter: Counter, graph: FakeGraph) -> None:
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    wrote_at = ago(minutes=5)
    counter.change(last_inbound_at=ago(minutes=6))
    counter.deliver(echo("כאן אורית", "wamid.e", wrote_at))
    counter.work_off()
    assert counter.said()[-1] == ("person", "כאן אורית", "sent")
    page: Any = counter.owner.get(f"{CONVERSATIONS}/1/messages").json
    shown = page["items"][0]
    assert (shown["is_echo"], shown["author_name"], shown["direction"]) == (True, None, "outbound")
    assert [item["is_echo"] for item in page["items"]] == [True, False, False]
    takeover = counter.shown()["takeover"]
    assert (takeover["reason"], takeover["name"]) == ("wrote_elsewhere", None)
    ends_at = datetime.fromisoformat(takeover["ends_at"])
    assert abs(ends_at - wrote_at - timedelta(hours=12)) < timedelta(seconds=2)
    counter.deliver(writes("תודה", "wamid.2"))
    counter.work_off()
    assert len(counter.model.asked) == 1
    assert counter.shown()["is_waiting"]
    assert graph.texts == ["תשובת העוזר"]


def test_the_other_name_of_the_field_is_the_same(counter: Counter) -> None:
    named = echo("כבר עונה", "wamid.e1").replace(b"smb_message_echoes", b"message_echoes", 1)
    assert b"smb_" not in named
    counter.deliver(named)
    counter.work_off()
    assert counter.said() == [("person", "כבר עונה", "sent")]


def test_handing_back_gives_the_model_what_was_written_from_the_phone(counter: Counter) -> None:
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    counter.deliver(echo("כאן אורית, נדבר מחר", "wamid.e"))
    counter.work_off()
    counter.act("hand-back")
    assert counter.shown()["owner"] == "assistant"
    counter.deliver(writes("מתי?", "wamid.2"))
    counter.work_off()
    assert [said.text for said in counter.model.asked[-1]] == [
        "שלום",
        "תשובת העוזר\nכאן אורית, נדבר מחר",
        "מתי?",
    ]
    assert counter.said()[-1] == ("assistant", "תשובת העוזר", "sent")


def test_an_answer_that_is_being_thought_while_an_echo_comes_is_not_sent(
    counter: Counter, graph: FakeGraph
) -> None:
    def from_the_phone() -> None:
        counter.deliver(echo("בתשע", "wamid.e"))
        counter.work_off()

    counter.model.meanwhile = from_the_phone
    counter.deliver(writes("מתי פתוח?", "wamid.1", ago(seconds=2)))
    counter.work_off()
    assert counter.said() == [ASKED, ANSWERED]
    assert graph.requests == []
    assert not counter.shown()["is_waiting"]


def test_an_answer_that_waits_to_be_sent_again_is_withheld(
    counter: Counter, graph: FakeGraph
) -> None:
    graph.script = [(429, 130429)]
    counter.deliver(writes("מתי פתוח?", "wamid.1", ago(seconds=2)))
    with pytest.raises(TryLater):
        counter.work_off()
    counter.deliver(echo("בתשע", "wamid.e"))
    counter.work_off()
    kept = [ASKED, ("assistant", "תשובת העוזר", "withheld"), ANSWERED]
    assert counter.said() == kept
    counter.work.answer(A, 1)
    assert counter.said() == kept
    assert len(graph.requests) == 1


def test_its_job_does_not_wait_for_the_turn_of_the_same_customer(counter: Counter) -> None:
    counter.deliver(writes("מתי פתוח?", "wamid.1"), echo("בתשע", "wamid.e"))
    table = "workflow_status" if counter.world.database.is_sqlite else "dbos.workflow_status"
    with counter.world.database.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT queue_partition_key FROM {table}").scalars()
        assert len(set(rows)) == 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_one_batch_in_any_order_reads_as_it_was_written(
    counter: Counter, order: tuple[int, ...]
) -> None:
    said = [
        writes("מתי פתוח?", "wamid.1", ago(seconds=30)),
        echo("בתשע", "wamid.e", ago(seconds=20)),
        writes("תודה", "wamid.2", ago(seconds=10)),
    ]
    counter.deliver(*[said[place] for place in order])
    counter.work_off()
    assert counter.said() == [ASKED, ANSWERED, ("customer", "תודה", "received")]
    assert counter.model.asked == []
    assert counter.shown()["is_waiting"]


@pytest.mark.parametrize("is_echo_first", [True, False])
def test_what_was_answered_from_the_phone_is_not_answered_again(
    counter: Counter, *, is_echo_first: bool
) -> None:
    asked = writes("מתי פתוח?", "wamid.1", ago(seconds=30))
    answered = echo("בתשע", "wamid.e", ago(seconds=20))
    for delivery in (answered, asked) if is_echo_first else (asked, answered):
        counter.deliver(delivery)
    counter.work_off()
    assert counter.said() == [ASKED, ANSWERED]
    assert counter.model.asked == []
    counter.act("hand-back")
    counter.deliver(writes("תודה", "wamid.2"))
    counter.work_off()
    assert counter.said()[-1] == ("assistant", "תשובת העוזר", "sent")


def test_ten_deliveries_of_it_at_once_are_one_message(counter: Counter) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: counter.deliver(echo("בתשע", "wamid.e")), range(10)))
    counter.work_off()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: counter.work.answer(A, 1), range(4)))
    assert counter.said() == [ANSWERED]


def test_to_a_customer_nobody_knew_it_opens_a_conversation_without_an_answer(
    counter: Counter, graph: FakeGraph
) -> None:
    counter.deliver(echo("שלום, כאן מהמספרה", "wamid.e", digits="972509998877"))
    counter.work_off()
    shown = counter.shown()
    assert (shown["contact_phone"], shown["owner"]) == ("+972509998877", "person")
    assert (shown["window_closes_at"], shown["is_waiting"]) == (None, False)
    assert shown["lead_id"] is None
    assert counter.model.asked == []
    assert graph.requests == []
    counter.deliver(writes("היי", "wamid.1", digits="972509998877"))
    counter.work_off()
    assert counter.shown()["is_waiting"]
    assert counter.model.asked == []


def test_the_echo_of_what_maane_sent_changes_nothing(counter: Counter) -> None:
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    answer = counter.messages()[-1]
    assert answer.external_id is not None
    counter.deliver(echo("תשובת העוזר", answer.external_id))
    counter.work_off()
    assert counter.said()[-1] == ("assistant", "תשובת העוזר", "sent")
    assert len(counter.said()) == 2
    assert counter.shown()["owner"] == "assistant"


def test_the_echo_of_what_may_have_been_sent_says_that_it_was(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(self: Any, *arguments: Any) -> None:
        raise SendError("no answer", may_retry=True, is_uncertain=True)

    with monkeypatch.context() as patch:
        patch.setattr(GraphSender, "send_text", hang)
        counter.deliver(writes("שלום", "wamid.1"))
        with pytest.raises(TryLater):
            counter.work_off()
    counter.deliver(echo("תשובת העוזר", "wamid.out"))
    counter.work_off()
    answer = counter.messages()[-1]
    assert (answer.status, answer.external_id, answer.error) == ("sent", "wamid.out", None)
    assert len(counter.messages()) == 2
    assert counter.shown()["owner"] == "assistant"


@pytest.mark.parametrize("what", ["reaction", "revoke", "edit"])
def test_what_says_nothing_new_does_not_take_over(counter: Counter, what: str) -> None:
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    counter.deliver(echo("", "wamid.e", type=what, reaction={"emoji": "👍"}))
    counter.work_off()
    assert len(counter.said()) == 3
    assert counter.shown()["owner"] == "assistant"


def test_an_echo_that_comes_after_its_hours_silences_nobody(counter: Counter) -> None:
    counter.deliver(echo("בתשע", "wamid.e", ago(hours=13)))
    counter.work_off()
    assert counter.said() == [ANSWERED]
    assert counter.shown()["owner"] == "assistant"
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    assert counter.said()[-1] == ("assistant", "תשובת העוזר", "sent")


def test_what_it_answered_hours_ago_is_answered_for_good(counter: Counter) -> None:
    asked_at, answered_at = ago(hours=14), ago(hours=13)
    counter.deliver(writes("מתי פתוח?", "wamid.1", asked_at), echo("בתשע", "wamid.e", answered_at))
    counter.work_off()
    assert counter.said() == [ASKED, ANSWERED]
    assert counter.shown()["owner"] == "assistant"
    assert counter.model.asked == []


def test_an_echo_older_than_the_customer_s_question_leaves_it_waiting(counter: Counter) -> None:
    counter.deliver(writes("מתי פתוח?", "wamid.1"))
    counter.model.meanwhile = lambda: (
        counter.deliver(echo("בתשע", "wamid.e", ago(hours=1))),
        counter.work_off(),
    )
    counter.work_off()
    assert counter.said() == [ASKED, ANSWERED]
    assert counter.shown()["owner"] == "person"
    assert counter.shown()["is_waiting"]


def test_who_took_over_in_maane_keeps_it_and_the_hours_begin_anew(counter: Counter) -> None:
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    counter.act("take-over")
    counter.change(owned_until_at=datetime.now(UTC) + timedelta(minutes=1))
    counter.deliver(echo("בתשע", "wamid.e"))
    counter.work_off()
    takeover = counter.shown()["takeover"]
    assert (takeover["name"], takeover["reason"]) == ("owner_a", "took_over")
    ends_at = datetime.fromisoformat(takeover["ends_at"])
    assert ends_at > datetime.now(UTC) + timedelta(hours=11)


def test_an_echo_reopens_and_a_customer_who_asked_for_silence_keeps_it(counter: Counter) -> None:
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    counter.act("close")
    counter.deliver(echo("עוד משהו", "wamid.e"))
    counter.work_off()
    assert counter.shown()["status"] == "open"
    counter.change(silence_reason="stopped", owned_until_at=None)
    counter.deliver(echo("אופס", "wamid.f"))
    counter.work_off()
    takeover = counter.shown()["takeover"]
    assert (takeover["reason"], takeover["ends_at"]) == ("stopped", None)


def test_statuses_of_an_echo_move_it_forward(counter: Counter) -> None:
    counter.deliver(echo("בתשע", "wamid.e"))
    counter.work_off()
    status = {"id": "wamid.e", "status": "read", "timestamp": "1793000040"}
    value = {"metadata": {"phone_number_id": NUMBER}, "statuses": [status]}
    change = {"field": "messages", "value": value}
    counter.deliver(json.dumps({"entry": [{"changes": [change]}]}).encode())
    assert counter.said() == [("person", "בתשע", "read")]


def test_the_raw_event_is_kept_before_anything_else(counter: Counter) -> None:
    counter.deliver(echo("בתשע", "wamid.e"))
    with counter.world.database.transaction(A, writes=False) as tx:
        event = tx.scalars(select(InboundEvent)).one()
    assert (event.external_id, event.processed_at) == ("wamid.e", None)
    assert '"is_echo": true' in event.payload
    counter.work_off()
    with counter.world.database.transaction(A, writes=False) as tx:
        assert tx.scalars(select(InboundEvent)).one().processed_at is not None


def test_a_worker_takes_it_in_while_the_model_thinks(town: Town) -> None:
    town.model.delay_s = 3.0
    customer = town.customer()
    customer.write("מתי פתוח?")
    customer.wait(lambda: any(_asks(request, "מתי פתוח?") for request in town.model.requests))
    town.deliver(echo("בתשע", f"wamid.echo.{customer.digits}", digits=customer.digits))
    customer.wait(lambda: [m.text for m in customer.answers()] == ["בתשע"])
    time.sleep(3.5)
    assert [(m.author, m.is_echo) for m in customer.answers()] == [("person", True)]
    assert customer.sent() == []


def _asks(request: dict[str, Any], words: str) -> bool:
    return bool(request["body"]["messages"][-1]["content"] == words)
