"""A closed business answers by its own text, once for each time that it is closed, at the times of a
clock that the test sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from maane.conversations.models import Conversation
from maane.hours import operations as opening
from maane.hours.contract import HoursBody
from maane.jobs.queue import TryLater
from maane.notifications.models import Notification
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.channels.counter import SECRET, Counter, echo, writes
from tests.clock import ZONE, Clock
from tests.fakes import FakeGraph
from tests.people import A, World

OFFICE = [[{"opens": "09:00", "closes": "17:00"}]] * 5 + [[], []]
"""Sunday to Thursday; 3 January 2027 is a Sunday."""
HOURS = {
    "week": OFFICE,
    "holidays": [],
    "eve": "usual",
    "days": [],
    "says_away": True,
    "away_text": "סגרנו. נפתח {opens} 🙂",
}
MONDAY = "סגרנו. נפתח ביום שני, 4 בינואר 2027 בשעה 09:00 🙂"
TUESDAY = "סגרנו. נפתח ביום שלישי, 5 בינואר 2027 בשעה 09:00 🙂"
ANSWER = "תשובת העוזר"
LAST = "בסדר, לא נכתוב לך יותר כאן."


class Shop(Counter):
    """A shop with hours, and a clock."""

    clock: Clock

    def say_hours(self, **values: Any) -> None:
        with self.world.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            body = HoursBody.model_validate_json(json.dumps(HOURS | values))
            opening.replace(tx, self.work.jobs, tenant, caller_for_job(tenant), body)

    def hears(self, *words: str) -> None:
        """The customer writes, and all is worked off."""
        for text in words:
            at = self.clock.now(UTC)
            self.deliver(writes(text, f"wamid.{next(self.numbers)}", at))
            self.work_off()

    numbers = count(1)

    def act(self, verb: str) -> None:
        # Whoever signed in before the clock was moved is signed in no more.
        self.owner = self.world.browser("owner_a")
        super().act(verb)

    def row(self) -> Conversation:
        with self.world.database.transaction(A, writes=False) as tx:
            return tx.scalars(select(Conversation)).one()

    def told(self) -> list[str]:
        with self.world.database.transaction(A, writes=False) as tx:
            return [n.kind for n in tx.scalars(select(Notification).order_by(Notification.id))]

    def answers(self) -> list[tuple[str, str]]:
        return [(text, status) for author, text, status in self.said() if author != "customer"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("maane.kit.db.datetime", clock)
    return clock


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
def shop(new_world: Callable[..., World], graph: FakeGraph, clock: Clock) -> Shop:
    shop = Shop(new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url))
    shop.clock = clock
    shop.say_hours()
    clock.set("2027-01-03T20:00")
    return shop


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def test_who_writes_to_a_closed_business_is_told_once_and_waits_for_a_person(
    shop: Shop, graph: FakeGraph
) -> None:
    shop.hears("מתי פתוח?", "הלו?", "יש מישהו?")
    assert shop.answers() == [(MONDAY, "sent")]
    assert graph.texts == [MONDAY]
    assert shop.model.asked == []
    row = shop.row()
    assert (row.owner, row.owner_user_id, row.silence_reason) == ("person", None, "away")
    assert (row.owned_until_at, row.is_waiting) == (local("2027-01-04T09:00"), True)
    assert shop.told() == ["away"]
    shown = shop.messages()[1]
    assert (shown.author, shown.prompt_version) == ("assistant", None)


def test_after_the_opening_the_assistant_answers_and_the_next_closed_time_is_told_anew(
    shop: Shop,
) -> None:
    shop.hears("מתי פתוח?")
    shop.clock.set("2027-01-04T09:01")
    assert shop.row().is_waiting
    shop.hears("בוקר טוב")
    assert shop.answers() == [(MONDAY, "sent"), (ANSWER, "sent")]
    words = [said.text for said in shop.model.asked[-1]]
    assert words == ["מתי פתוח?", MONDAY, "בוקר טוב"]
    row = shop.row()
    assert (row.owner, row.silence_reason, row.is_waiting) == ("assistant", None, False)
    shop.clock.set("2027-01-04T17:00")
    shop.hears("ועכשיו?", "הלו?")
    assert shop.answers()[2:] == [(TUESDAY, "sent")]
    assert shop.told() == ["away", "away"]


def test_two_closed_times_with_nothing_between_them_are_two(shop: Shop) -> None:
    shop.hears("אחת")
    shop.clock.set("2027-01-04T22:00")
    shop.hears("שתיים", "שלוש")
    assert shop.answers() == [(MONDAY, "sent"), (TUESDAY, "sent")]
    assert shop.row().owned_until_at == local("2027-01-05T09:00")


def test_the_time_is_told_in_the_language_of_the_customer(shop: Shop) -> None:
    shop.hears("When do you open?")
    assert shop.answers()[0][0] == "סגרנו. נפתח on Monday, 4 January 2027 at 09:00 🙂"


def test_while_it_is_open_or_lets_the_assistant_answer_nothing_changes(shop: Shop) -> None:
    shop.say_hours(says_away=False)
    shop.hears("שלום")
    shop.say_hours()
    shop.clock.set("2027-01-04T16:59")
    shop.hears("שלום")
    assert shop.answers() == [(ANSWER, "sent")] * 2
    assert shop.told() == []


def test_a_conversation_that_a_person_has_gets_no_away_text(shop: Shop) -> None:
    shop.clock.set("2027-01-03T16:00")
    shop.hears("שלום")
    shop.act("take-over")
    shop.clock.set("2027-01-03T20:00")
    shop.hears("הלו?")
    assert shop.answers() == [(ANSWER, "sent")]
    assert shop.row().is_waiting
    # Four in the morning: the takeover has run out, and nobody told them yet.
    shop.clock.set("2027-01-04T04:01")
    shop.hears("הלו??")
    assert shop.answers()[1:] == [(MONDAY, "sent")]


def test_a_person_who_takes_it_up_and_leaves_it_leaves_the_silence(shop: Shop) -> None:
    shop.clock.set("2027-01-07T18:00")
    shop.hears("שלום")
    shop.act("take-over")
    assert shop.row().silence_reason == "took_over"
    shop.clock.set("2027-01-08T10:00")
    shop.hears("הלו?")
    row = shop.row()
    assert (row.silence_reason, row.is_waiting) == ("away", True)
    assert row.owned_until_at == local("2027-01-10T09:00")
    shop.act("close")
    shop.hears("עוד משהו")
    row = shop.row()
    assert (row.silence_reason, row.status, row.is_waiting) == ("away", "open", True)
    assert len(shop.answers()) == 1
    assert shop.told() == ["away"]


def test_who_gives_it_back_lets_the_assistant_answer(shop: Shop) -> None:
    shop.hears("שלום")
    shop.act("hand-back")
    shop.hears("הלו?", "תודה")
    assert shop.answers() == [(MONDAY, "sent"), (ANSWER, "sent"), (ANSWER, "sent")]
    shop.clock.set("2027-01-04T18:00")
    shop.hears("שוב אני")
    assert shop.answers()[3:] == [(TUESDAY, "sent")]


def test_what_was_written_from_the_phone_has_its_own_hours(shop: Shop) -> None:
    shop.clock.set("2027-01-07T18:00")
    shop.hears("שלום")
    shop.clock.set("2027-01-07T19:00")
    wrote_at = shop.clock.now(UTC)
    shop.deliver(echo("כאן אורית", "wamid.e", wrote_at))
    shop.work_off()
    row = shop.row()
    assert (row.silence_reason, row.is_waiting) == ("wrote_elsewhere", False)
    assert row.owned_until_at is not None
    assert abs(row.owned_until_at - wrote_at - timedelta(hours=12)) < timedelta(seconds=2)


def test_a_word_that_ends_messages_holds_before_and_after_the_away_text(shop: Shop) -> None:
    shop.hears("שלום", "הסר", "הלו?")
    assert shop.answers() == [(MONDAY, "sent"), (LAST, "sent")]
    assert shop.row().silence_reason == "stopped"
    shop.hears("חזור")
    row = shop.row()
    assert (row.silence_reason, row.is_waiting) == ("away", True)
    shop.hears("הסר")
    shop.clock.set("2027-01-04T22:00")
    shop.hears("הלו?")
    assert shop.answers() == [(MONDAY, "sent"), (LAST, "sent"), (LAST, "sent")]
    assert shop.row().silence_reason == "stopped"


def test_hours_that_change_meanwhile_move_the_end(shop: Shop) -> None:
    shop.hears("שלום")
    closed = {"first": "2027-01-04", "last": "2027-01-04", "name": "", "is_open": False}
    shop.say_hours(days=[closed])
    shop.clock.set("2027-01-04T12:00")
    shop.hears("הלו?")
    assert shop.answers() == [(MONDAY, "sent")]
    assert shop.row().owned_until_at == local("2027-01-05T09:00")
    shop.say_hours()
    shop.hears("הלו??")
    assert shop.answers()[1:] == [(ANSWER, "sent")]


def test_who_turns_it_off_lets_the_assistant_answer(shop: Shop) -> None:
    shop.hears("שלום")
    shop.say_hours(says_away=False)
    shop.hears("הלו?")
    assert shop.answers() == [(MONDAY, "sent"), (ANSWER, "sent")]
    assert shop.row().silence_reason is None


def test_without_an_opening_in_sight_the_silence_has_no_end(shop: Shop) -> None:
    closed = {"first": "2026-12-01", "last": "2027-12-01", "name": "", "is_open": False}
    more = {"first": "2027-12-01", "last": "2028-11-01", "name": "", "is_open": False}
    shop.say_hours(days=[closed, more])
    shop.hears("שלום", "הלו?")
    assert shop.answers() == [("סגרנו. נפתח במועד שעוד לא נקבע 🙂", "sent")]
    assert (shop.row().silence_reason, shop.row().owned_until_at) == ("away", None)


def test_a_text_that_did_not_leave_before_the_opening_does_not_leave_after_it(
    shop: Shop, graph: FakeGraph
) -> None:
    graph.script = [(503, 131000)]
    with pytest.raises(TryLater):
        shop.hears("שלום")
    shop.done.clear()
    shop.clock.set("2027-01-04T09:00")
    shop.work_off()
    assert shop.answers() == [(MONDAY, "withheld")]
    assert [m.error for m in shop.messages() if m.status == "withheld"] == ["opened"]
    assert shop.row().is_waiting
    shop.hears("בוקר טוב")
    assert shop.answers() == [(MONDAY, "withheld"), (ANSWER, "sent")]


def test_a_text_that_leaves_after_retries_is_sent_once(shop: Shop, graph: FakeGraph) -> None:
    graph.script = [(503, 131000)]
    with pytest.raises(TryLater):
        shop.hears("שלום")
    shop.done.clear()
    shop.work_off()
    assert shop.answers() == [(MONDAY, "sent")]
    assert shop.told() == ["away"]
