"""What a call's socket keeps of an answer, when the database or another socket comes between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from maane.appointments import availability
from maane.appointments import operations as appointments
from maane.appointments.contract import AppointmentBody, AvailabilityBody
from maane.assistant.booking import Wishes
from maane.assistant.operations import Reply
from maane.assistant.streaming import Spoken
from maane.assistant.tools import Deeds
from maane.calls import operations as calls
from maane.calls import sockets, texts
from maane.calls.models import Call, CallText, CallTransfer
from maane.calls.operations import Ring, Way
from maane.channels.voice import reachable, turns
from maane.channels.voice.closing import close
from maane.channels.voice.connection import connect
from maane.channels.voice.reachable import Chosen, Reachable
from maane.channels.voice.relay.keeping import (
    AWAITED_S,
    PATIENCE_S,
    Answered,
    Keeper,
    Kept,
    Measured,
    Recall,
)
from maane.conversations.models import Conversation, Message
from maane.jobs.queue import Jobs
from maane.kit.errors import Unavailable
from maane.notifications.models import Notification
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import ACCOUNTS, NUMBERS, TOKENS
from tests.people import A, World

SID = "CA" + "5" * 32
ZONE = ZoneInfo("Asia/Jerusalem")
DANA = (Reachable("דנה", "+972542345678", "always"),)
WHY = "המזגן לא עובד"


@dataclass
class Desk:
    """A socket of business A that has heard what its caller wants, and has not answered yet."""

    world: World
    keeper: Keeper
    recall: Recall
    kept: Kept

    def settle(self, reply: Reply, *, patience_s: float = AWAITED_S, **more: Any) -> Answered:
        spoken = Spoken(reply, "", is_said=False)
        turn, times = self.recall.next_turn(), Measured(0.0)
        work = partial(self.keeper.settle, self.recall, self.kept, turn, spoken, "", times)
        return asyncio.run(self.keeper.run(partial(work, **more), patience_s))

    def rows(self, table: Any) -> list[Any]:
        with self.world.database.transaction(A, writes=False) as tx:
            return list(tx.scalars(select(table).order_by(table.id)))

    def do(self, work: Callable[..., Any]) -> None:
        """Something else, in a transaction of its own: ``work(tx, tenant, call)``."""
        with self.world.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            call = calls.locked(tx, tenant, SID)
            work(tx, tenant, call)

    def notices(self) -> list[str]:
        return [row.kind for row in self.rows(Notification)]


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    keeper = Keeper(world.database, Jobs(world.database, b"x"))
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller, number = caller_for_job(tenant), NUMBERS[A]
        connect(tx, tenant, caller, world.settings, ACCOUNTS[A], number, TOKENS[A])
        reachable.change(tx, tenant, caller, Chosen(DANA, 20))
        ring = Ring(SID, ACCOUNTS[A], "inbound", "+972502345678", number, "in-progress")
        call, _ = calls.begin(tx, tenant, ring, Way("relay", "he"))
        calls.say(tx, tenant, call, 0, "greeting", "שלום")
        sockets.offer(tx, call, 1, "token")
    recall = keeper.take(A, SID, ACCOUNTS[A], "token")
    assert recall is not None
    kept = keeper.hear(recall, 1, "תנו לי מישהו")
    recall.history.append(kept.message)
    yield Desk(world, keeper, recall, kept)
    keeper.threads.shutdown()


def put_through() -> Reply:
    deeds = Deeds(handed_over=WHY)
    return Reply("אני מעביר את השיחה.", "assistant", deeds=deeds, transfers=True)


def let_fail(monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    """The database goes away, each time once all was written and nothing is kept."""
    settled, tries = turns.settle, count(1)

    def fail(*args: Any, **more: Any) -> Any:
        answer = settled(*args, **more)
        if next(tries) <= times:
            raise Unavailable("database")
        return answer

    monkeypatch.setattr(turns, "settle", fail)


def test_who_is_put_through_at_the_second_try_is_announced_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_fail(monkeypatch)
    assert desk.settle(put_through()).is_rung
    (row,) = desk.rows(CallTransfer)
    assert (row.name, row.reason) == ("דנה", WHY)
    assert desk.notices() == []


def test_what_was_heard_is_held_for_a_database_that_is_long_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maane.channels.voice.relay.keeping.PAUSE_S", 0.001)
    let_fail(monkeypatch, times=9)
    answer = Reply("נרשם.", "assistant")
    assert desk.settle(answer, patience_s=PATIENCE_S).text == "נרשם."
    assert [row.text for row in desk.rows(Message)] == ["שלום", "תנו לי מישהו", "נרשם."]


def test_who_cannot_be_put_through_at_the_second_try_is_called_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = put_through()
    let_fail(monkeypatch)
    with pytest.raises(Unavailable):
        desk.settle(reply, patience_s=0)
    desk.do(
        lambda tx, tenant, _: reachable.change(tx, tenant, caller_for_job(tenant), Chosen((), 20))
    )
    answered = desk.settle(reply)
    assert not answered.is_rung
    assert answered.rest.startswith("ביקשתי שיחזרו אליך מBusiness A.")
    (conversation,) = desk.rows(Conversation)
    assert (conversation.silence_reason, conversation.silence_note) == ("handed_over", WHY)
    assert desk.notices() == ["handed_over"]
    assert desk.rows(CallTransfer) == []


def test_a_try_whose_end_nobody_heard_of_is_found_as_it_is(desk: Desk) -> None:
    reply = put_through()
    answered = desk.settle(reply)
    assert answered.is_rung
    assert desk.settle(reply) == answered
    assert len(desk.rows(CallTransfer)) == 1
    assert desk.notices() == []


def test_people_are_told_once_that_one_is_to_call_back(desk: Desk) -> None:
    desk.keeper.hand_over(desk.recall, WHY)
    kept = desk.keeper.hear(desk.recall, 2, "תחזרו אליי")
    turn, spoken = desk.recall.next_turn(), Spoken(put_through(), "", is_said=True)
    cut = partial(desk.keeper.cut, is_last=True)
    cut(desk.recall, kept, turn, spoken, "", "", Measured(0.0))
    assert desk.notices() == ["handed_over"]


def test_a_time_that_somebody_else_has_by_the_second_try_is_not_told_of_as_booked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = datetime.now(ZONE).date() + timedelta(days=3)
    starts_at = datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=ZONE)
    hours = {
        "week": [[{"opens": "09:00", "closes": "12:00"}]] * 7,
        "length_min": 30,
        "notice_min": 0,
        "ahead_days": 30,
        "capacity": 1,
    }
    body = AppointmentBody(date=day, time="10:00", name="x")

    def open_up(tx: Any, tenant: Any, _: Call) -> None:
        opened = AvailabilityBody.model_validate(hours)
        availability.replace_availability(tx, tenant, caller_for_job(tenant), opened)

    def take(tx: Any, tenant: Any, _: Call) -> None:
        appointments.book(tx, tenant, caller_for_job(tenant), body)

    desk.do(open_up)
    reply = Reply("", "assistant", deeds=Deeds(wishes=Wishes({starts_at: ""}, language="he")))
    let_fail(monkeypatch)
    with pytest.raises(Unavailable):
        desk.settle(reply, patience_s=0)
    desk.do(take)
    assert desk.settle(reply).rest != ""
    (call,) = desk.rows(Call)
    assert call.outcome is None
    assert desk.notices() == []


def test_a_socket_that_another_one_follows_puts_nobody_through(desk: Desk) -> None:
    desk.do(lambda tx, tenant, call: sockets.offer(tx, call, 2, "another"))
    assert not desk.settle(put_through()).is_rung
    assert desk.rows(CallTransfer) == []
    assert desk.rows(Message)[-1].status == "withheld"
    assert desk.notices() == ["handed_over"]


@pytest.mark.parametrize(("consent", "state"), [("agreed", "queued"), ("refused", "refused")])
def test_a_yes_or_a_no_counts_though_the_caller_has_hung_up(
    desk: Desk, consent: Any, state: str
) -> None:
    desk.do(lambda tx, tenant, call: texts.note(tx, tenant, call, "asked"))

    def hang_up(tx: Any, tenant: Any, call: Call) -> None:
        close(tx, desk.keeper.jobs, tenant, call, "completed", duration_s=9)

    desk.do(hang_up)
    desk.settle(Reply("בסדר.", "assistant", consent=consent), is_left=True)
    assert [row.state for row in desk.rows(CallText)] == [state]


def test_nobody_is_asked_who_has_hung_up(desk: Desk) -> None:
    desk.settle(Reply("לשלוח לך?", "assistant", consent="asked"), is_left=True)
    assert desk.rows(CallText) == []
