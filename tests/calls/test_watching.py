"""Calls whose end nobody reported are closed all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from maane.calls import operations as calls
from maane.calls import transfers
from maane.calls.models import Call
from maane.calls.transfers import Person
from maane.channels.voice import watching
from maane.channels.voice.connection import connect
from maane.channels.voice.simulator.account import account_of
from maane.channels.voice.watching import Watch
from maane.jobs.queue import Jobs, NotYet
from maane.kit.db import now
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import ACCOUNTS, NUMBERS, ORIGIN, TOKENS, Exchange
from tests.fake_twilio_voice import Line, Phone
from tests.fakes import FakeTwilio
from tests.people import A, World

SID = "CA" + "7" * 32


class Office:
    """Business A with a number, a call that began, and the clock in one's hand."""

    def __init__(self, world: World, twilio: FakeTwilio, monkeypatch: Any) -> None:
        self.world, self.twilio, self.later = world, twilio, timedelta()
        self.watch = Watch(world.database, world.settings, Jobs(world.database, b"x"))
        monkeypatch.setattr(watching, "now", lambda: now() + self.later)
        with world.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            caller = caller_for_job(tenant)
            connect(tx, tenant, caller, world.settings, ACCOUNTS[A], NUMBERS[A], TOKENS[A])
        self.phone = Phone("", ORIGIN, ACCOUNTS[A], TOKENS[A], NUMBERS[A])

    def call(self, phone: Phone | None = None) -> Line:
        """A call that was greeted."""
        import httpx

        line = (phone or self.phone).line(CallSid=SID)
        within = httpx.WSGITransport(app=self.world.app.wsgi_app)
        line.client = httpx.Client(transport=within, base_url=ORIGIN)
        line.ring()
        return line

    def kept(self) -> Call:
        with self.world.database.transaction(A, writes=False) as tx:
            return tx.scalars(select(Call)).one()

    def look(self) -> float | None:
        """The job's look; in how many seconds it comes again, None where it is done."""
        try:
            self.watch.look(A, self.kept().id)
        except NotYet as not_yet:
            return not_yet.after_s
        return None

    def asked(self) -> int:
        return len([one for one in self.twilio.requests if "/Calls/" in one["path"]])


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio(ACCOUNTS[A], TOKENS[A]) as fake:
        yield fake


@pytest.fixture
def office(new_world: Callable[..., World], twilio: FakeTwilio, monkeypatch: Any) -> Office:
    world = new_world(twilio_api_url=twilio.url, public_url=ORIGIN)
    return Office(world, twilio, monkeypatch)


def test_a_call_that_is_new_is_watched_once(office: Office) -> None:
    line = office.call()
    line.again(0)
    name = f"{watching.WATCH_JOB}:{A}:{office.kept().id}"
    schema = "" if office.world.database.is_sqlite else "dbos."
    with office.world.database.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT workflow_uuid FROM {schema}workflow_status")
        assert [row[0] for row in found if row[0].startswith(watching.WATCH_JOB)] == [name]


def test_while_somebody_speaks_twilio_is_not_asked(office: Office) -> None:
    office.call()
    after_s = office.look()
    assert after_s is not None
    assert 170 < after_s <= 180
    office.later = timedelta(minutes=2)
    assert 50 < (office.look() or 0) <= 60
    assert office.asked() == 0


def test_a_call_that_twilio_says_goes_on_goes_on(office: Office) -> None:
    office.call()
    office.twilio.calls[SID] = {"status": "in-progress", "duration": None, "end_time": None}
    office.later = timedelta(hours=3)
    assert office.look() == 300
    assert office.kept().ended_at is None
    assert office.asked() == 1


def test_a_call_that_twilio_says_has_ended_is_closed_as_it_says(office: Office) -> None:
    office.call()
    office.twilio.calls[SID] = {
        "status": "completed",
        "duration": "41",
        "end_time": "Fri, 27 Nov 2026 09:00:41 +0000",
    }
    office.later = timedelta(minutes=4)
    assert office.look() is None
    call = office.kept()
    assert (call.status, call.outcome, call.duration_s) == ("completed", "missed", 41)
    assert call.end_reason == "caller_hung_up"
    assert call.ended_at == datetime.fromisoformat("2026-11-27T09:00:41+00:00")
    assert office.look() is None
    assert office.asked() == 1


