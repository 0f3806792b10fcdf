"""Words that end and begin automatic messages, in whatever order Meta delivers them and however often:
what the customer wrote last is what holds, and what comes late is not answered."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from maane.conversations.models import Conversation
from tests.channels.counter import SECRET, Counter, writes
from tests.fakes import FakeGraph
from tests.people import A, World
from tests.town import Customer, Town

LASTS = ("בסדר, לא נכתוב לך יותר כאן.", "All right, we will not write to you here any more.")
ANSWER = "תשובת העוזר"


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
def make_counter(new_world: Callable[..., World], graph: FakeGraph) -> Callable[[], Counter]:
    return lambda: Counter(new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url))


def conversations(counter: Counter) -> dict[str, Conversation]:
    with counter.world.database.transaction(A, writes=False) as tx:
        return {row.contact_key: row for row in tx.scalars(select(Conversation))}


def number_of(index: int) -> str:
    return f"9725033{index:05}"


@pytest.mark.parametrize(
    "written",
    [
        ("stop", "start"),
        ("start", "stop"),
        ("stop", "כמה זה עולה?"),
        ("שלום", "הסר", "start"),
        ("stop", "start", "stop"),
        ("start", "stop", "תודה"),
        ("stop", "start", "מתי פתוח?"),
    ],
)
def test_taken_in_one_by_one_in_any_order_the_last_word_holds(
    make_counter: Callable[[], Counter], written: tuple[str, ...]
) -> None:
    """Each order is a customer of its own, each message is taken in before the next one arrives, and each
    is delivered twice."""
    counter = make_counter()
    began = datetime.now(UTC) - timedelta(minutes=10)
    orders = list(permutations(range(len(written))))
    for index, order in enumerate(orders):
        digits = number_of(index)
        for number in order:
            at = began + timedelta(minutes=number)
            raw = writes(written[number], f"wamid.{digits}.{number}", at, digits)
            counter.deliver(raw)
            counter.work_off()
            counter.deliver(raw)
            counter.work_off()
    rows = conversations(counter)
    words = [text for text in written if text in ("stop", "start", "הסר")]
    is_stopped = words[-1] != "start"
    for index, order in enumerate(orders):
        row = rows[number_of(index)]
        assert (row.silence_reason == "stopped") == is_stopped, order
        said = [m.text for m in counter.messages() if m.conversation_id == row.id and m.answers_id]
        if is_stopped:
            # Told once for each silence that began, and nothing after the last one.
            assert said[-1] in LASTS, order
            assert sum(text in LASTS for text in said) <= words.count(words[-1]), order
        elif order[-1] == len(written) - 1:
            assert said[-1] == ANSWER, order
        late_words = [number for number in order if written[number] in words]
        if is_stopped and late_words[0] == max(late_words):
            assert sum(text in LASTS for text in said) == 1, order
            assert not row.is_waiting or written[-1] not in words, order


def test_what_is_delivered_late_is_not_answered_and_makes_nobody_wait(
    make_counter: Callable[[], Counter],
) -> None:
    counter = make_counter()
    noon = datetime.now(UTC) - timedelta(minutes=10)
    minute = timedelta(minutes=1)
    counter.deliver(writes("stop", "wamid.3", noon + 3 * minute))
    counter.work_off()
    for number, text in ((2, "start"), (1, "מתי פתוח?"), (0, "stop")):
        counter.deliver(writes(text, f"wamid.{number}", noon + number * minute))
        counter.work_off()
    (row,) = conversations(counter).values()
    assert (row.silence_reason, row.is_waiting, row.wish_at) == (
        "stopped",
        False,
        (noon + 3 * minute).replace(microsecond=0),
    )
    assert [(m.text in LASTS, m.status) for m in counter.messages() if m.answers_id] == [
        (True, "sent")
    ]
    assert counter.model.asked == []


def test_a_silence_that_the_model_began_is_not_ended_by_an_older_word(
    make_counter: Callable[[], Counter],
) -> None:
    counter = make_counter()
    noon = datetime.now(UTC) - timedelta(minutes=10)
    counter.deliver(writes("שלום", "wamid.1", noon))
    counter.work_off()
    counter.change(silence_reason="stopped", owner="person", owned_at=noon, wish_at=noon)
    counter.deliver(writes("start", "wamid.0", noon - timedelta(minutes=1)))
    counter.work_off()
    (row,) = conversations(counter).values()
    assert (row.silence_reason, row.is_waiting) == ("stopped", False)
    counter.deliver(writes("start", "wamid.2", noon + timedelta(minutes=1)))
    counter.work_off()
    (row,) = conversations(counter).values()
    assert (row.silence_reason, row.owner) == (None, "assistant")


@pytest.mark.parametrize("pause_s", [0, 1])
def test_with_real_processes_shuffled_and_repeated_the_last_word_holds(
    town: Town, pause_s: int
) -> None:
    town.pause(pause_s)
    shuffled = random.Random(pause_s)
    began = datetime.now(UTC) - timedelta(minutes=10)
    days = {
        ("שלום", "stop", "start", "stop"): True,
        ("stop", "start", "stop", "start"): False,
        ("start", "הסר", "תודה"): True,
    }
    everybody: list[tuple[Customer, bool, int]] = []
    for written, is_stopped in days.items():
        customer = town.customer()
        events = [
            (text, f"wamid.{customer.digits}.{n}", began + timedelta(minutes=n))
            for n, text in enumerate(written)
        ]
        for text, wamid, at in shuffled.sample(events * 2, len(events) * 2):
            town.deliver(writes(text, wamid, at, customer.digits))
        everybody.append((customer, is_stopped, len(written)))
    for customer, is_stopped, number in everybody:
        customer.wait(lambda c=customer, n=number: _inbound(c) == n and _is_settled(c))
        time.sleep(0.5)
        with town.database.transaction(A, writes=False) as tx:
            mine = select(Conversation).where(Conversation.contact_key == customer.digits)
            row = tx.scalars(mine).one()
        assert (row.silence_reason == "stopped") == is_stopped
        said = [answer.text for answer in customer.answers()]
        if is_stopped:
            assert said[-1] in LASTS
        assert len(customer.sent()) == len(said)


def _inbound(customer: Customer) -> int:
    return len([m for m in customer.messages() if m.direction == "inbound"])


def _is_settled(customer: Customer) -> bool:
    answers = customer.answers()
    return bool(answers) and all(answer.status == "sent" for answer in answers)
