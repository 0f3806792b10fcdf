"""People write in bursts and while they are answered: one answer for all of it, none that is stale."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from maane.assistant.model import Said, Tool
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.connection import connect_number
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.payload import build_delivery, sign
from maane.conversations.models import Message
from maane.jobs.queue import NotYet
from maane.kit.db import now
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.people import A, World
from tests.town import NUMBER, SECRET, Customer, Town

THOUGHT_S = 20
"""So long the model thinks at most, where a test waits in it; a turn's time is 30 s."""
SETTINGS = "/api/business/current/whatsapp/settings"


def _waits(town: Town) -> int:
    """How many jobs the queue keeps for later, without a thread."""
    table = "workflow_status" if town.database.is_sqlite else "dbos.workflow_status"
    with town.database.engine.connect() as connection:
        statement = text(f"SELECT count(*) FROM {table} WHERE status = 'DELAYED'")
        return connection.execute(statement).scalar_one()


def test_a_burst_is_answered_once(town: Town) -> None:
    town.pause(2)
    customers = [town.customer() for _ in range(3)]
    asked = len(town.model.requests)
    for words in ("שלום", "אני רוצה תור", "למחר בבוקר"):
        for customer in customers:
            customer.write(words)
        time.sleep(0.3)
    for customer in customers:
        (answer,) = customer.wait_for_answers(1)
        *burst, _ = customer.messages()
        assert [m.text for m in burst] == ["שלום", "אני רוצה תור", "למחר בבוקר"]
        assert answer.answers_id == burst[-1].id
        assert answer.text == "תשובה ל: שלום\nאני רוצה תור\nלמחר בבוקר"
        assert (answer.created_at - burst[-1].created_at).total_seconds() >= 2
        assert not any(m.awaits_answer for m in customer.messages())
    time.sleep(1)
    assert len(town.model.requests) == asked + 3
    assert [len(customer.sent()) for customer in customers] == [1, 1, 1]


def test_a_worker_killed_while_it_waits_loses_nothing(town: Town) -> None:
    # A job is kept for later only where its worker comes to it while there is something to wait for. One
    # that was still starting, on a busy machine, came after that and answered at once; so it is at work
    # before the customer writes, and has the longest pause to come to them.
    somebody = town.customer()
    somebody.write("אתם שם?")
    somebody.wait_for_answers(1)
    town.pause(15)
    customer = town.customer()
    customer.write("שלום")
    customer.wait(lambda: _waits(town) == 1)
    assert [m.text for m in customer.messages()] == ["שלום"]
    town.end_worker(signal.SIGKILL)
    town.pause(4)
    customer.write("יש שם מישהו?")
    town.start_worker()
    (answer,) = customer.wait_for_answers(1)
    assert answer.text == "תשובה ל: שלום\nיש שם מישהו?"
    customer.wait(lambda: _waits(town) == 0)
    time.sleep(1)
    assert len(customer.sent()) == 1


def test_a_message_that_comes_while_the_model_thinks_makes_the_reply_stale(town: Town) -> None:
    customer = town.customer()
    asked: list[str] = []

    def say(messages: list[dict[str, Any]]) -> str:
        asked.append(messages[-1]["content"])
        if len(asked) == 1:
            customer.write("בעצם לא")
        return f"תשובה {len(asked)}"

    town.model.say = say
    customer.write("אני רוצה תור")
    customer.wait_for_answers(1)
    time.sleep(0.5)
    assert asked == ["אני רוצה תור", "אני רוצה תור\nבעצם לא"]
    assert [m.text for m in customer.messages()] == ["אני רוצה תור", "בעצם לא", "תשובה 2"]
    assert len(customer.sent()) == 1


def test_somebody_who_never_stops_writing_is_answered_after_three_stale_rounds(town: Town) -> None:
    customer = town.customer()
    asked: list[str] = []

    def say(messages: list[dict[str, Any]]) -> str:
        asked.append(messages[-1]["content"])
        if len(asked) <= 4:
            customer.write(str(len(asked)))
        return f"תשובה {len(asked)}"

    town.model.say = say
    customer.write("0")
    customer.wait_for_answers(2)
    time.sleep(0.5)
    assert asked == ["0", "0\n1", "0\n1\n2", "0\n1\n2\n3", "4"]
    assert [m.text for m in customer.answers()] == ["תשובה 4", "תשובה 5"]
    assert len(customer.sent()) == 2


