"""What is recorded of a call: fetched from Twilio alone, deleted there, played and deleted here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from maane.calls.models import Call
from maane.channels.voice import settings as choices
from maane.channels.voice.recordings.jobs import RecordingJobs
from maane.jobs.queue import Jobs, NotYet, TryLater
from maane.media.files import Files
from maane.media.recordings import of_call
from maane.media.sweep import sweep
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import ACCOUNTS, TOKENS, Exchange
from tests.calls.test_outgoing import OPEN, SETTINGS, Office
from tests.fake_twilio_calls import FakeCalls, FakeRecording
from tests.fake_twilio_voice import Line
from tests.people import A, B
from tests.served.test_under_load import Person

SOUND = b"\xff\xfb\x90\x64" + bytes(2000) + b"the end"
_sids = count(1)


@pytest.fixture(scope="module")
def twilio() -> Iterator[FakeCalls]:
    with FakeCalls(ACCOUNTS[A], TOKENS[A]) as fake:
        yield fake


@pytest.fixture(scope="module")
def more_variables(twilio: FakeCalls) -> dict[str, str]:
    return {"MAANE_TWILIO_API_URL": twilio.url}


@dataclass
class Studio:
    """An exchange whose business A records its calls, and Twilio's resources."""

    exchange: Exchange
    twilio: FakeCalls
    owner: Person

    @property
    def jobs(self) -> RecordingJobs:
        town = self.exchange.town
        settings = town.settings.model_copy(update={"twilio_api_url": self.twilio.url})
        jobs = Jobs(town.database, settings.secret("partitions"))
        return RecordingJobs(town.database, settings, jobs)

    def recorded(self, caller: str = "+972502345678") -> tuple[Line, str]:
        """A call that has ended, whose recording is ready at Twilio; Maane was not told yet."""
        line = self.exchange.call(caller)
        line.speak("שלום")
        line.hang_up()
        sid = f"RE{next(_sids):032x}"
        self.twilio.recordings[sid] = FakeRecording(line.sid, SOUND)
        return line, sid

    def key(self, line: Line) -> int:
        return self.exchange.kept(line).id

    def fetch(self, line: Line) -> None:
        self.jobs.fetch(A, self.key(line))

    def shown(self, line: Line) -> Any:
        return self.ask("GET", line).json()["recording"]

    def ask(self, method: str, line: Line, path: str = "", person: Person | None = None) -> Any:
        address = f"/api/business/current/calls/{self.key(line)}{path}"
        return (person or self.owner).send(method, address)

    def file(self, line: Line) -> Any:
        with self.exchange.town.database.transaction(A, writes=False) as tx:
            row = of_call(tx, tenant_for_job(tx, A), self.key(line))
        assert row is not None
        return Files(self.exchange.town.settings.media_folder).path(A, row.file_key)


def record(exchange: Exchange, **values: Any) -> None:
    with exchange.town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        choices.change(tx, tenant, caller_for_job(tenant), {"is_recorded": True} | values)


@pytest.fixture
def studio(exchange: Exchange, twilio: FakeCalls) -> Iterator[Studio]:
    record(exchange)
    yield Studio(exchange, twilio, Person(exchange.town.server.url, "owner_a"))
    record(exchange, is_recorded=False, engine=choices.GATHER)
    twilio.recordings.clear()
    twilio.script = []


def test_a_recorded_call_says_so_and_is_fetched_and_played_in_parts(studio: Studio) -> None:
    studio.exchange.town.start_worker()
    line = studio.exchange.call("+972502345678")
    assert line.heard[0].endswith("השיחה מוקלטת.")
    start = ElementTree.fromstring(line.answers[0].body)[0]
    assert (start.tag, start[0].tag) == ("Start", "Recording")
    assert start[0].attrib["channels"] == "dual"
    line.speak("שלום")
    assert not [one for one in line.answers[1:] if "<Start" in one.body]
    line.hang_up()
    sid = f"RE{next(_sids):032x}"
    studio.twilio.recordings[sid] = FakeRecording(line.sid, SOUND)
    assert line.tell_recording(sid).status == 204
    studio.exchange.wait(lambda: (studio.shown(line) or {}).get("is_at_provider") is False, 90)
    found = studio.shown(line)
    assert (found["status"], found["duration_s"], found["size"]) == ("stored", 9, len(SOUND))
    assert sid not in studio.twilio.recordings
    answer = studio.ask("GET", line, "/recording")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "audio/mpeg")
    assert answer.content == SOUND
    assert "sandbox" in answer.headers.get("Content-Security-Policy", "")
    part = ranged(studio, line, "bytes=-7")
    assert (part.status_code, part.content) == (206, b"the end")
    stranger = Person(studio.exchange.town.server.url, "owner_b")
    for method, path in (("GET", ""), ("POST", "/fetch"), ("DELETE", "")):
        assert studio.ask(method, line, f"/recording{path}", stranger).status_code == 404
    studio.exchange.town.end_worker()


