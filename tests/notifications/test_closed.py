"""While a business is closed nobody is late: who was promised a person, or was told that it is closed,
waits from the opening on. At the times of a clock that the test sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from maane.channels.whatsapp.connection import connect_number
from maane.conversations.models import Conversation, Message
from maane.hours import operations as opening
from maane.hours.contract import HoursBody
from maane.jobs.queue import NotYet
from maane.notifications import operations as notifications
from maane.notifications.models import Notification
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.clock import ZONE, Clock
from tests.fake_mail import FakeMail
from tests.fakes import FakeGraph
from tests.notifications.test_notifications import SORRY, Office
from tests.people import A, World
from tests.town import NUMBER, SECRET

WEEK = [[{"opens": "09:00", "closes": "17:00"}]] * 5 + [[], []]
"""Sunday to Thursday; 3 January 2027 is a Sunday."""
HOURS: dict[str, Any] = {"week": WEEK, "holidays": [], "eve": "usual", "days": []}
AWAY = {"says_away": True, "away_text": "סגור"}


class Closed(Office):
    """The office at night."""

    clock: Clock

    def say_hours(self, **values: Any) -> None:
        with self.world.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            body = HoursBody.model_validate_json(json.dumps(HOURS | values))
            opening.replace(tx, self.work.jobs, tenant, caller_for_job(tenant), body)

    def looks(self) -> None:
        """Each handover is looked at once more; ``NotYet`` of those whose time has not come."""
        for notification in self.rows(Notification):
            self.notices.escalate(A, notification.id)

    def looks_at(self, local: str) -> bool:
        """Whether the look of an instant found that its time had come."""
        self.clock.set(local)
        try:
            self.looks()
        except NotYet:
            return False
        return True

    def jobs(self, name: str) -> int:
        """How many jobs of a name were ever enqueued."""
        table = "workflow_status" if self.world.database.is_sqlite else "dbos.workflow_status"
        with self.world.database.engine.connect() as connection:
            statement = text(f"SELECT count(*) FROM {table} WHERE name = :name")
            found: int = connection.execute(statement, {"name": name}).scalar_one()
            return found

    def texts(self) -> list[str]:
        return [row.text for row in self.rows(Message) if row.direction == "outbound"]

    @property
    def kinds(self) -> list[str]:
        return [row.kind for row in self.rows(Notification)]

    @property
    def due(self) -> datetime:
        at: datetime = self.rows(Notification)[-1].escalates_at
        return at.astimezone(ZONE).replace(second=0, microsecond=0, tzinfo=None)


@pytest.fixture
def office(new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> Iterator[Closed]:
    clock = Clock()
    monkeypatch.setattr("maane.kit.db.datetime", clock)
    with FakeMail() as mail, FakeGraph() as graph:
        world = new_world(
            whatsapp_app_secret=SECRET,
            whatsapp_api_url=graph.url,
            smtp_host="127.0.0.1",
            smtp_port=mail.port,
            smtp_security="none",
            smtp_from="Maane <maane@example.com>",
        )
        with world.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            connect_number(tx, tenant, caller_for_job(tenant), world.settings, NUMBER, "EAAG-token")
        office = Closed(world, mail, graph)
        office.clock = clock
        office.owner.write("PUT", "/api/business/current/whatsapp/settings", {"pause_s": 0})
        office.choose()
        office.say_hours()
        clock.set("2027-01-03T20:00")
        yield office


@pytest.mark.parametrize("away", [True, False])
def test_who_waits_since_the_evening_is_escalated_after_the_opening(
    office: Closed, *, away: bool
) -> None:
    if away:
        office.say_hours(**AWAY)
    office.writes("אני רוצה החזר")
    assert office.kinds == ["away" if away else "handed_over"]
    assert office.due == datetime(2027, 1, 4, 9, 15)
    assert not office.looks_at("2027-01-03T20:16")
    assert not office.looks_at("2027-01-04T09:14")
    assert office.looks_at("2027-01-04T09:15")
    office.looks()
    assert office.kinds[1:] == ["escalated"]
    for _ in range(2):
        office.send_messages()
        office.run_deliveries()
    assert office.graph.texts[1:] == [SORRY]
    subjects = [mail["Subject"] for mail in office.mail.mails]
    first = "רותי כתב/ה כשהעסק סגור" if away else "רותי מבקש/ת מענה מאדם"
    assert subjects == [first, "עדיין לא ענו לרותי"]


def test_a_handover_during_the_day_keeps_its_minutes(office: Closed) -> None:
    office.clock.set("2027-01-03T16:50")
    office.writes("אני רוצה החזר")
    assert office.due == datetime(2027, 1, 3, 17, 5)


def test_a_weekend_and_a_day_of_their_own_are_waited_for(office: Closed) -> None:
    closed = {"first": "2027-01-10", "last": "2027-01-10", "name": "", "is_open": False}
    office.say_hours(days=[closed])
    office.clock.set("2027-01-07T17:00")
    office.writes("אני רוצה החזר")
    assert office.due == datetime(2027, 1, 11, 9, 15)
    assert office.looks_at("2027-01-11T09:16")
    # Four days later WhatsApp takes no free text any more; the people are told that it was not said.
    assert [row.customer_told for row in office.rows(Notification)] == [None, "window_closed"]


def test_hours_that_change_are_looked_at_anew(office: Closed) -> None:
    office.writes("אני רוצה החזר")
    closed = {"first": "2027-01-04", "last": "2027-01-04", "name": "", "is_open": False}
    office.say_hours(days=[closed])
    assert not office.looks_at("2027-01-04T09:16")
    assert office.due == datetime(2027, 1, 5, 9, 15)
    office.say_hours()
    assert office.looks_at("2027-01-04T09:17")
    assert office.kinds == ["handed_over", "escalated"]


def test_an_opening_that_has_become_earlier_is_looked_at_by_a_job_more(office: Closed) -> None:
    closed = {"first": "2027-01-04", "last": "2027-01-04", "name": "", "is_open": False}
    office.say_hours(days=[closed], **AWAY)
    office.writes("אני רוצה החזר")
    assert office.due == datetime(2027, 1, 5, 9, 15)
    looks = office.jobs("escalate handover")
    office.say_hours(**AWAY)
    for _ in range(2):
        office.notices.follow_hours(A, A)
    assert office.due == datetime(2027, 1, 4, 9, 15)
    (row,) = office.rows(Conversation)
    assert row.owned_until_at == datetime(2027, 1, 4, 9, tzinfo=ZONE)
    assert office.jobs("escalate handover") == looks + 1
    assert office.jobs("apply changed hours") == 3
    assert office.looks_at("2027-01-04T09:15")
    # The customer goes on waiting in the same silence; the first job comes to look as well.
    office.change(Conversation, escalated_at=None)
    assert office.looks_at("2027-01-05T09:15")
    assert office.kinds == ["away", "escalated"]
    assert office.texts().count(SORRY) == 1
    office.say_hours()
    office.notices.follow_hours(A, A)
    assert office.rows(Conversation)[0].owned_until_at == row.owned_until_at


def test_without_an_opening_in_sight_the_minutes_count_at_once(office: Closed) -> None:
    closed = {"first": "2026-12-01", "last": "2027-12-01", "name": "", "is_open": False}
    more = {"first": "2027-12-01", "last": "2028-11-01", "name": "", "is_open": False}
    office.say_hours(days=[closed, more], **AWAY)
    office.writes("אני רוצה החזר")
    assert office.due == datetime(2027, 1, 3, 20, 15)
    assert office.looks_at("2027-01-03T20:16")
    office.send_messages()
    assert office.graph.texts == ["סגור", SORRY]


def test_who_was_answered_after_the_opening_is_not_escalated(office: Closed) -> None:
    office.say_hours(**AWAY)
    office.writes("אני רוצה החזר")
    office.model.hands_over = False
    office.clock.set("2027-01-04T09:05")
    office.writes("בוקר טוב")
    assert office.looks_at("2027-01-04T09:16")
    assert office.kinds == ["away"]


def test_who_writes_all_night_is_told_of_once(office: Closed) -> None:
    office.say_hours(**AWAY)
    for words in ("שלום", "הלו?", "יש מישהו?", "???"):
        office.writes(words)
    office.run_deliveries()
    assert office.kinds == ["away"]
    assert len(office.mail.mails) == 1
    assert office.rows(Conversation)[0].is_waiting


def test_minutes_that_are_changed_meanwhile_are_those_of_the_next_handover(office: Closed) -> None:
    office.writes("אני רוצה החזר")
    with office.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        chosen = notifications.Chosen(escalate_after_min=60)
        notifications.change_settings(tx, tenant, caller_for_job(tenant), chosen)
    assert office.looks_at("2027-01-04T09:15")