def _is_shown(customer: Customer, words: str) -> bool:
    """True once the inbox shows what the customer wrote, which it may at any time of this wait."""
    deadline = time.monotonic() + THOUGHT_S
    while time.monotonic() < deadline:
        if words in [m.text for m in customer.messages()]:
            return True
        time.sleep(0.05)
    return False


def test_what_is_written_while_the_model_thinks_is_shown_and_obeyed_meanwhile(town: Town) -> None:
    customer = town.customer()
    shown: list[bool] = []

    def say(messages: list[dict[str, Any]]) -> str:
        customer.write("הסר")
        shown.append(_is_shown(customer, "הסר"))
        return "תשובה"

    town.model.say = say
    customer.write("אני רוצה תור")
    (last,) = customer.wait_for_answers(1)
    assert shown == [True]
    assert last.text in (
        "בסדר, לא נכתוב לך יותר כאן.",
        "All right, we will not write to you here any more.",
    )
    assert len(customer.sent()) == 1


def test_what_was_shown_meanwhile_is_answered_after_what_was_said_before_it(town: Town) -> None:
    """After three stale rounds the reply is given, and stands below the message that came meanwhile."""
    customer = town.customer()
    asked: list[list[dict[str, Any]]] = []

    def say(messages: list[dict[str, Any]]) -> str:
        asked.append(messages[1:])
        if len(asked) <= 4:
            customer.write(str(len(asked)))
            assert _is_shown(customer, str(len(asked)))
        return f"תשובה {len(asked)}"

    town.model.say = say
    customer.write("0")
    customer.wait_for_answers(2)
    assert [m.text for m in customer.messages()] == ["0", "1", "2", "3", "4", "תשובה 4", "תשובה 5"]
    assert [(m["role"], m["content"]) for m in asked[-1]] == [
        ("user", "0\n1\n2\n3"),
        ("assistant", "תשובה 4"),
        ("user", "4"),
    ]
    assert len(customer.sent()) == 2


class Parrot:
    """A model that says what it is told to."""

    def __init__(self) -> None:
        self.asked: list[list[Said]] = []

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        self.asked.append(conversation)
        return "בשמחה"


@pytest.fixture
def number(new_world: Any) -> World:
    """A world in this process whose business A has a number at Meta."""
    world: World = new_world(whatsapp_app_secret=SECRET, whatsapp_api_url="http://127.0.0.1:9")
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        connect_number(tx, tenant, caller_for_job(tenant), world.settings, NUMBER, "EAAG-token")
    return world


def _deliver(world: World, wamid: str, words: str, at_s: int = 0) -> int:
    """Meta delivers what one customer wrote. Returns the id of its event."""
    at = now() + timedelta(seconds=at_s)
    raw = build_delivery(NUMBER, wamid, "972502345678", "דנה", words, at)
    if words == "[reaction]":
        document = json.loads(raw)
        item = document["entry"][0]["changes"][0]["value"]["messages"][0]
        item |= {"type": "reaction", "reaction": {"emoji": "👍"}}
        raw = json.dumps(document).encode()
    headers = {"X-Hub-Signature-256": sign(SECRET.encode(), raw)}
    answer = world.app.test_client().post("/webhook/whatsapp", data=raw, headers=headers)
    assert answer.status_code == 200
    with world.database.transaction(A, writes=False) as tx:
        return tx.scalars(select(InboundEvent.id).where(InboundEvent.external_id == wamid)).one()


def _grow_older(world: World, seconds: float) -> None:
    """All messages came that much earlier."""
    with world.database.transaction(A) as tx:
        for message in tx.scalars(select(Message)):
            message.created_at -= timedelta(seconds=seconds)


def _wait_s(work: Work, event_id: int) -> float:
    with pytest.raises(NotYet) as not_yet:
        work.answer(A, event_id)
    return not_yet.value.after_s