def ranged(studio: Studio, line: Line, wanted: str) -> httpx.Response:
    cookies = "; ".join(f"{k}={v}" for k, v in studio.owner.cookies.items())
    url = f"{studio.owner.base}/api/business/current/calls/{studio.key(line)}/recording"
    return httpx.get(url, headers={"Cookie": cookies, "Range": wanted})


def test_a_call_is_not_recorded_unless_the_business_says_so(studio: Studio) -> None:
    record(studio.exchange, is_recorded=False)
    line = studio.exchange.call("+972502345678")
    assert "מוקלטת" not in line.heard[0]
    assert line.recording is None
    line.speak("שלום")
    line.hang_up()
    call = studio.ask("GET", line).json()
    assert (call["call"]["is_recorded"], call["recording"]) == (False, None)
    assert studio.ask("POST", line, "/recording/fetch").status_code == 404
    assert studio.ask("DELETE", line, "/recording").status_code == 404
    studio.fetch(line)
    assert studio.shown(line) is None


def test_the_other_engine_is_recorded_from_before_its_socket(studio: Studio) -> None:
    record(studio.exchange, engine=choices.RELAY)
    line = studio.exchange.call("+972502345678")
    tags = [verb.tag for verb in ElementTree.fromstring(line.answers[0].body)]
    assert tags == ["Start", "Connect"]
    line.hang_up()


def test_a_lead_whom_a_person_calls_hears_that_it_is_recorded(
    studio: Studio, twilio: FakeCalls
) -> None:
    assert studio.owner.send("PUT", SETTINGS, OPEN).status_code == 200
    office = Office(studio.exchange, twilio, studio.owner)
    line = office.by_person(office.lead())
    line.pick_up()
    assert line.recording is None
    line.press("1")
    assert line.recording is not None
    assert line.dialing is not None
    leg = line.dialing[0].attrib
    heard = line.post(leg["url"], line.fields(CallSid="CA" + "e" * 32, Direction="outbound-dial"))
    assert "Business A. השיחה מוקלטת." in heard.body
    line.dialed("completed", 20)


def test_a_report_that_comes_again_or_about_another_call_changes_nothing(studio: Studio) -> None:
    line, sid = studio.recorded()
    other, other_sid = studio.recorded()
    line.tell_recording(sid, "in-progress")
    assert studio.shown(line) is None
    line.tell_recording(sid)
    studio.fetch(line)
    for status in ("completed", "absent", "failed"):
        assert line.tell_recording(sid, status).status == 204
    line.tell_recording(other_sid, CallSid=other.sid)
    line.tell_recording("RE../../Messages", CallSid=line.sid)
    studio.fetch(line)
    assert (studio.shown(line)["status"], studio.shown(other)) == ("stored", None)
    assert studio.file(line).read_bytes() == SOUND


def test_a_report_counts_only_with_the_signature_of_the_business_that_it_names(
    studio: Studio,
) -> None:
    line, sid = studio.recorded()
    assert line.recording is not None
    address = line.recording.attrib["recordingStatusCallback"]
    fields = line.fields(RecordingSid=sid, RecordingStatus="completed")
    business_b = address.replace(f"business={A}", f"business={B}")
    nobody = address.replace(f"business={A}", "business=999999")
    for url in (business_b, nobody, address.partition("?")[0]):
        assert line.post(url, fields).status == 403
    token, line.phone.token = line.phone.token, "f" * 32
    assert line.post(address, fields).status == 403
    line.phone.token = token
    assert studio.shown(line) is None


def test_a_recording_of_which_nobody_told_is_looked_for(studio: Studio) -> None:
    line, _ = studio.recorded()
    with pytest.raises(NotYet):
        studio.fetch(line)
    ended_before(studio, line)
    studio.fetch(line)
    assert studio.shown(line)["status"] == "stored"
    studio.twilio.recordings.clear()
    line, _ = studio.recorded()
    studio.twilio.recordings.clear()
    ended_before(studio, line)
    studio.fetch(line)
    assert (studio.shown(line)["status"], studio.shown(line)["is_at_provider"]) == ("absent", False)


def ended_before(studio: Studio, line: Line) -> None:
    """The call ended a while ago."""
    with studio.exchange.town.database.transaction(A) as tx:
        call = tx.get_one(Call, studio.key(line))
        call.ended_at = call.started_at.replace(year=2025)
        tx.flush()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((302, {"Location": "https://evil.example/x.mp3"}, b""), "foreign_host"),
        ((302, {"Location": "http://169.254.169.254/latest"}, b""), "foreign_host"),
        ((200, {"Content-Type": "audio/mpeg"}, b"<html>no sound</html>"), "wrong_type"),
        ((404, {}, b""), "gone"),
        ((403, {}, b""), "provider_refused"),
        (
            (200, {"Content-Type": "audio/mpeg"}, b"\xff\xfb\x90\x64" + bytes(1024 * 1024)),
            "too_large",
        ),
    ],
)
def test_a_recording_that_cannot_be_had_says_why_and_is_fetched_again(
    studio: Studio, answer: tuple[int, dict[str, str], bytes], reason: str
) -> None:
    line, sid = studio.recorded()
    studio.twilio.recordings[sid].answers = [answer]
    line.tell_recording(sid)
    jobs = studio.jobs
    small = jobs.settings.model_copy(update={"media_max_mb": 1})
    RecordingJobs(jobs.database, small, jobs.jobs).fetch(A, studio.key(line))
    assert (studio.shown(line)["status"], studio.shown(line)["reason"]) == ("failed", reason)
    assert not studio.file(line).exists()
    assert studio.ask("GET", line, "/recording").status_code == 404
    assert sid in studio.twilio.recordings
    again = studio.ask("POST", line, "/recording/fetch")
    assert (again.status_code, again.json()["recording"]["status"]) == (200, "waiting")
    studio.fetch(line)
    assert studio.shown(line)["status"] == "stored"