@pytest.mark.parametrize("trouble", ["unknown", "away", "another token", "nonsense"])
def test_where_twilio_does_not_know_the_call_is_lost_once_it_was_too_long(
    office: Office, trouble: str
) -> None:
    line = office.call()
    line.speak("שלום")
    if trouble == "away":
        office.twilio.script = [(503, 20503)] * 5
    if trouble == "another token":
        office.twilio.script = [(401, 20003)] * 5
    if trouble == "nonsense":
        office.twilio.calls[SID] = {"status": "lost in space"}
    office.later = timedelta(minutes=10)
    assert office.look() == 300
    office.later = timedelta(minutes=38)
    assert 100 < (office.look() or 0) <= 120
    assert office.kept().ended_at is None
    office.later = timedelta(minutes=40, seconds=1)
    assert office.look() is None
    call = office.kept()
    assert (call.status, call.outcome, call.end_reason) == ("completed", "answered", "lost")
    assert (call.duration_s or 0) < 60


def test_a_caller_who_speaks_with_a_person_may_speak_as_long_as_they_may(office: Office) -> None:
    office.call()
    with office.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        call = calls.locked(tx, tenant, SID)
        assert call is not None
        assert transfers.plan(tx, tenant, call, [Person("דנה", "+972542345678")], "")
    office.later = timedelta(minutes=41)
    assert office.look() == 300
    office.later = timedelta(hours=2, minutes=39)
    assert 0 < (office.look() or 0) <= 60
    office.later = timedelta(hours=2, minutes=41)
    assert office.look() is None
    assert office.kept().end_reason == "lost"


def test_a_call_that_was_never_answered_is_lost_as_failed(office: Office) -> None:
    office.call()
    with office.world.database.transaction(A) as tx:
        values = {"answered_at": None, "status": "ringing"}
        tx.execute(update(Call).where(Call.business_id == A).values(**values))
    office.later = timedelta(minutes=41)
    assert office.look() is None
    call = office.kept()
    assert (call.status, call.outcome, call.end_reason) == ("failed", "failed", "lost")


def test_twilio_is_not_asked_about_a_simulated_call(office: Office) -> None:
    account = account_of(office.world.settings, A)
    office.call(Phone("", ORIGIN, account.sid, account.token, account.number))
    office.later = timedelta(minutes=41)
    assert office.look() is None
    assert office.asked() == 0
    assert office.kept().end_reason == "lost"


def test_what_follows_a_call_follows_this_end_as_well(office: Office) -> None:
    office.call()
    office.twilio.calls[SID] = {"status": "no-answer", "duration": "0", "end_time": None}
    office.later = timedelta(minutes=4)
    assert office.look() is None
    schema = "" if office.world.database.is_sqlite else "dbos."
    with office.world.database.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT name FROM {schema}workflow_status")
        assert sorted(row[0] for row in found) == ["finish call", "watch call"]


def test_a_real_worker_closes_a_call(exchange: Exchange, monkeypatch: Any) -> None:
    """The job of a call that began ages ago: its worker has nobody to ask."""
    line = exchange.call("+972502345699")
    past = now() - timedelta(hours=2)
    values = {"started_at": past, "last_heard_at": past, "answered_at": past}
    with exchange.town.database.transaction(A) as tx:
        from maane.calls.models import CallTurn

        key = tx.scalar(select(Call.id).where(Call.external_id == line.sid))
        tx.execute(update(Call).where(Call.business_id == A, Call.id == key).values(**values))
        tx.execute(
            update(CallTurn)
            .where(CallTurn.business_id == A, CallTurn.call_id == key)
            .values(heard_at=past)
        )
        assert tx.scalar(select(func.count()).select_from(Call).where(Call.business_id == A))
    exchange.town.start_worker()
    exchange.wait(lambda: exchange.kept(line).ended_at is not None, 60)
    assert exchange.kept(line).end_reason == "lost"
