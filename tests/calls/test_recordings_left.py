"""Recordings that stay at Twilio are deleted there in the end, whatever became of their calls here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from sqlalchemy import delete, text

from maane.channels.voice.recordings.jobs import FETCH_JOB, REMOVE_JOB
from maane.jobs.queue import TryLater
from maane.media import recordings
from maane.media.models import Recording
from maane.tenancy.access import tenant_for_job
from tests.calls.conftest import ACCOUNTS, TOKENS, Exchange
from tests.calls.test_outgoing import OPEN, SETTINGS, Office
from tests.calls.test_recordings import Studio, ended_before, record
from tests.fake_twilio_calls import FakeCalls
from tests.fake_twilio_voice import Line
from tests.people import A
from tests.served.test_under_load import Person


@pytest.fixture(scope="module")
def twilio() -> Iterator[FakeCalls]:
    with FakeCalls(ACCOUNTS[A], TOKENS[A]) as fake:
        yield fake


@pytest.fixture(scope="module")
def more_variables(twilio: FakeCalls) -> dict[str, str]:
    return {"MAANE_TWILIO_API_URL": twilio.url}


@pytest.fixture
def studio(exchange: Exchange, twilio: FakeCalls) -> Iterator[Studio]:
    record(exchange)
    yield Studio(exchange, twilio, Person(exchange.town.server.url, "owner_a"))
    twilio.recordings.clear()
    twilio.script = []


def state(studio: Studio, line: Line) -> tuple[str, bool]:
    shown = studio.shown(line)
    return shown["status"], shown["is_at_provider"]


def erase(studio: Studio, line: Line) -> None:
    lead = studio.exchange.lead(line)
    path = f"/api/business/current/leads/{lead.id}/person/erase"
    answer = studio.owner.send("POST", path, {"confirmation": lead.phone})
    assert answer.status_code == 200, answer.text


def queued(studio: Studio, name: str) -> list[str]:
    """The ids of the jobs of this name."""
    database = studio.exchange.town.database
    table = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    found = text(f"SELECT workflow_uuid FROM {table} WHERE name = :name")
    with database.engine.connect() as connection:
        return list(connection.execute(found, {"name": name}).scalars())


def test_a_recording_whose_row_went_for_its_age_is_planned_for_once_an_hour_and_deleted(
    studio: Studio,
) -> None:
    line, sid = studio.recorded()
    studio.twilio.recordings[sid].answers = [(403, {}, b"")]
    line.tell_recording(sid)
    studio.fetch(line)
    studio.jobs.plan()
    assert queued(studio, REMOVE_JOB) == []
    key = studio.key(line)
    with studio.exchange.town.database.transaction(A) as tx:
        tx.execute(delete(Recording).where(Recording.business_id == A, Recording.call_id == key))
    studio.jobs.plan()
    studio.jobs.plan()
    assert len(queued(studio, REMOVE_JOB)) == 1
    studio.jobs.remove(A, 1)
    assert sid not in studio.twilio.recordings


def test_what_is_deleted_before_anybody_knew_its_id_is_found_and_deleted_at_twilio(
    studio: Studio,
) -> None:
    line, sid = studio.recorded()
    ended_before(studio, line)
    studio.twilio.script = [(503, 20503)]
    with pytest.raises(TryLater):
        studio.fetch(line)
    studio.jobs.give_up(A, studio.key(line))
    assert studio.ask("DELETE", line, "/recording").status_code == 200
    assert state(studio, line) == ("deleted", True)
    studio.fetch(line)
    assert sid not in studio.twilio.recordings
    assert state(studio, line) == ("deleted", False)


def test_a_recording_of_which_twilio_tells_after_its_deletion_is_deleted_there(
    studio: Studio,
) -> None:
    line, sid = studio.recorded()
    line.tell_recording(sid, "absent")
    assert studio.ask("DELETE", line, "/recording").status_code == 200
    assert state(studio, line) == ("deleted", False)
    line.tell_recording(sid)
    assert state(studio, line) == ("deleted", True)
    studio.fetch(line)
    assert sid not in studio.twilio.recordings
    assert state(studio, line) == ("deleted", False)


@pytest.mark.parametrize("status", [401, 503])
def test_a_deletion_that_twilio_refused_is_tried_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    line, sid = studio.recorded()
    line.tell_recording(sid)
    answer = studio.twilio.respond
    with monkeypatch.context() as refusing:
        refusing.setattr(
            studio.twilio,
            "respond",
            lambda asked: (status, {}, {}) if asked["method"] == "DELETE" else answer(asked),
        )
        for job in (lambda: studio.fetch(line), lambda: studio.jobs.remove(A, 1)):
            with pytest.raises(TryLater) if status == 503 else nullcontext():
                job()
    assert state(studio, line) == ("stored", True)
    assert studio.ask("DELETE", line, "/recording").status_code == 200
    assert state(studio, line) == ("deleted", True)
    studio.jobs.remove(A, 1)
    assert sid not in studio.twilio.recordings
    assert state(studio, line) == ("deleted", False)


def test_what_could_not_be_had_stays_at_twilio_for_another_try(studio: Studio) -> None:
    line, sid = studio.recorded()
    studio.twilio.recordings[sid].answers = [(403, {}, b"")]
    line.tell_recording(sid)
    studio.fetch(line)
    assert state(studio, line) == ("failed", True)
    studio.jobs.remove(A, 1)
    assert sid in studio.twilio.recordings


def test_a_person_who_is_erased_leaves_no_recording_at_twilio(studio: Studio) -> None:
    line, sid = studio.recorded("+972502345701")
    line.tell_recording(sid)
    late, late_sid = studio.recorded("+972502345701")
    erase(studio, line)
    assert late.tell_recording(late_sid).status == 204
    studio.exchange.town.start_worker()
    studio.exchange.wait(lambda: not studio.twilio.recordings, 90)
    studio.exchange.town.end_worker()


def test_what_lies_in_an_account_that_is_not_connected_any_more_waits(studio: Studio) -> None:
    sid, town = "RE" + "9" * 32, studio.exchange.town
    with town.database.transaction(A) as tx:
        recordings.note_copy(tx, tenant_for_job(tx, A), "AC" + "9" * 32, sid)
    asked = len(studio.twilio.requests)
    studio.jobs.remove(A, 1)
    assert len(studio.twilio.requests) == asked
    with town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        assert [copy.external_id for copy in recordings.unneeded_copies(tx, tenant)] == [sid]
        recordings.note_copy_gone(tx, tenant, sid)


def test_the_recording_of_a_persons_call_is_looked_for_though_its_dial_was_not_reported(
    studio: Studio,
) -> None:
    assert studio.owner.send("PUT", SETTINGS, OPEN).status_code == 200
    office = Office(studio.exchange, studio.twilio, studio.owner)
    for keys, jobs in (("", 0), ("1", 1)):
        line = office.by_person(office.lead())
        line.pick_up()
        if keys:
            line.press(keys)
        before = len(queued(studio, FETCH_JOB))
        line.end()
        assert len(queued(studio, FETCH_JOB)) == before + jobs


def test_a_recording_that_nobody_told_of_is_fetched_when_somebody_asks(studio: Studio) -> None:
    line, _ = studio.recorded()
    before = len(queued(studio, FETCH_JOB))
    again = studio.ask("POST", line, "/recording/fetch")
    assert (again.status_code, again.json()["recording"]["status"]) == (200, "waiting")
    assert len(queued(studio, FETCH_JOB)) == before + 1
    assert studio.ask("POST", line, "/recording/fetch").status_code == 200
    assert len(queued(studio, FETCH_JOB)) == before + 1