def test_what_fails_for_a_while_is_tried_again_and_given_up_with_its_reason(
    studio: Studio,
) -> None:
    line, sid = studio.recorded()
    studio.twilio.recordings[sid].answers = [(503, {"Retry-After": "7"}, b"")]
    line.tell_recording(sid)
    with pytest.raises(TryLater) as later:
        studio.fetch(line)
    assert later.value.after_s == 7
    assert (studio.shown(line)["status"], studio.shown(line)["reason"]) == (
        "waiting",
        "unreachable",
    )
    studio.jobs.give_up(A, studio.key(line))
    assert studio.shown(line)["status"] == "failed"


def test_what_twilio_does_not_delete_is_deleted_later(studio: Studio) -> None:
    line, sid = studio.recorded()
    line.tell_recording(sid)
    # The file comes, and then Twilio is away.
    studio.twilio.recordings[sid].answers = []
    jobs = studio.jobs
    keep = studio.twilio.respond
    studio.twilio.respond = lambda asked: (  # type: ignore[method-assign]
        (503, {}, {}) if asked["method"] == "DELETE" else keep(asked)
    )
    with pytest.raises(TryLater):
        jobs.fetch(A, studio.key(line))
    studio.twilio.respond = keep  # type: ignore[method-assign]
    assert (studio.shown(line)["status"], studio.shown(line)["is_at_provider"]) == ("stored", True)
    jobs.fetch(A, studio.key(line))
    assert studio.shown(line)["is_at_provider"] is False
    assert sid not in studio.twilio.recordings


def test_a_business_that_has_no_room_left_is_told(studio: Studio) -> None:
    line, sid = studio.recorded()
    line.tell_recording(sid)
    jobs = studio.jobs
    full = jobs.settings.model_copy(update={"media_business_mb": 0})
    RecordingJobs(jobs.database, full, jobs.jobs).fetch(A, studio.key(line))
    assert studio.shown(line)["reason"] == "no_room"


def test_a_deleted_recording_is_gone_from_the_disk_and_says_who_deleted_it(studio: Studio) -> None:
    line, sid = studio.recorded()
    line.tell_recording(sid)
    studio.fetch(line)
    place = studio.file(line)
    town = studio.exchange.town
    assert sweep(town.database, Files(town.settings.media_folder), A) == 0
    assert place.exists()
    answer = studio.ask("DELETE", line, "/recording")
    found = answer.json()["recording"]
    assert (found["status"], found["deleted_by"], found["size"]) == ("deleted", "owner_a", None)
    assert found["deleted_at"]
    assert not place.exists()
    assert studio.ask("GET", line, "/recording").status_code == 404
    assert studio.ask("DELETE", line, "/recording").json()["recording"] == found
    again = studio.ask("POST", line, "/recording/fetch")
    assert (again.status_code, again.json()["reason"]) == (409, "recording_deleted")
    line.tell_recording(sid)
    studio.fetch(line)
    assert studio.shown(line) == found
    page = studio.owner.send("GET", "/api/business/current/audit").json()["items"]
    deleted = [one["subject"] for one in page if one["action"] == "recording.deleted"]
    assert deleted[0].endswith(f" call:{studio.key(line)}")
    assert sum(one.endswith(f" call:{studio.key(line)}") for one in deleted) == 1


def test_what_is_deleted_before_it_was_fetched_is_deleted_at_twilio_too(studio: Studio) -> None:
    line, sid = studio.recorded()
    line.tell_recording(sid)
    assert studio.ask("DELETE", line, "/recording").status_code == 200
    assert sid in studio.twilio.recordings
    studio.fetch(line)
    assert sid not in studio.twilio.recordings
    assert (studio.shown(line)["status"], studio.shown(line)["is_at_provider"]) == (
        "deleted",
        False,
    )
    assert not studio.file(line).exists()


def test_another_account_is_not_asked_for_the_recordings_of_the_old_one(studio: Studio) -> None:
    line, sid = studio.recorded()
    line.tell_recording(sid)
    with studio.exchange.town.database.transaction(A) as tx:
        tx.get_one(Call, studio.key(line)).account_sid = "AC" + "9" * 32
        tx.flush()
    asked = len(studio.twilio.requests)
    studio.fetch(line)
    assert studio.shown(line)["reason"] == "not_connected"
    assert len(studio.twilio.requests) == asked