def test_the_pause_begins_with_the_newest_message_and_ends_by_the_first(number: World) -> None:
    model = Parrot()
    work = Work(number.database, number.settings, model)
    first = _deliver(number, "wamid.1", "שלום")
    assert 2 < _wait_s(work, first) <= 3
    _grow_older(number, 2)
    second = _deliver(number, "wamid.2", "אני רוצה תור")
    assert 2 < _wait_s(work, second) <= 3
    _grow_older(number, 11)
    third = _deliver(number, "wamid.3", "למחר")
    assert 1 < _wait_s(work, third) <= 2
    work.answer(A, first)
    work.answer(A, second)
    _grow_older(number, 2)
    work.answer(A, first)
    assert model.asked == []
    with pytest.raises(Exception, match="try later"):
        work.answer(A, third)
    assert [said.text for said in model.asked[0]] == ["שלום\nאני רוצה תור\nלמחר"]


def test_the_pause_is_read_at_each_turn(number: World) -> None:
    owner = number.browser("owner_a")
    assert owner.get(SETTINGS).json == {"pause_s": 3}
    work = Work(number.database, number.settings, Parrot())
    event_id = _deliver(number, "wamid.1", "שלום")
    for pause_s in (15, 7):
        answer = owner.write("PUT", SETTINGS, {"pause_s": pause_s})
        assert (answer.status_code, answer.json) == (200, {"pause_s": pause_s})
        assert pause_s - 2 < _wait_s(work, event_id) <= pause_s
    log: Any = owner.get("/api/business/current/audit").json
    assert [e["action"] for e in log["items"]][:2] == ["whatsapp.changed", "whatsapp.changed"]
    for wrong in (-1, 16, 3.5, "3", None):
        assert owner.write("PUT", SETTINGS, {"pause_s": wrong}).status_code == 422


def test_a_reaction_neither_is_answered_nor_prolongs_the_pause(number: World) -> None:
    work = Work(number.database, number.settings, Parrot())
    first = _deliver(number, "wamid.1", "שלום")
    _wait_s(work, first)
    _grow_older(number, 1)
    reaction = _deliver(number, "wamid.2", "[reaction]")
    work.answer(A, reaction)
    assert _wait_s(work, first) <= 2


def test_messages_that_come_in_the_wrong_order_are_taken_in_as_they_were_written(
    number: World,
) -> None:
    work = Work(number.database, number.settings, Parrot())
    events = [
        _deliver(number, "wamid.2", "אני רוצה תור", at_s=2),
        _deliver(number, "wamid.1", "שלום", at_s=1),
        _deliver(number, "wamid.3", "למחר", at_s=3),
    ]
    work.answer(A, events[0])
    work.answer(A, events[1])
    assert _wait_s(work, events[2]) > 0
    with number.database.transaction(A, writes=False) as tx:
        shown = list(tx.scalars(select(Message.text).order_by(Message.id)))
    assert shown == ["שלום", "אני רוצה תור", "למחר"]


def test_what_a_suspended_business_heard_is_not_answered_later(number: World) -> None:
    admin, work = number.browser("admin"), Work(number.database, number.settings, Parrot())
    path = f"/api/admin/businesses/{A}"
    assert admin.write("PATCH", path, {"status": "suspended"}).status_code == 200
    work.answer(A, _deliver(number, "wamid.1", "שלום"))
    assert admin.write("PATCH", path, {"status": "active"}).status_code == 200
    _grow_older(number, 60)
    assert _wait_s(work, _deliver(number, "wamid.2", "ועכשיו?")) > 2


def test_an_answer_in_the_database_covers_what_came_before_it(number: World) -> None:
    """A turn that was decided on and not sent is sent by the job that decided, not again by others."""
    model = Parrot()
    work = Work(number.database, number.settings, model)
    events = [_deliver(number, f"wamid.{n}", str(n)) for n in range(3)]
    for event_id in events[:2]:
        work.answer(A, event_id)
    _wait_s(work, events[2])
    _grow_older(number, 3)
    for _ in range(2):
        with pytest.raises(Exception, match="try later"):
            work.answer(A, events[2])
        for event_id in events[:2]:
            work.answer(A, event_id)
    assert len(model.asked) == 1
    with number.database.transaction(A, writes=False) as tx:
        (answer,) = tx.scalars(select(Message).where(Message.direction == "outbound"))
        assert answer.status == "pending"
        assert tx.scalars(select(Message).where(Message.awaits_answer)).first() is None
