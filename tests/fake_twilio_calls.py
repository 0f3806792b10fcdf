"""Twilio's resource of calls, as its pages describe it: ``POST …/Calls.json`` takes a call and gives its
id (201) before anybody's phone rings. Then the test lets the call happen: what is asked of Maane comes
from the request that was posted, and from nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

from tests.fake_twilio_voice import Answer, Line, Phone
from tests.fakes import FakeTwilio

REQUIRED = ("To", "From", "Url")


@dataclass
class Called(Line):
    """One call that was asked for: its first leg, to whoever ``To`` is."""

    form: dict[str, list[str]] = field(default_factory=dict)
    dialing: ElementTree.Element | None = None

    @property
    def to(self) -> str:
        return self.form["To"][0]

    def begin(self) -> None:
        """The events before anybody answers, as the request wished to hear of them."""
        self.tell("initiated")
        self.tell("ringing")

    def pick_up(self, answered_by: str | None = None) -> str:
        """Somebody answers; what is said to them until somebody listens. ``AnsweredBy`` comes with the
        first request where detection was asked for."""
        self.begin()
        self.status = "in-progress"
        self.tell("in-progress", event="answered")
        more = {}
        if self.form.get("MachineDetection") == ["Enable"]:
            more = {"AnsweredBy": answered_by or "human", "MachineDetectionDuration": "1800"}
        before = len(self.heard)
        self.follow(self.post(self.form["Url"][0], self.fields(**more)))
        return " ".join(self.heard[before:])

    def stay_away(self, status: str) -> None:
        """Nobody answers: ``busy``, ``no-answer``, ``failed``, ``canceled``."""
        self.begin()
        self.end(status)

    def dialed(self, status: str, seconds: int | None = None) -> str:
        """What became of the leg that ``<Dial>`` calls."""
        assert self.dialing is not None, self.heard
        attributes, self.dialing = self.dialing.attrib, None
        more = {"DialCallStatus": status, "DialCallSid": "CA" + "d" * 32}
        if seconds is not None:
            more["DialCallDuration"] = str(seconds)
        return self.follow(self.post(attributes["action"], self.fields(**more)))

    def report(self, status: str | None = None) -> Answer:
        return self.tell(status or self.status, event="completed")

    def tell(self, status: str, *, event: str = "") -> Answer:
        """One status callback, where the request wished for its event."""
        assert (event or status) in self.form["StatusCallbackEvent"]
        more = {"CallDuration": str(self.seconds)} if event == "completed" else {}
        fields = self.fields(CallStatus=status, CallbackSource="call-progress-events", **more)
        return self.post(self.form["StatusCallback"][0], fields)

    def _verbs(
        self, verbs: list[ElementTree.Element], said: list[str]
    ) -> tuple[str, dict[str, str]] | None:
        dials = [verb for verb in verbs if verb.tag == "Dial"]
        if not dials:
            return super()._verbs(verbs, said)
        (self.dialing,) = dials
        for verb in verbs[: verbs.index(self.dialing)]:
            if verb.tag == "Start":
                self.recording = verb[0]
            else:
                self._say(verb, said, "say")
        return None


@dataclass
class FakeRecording:
    """A recording at Twilio. ``answers`` are given before its sound."""

    call_sid: str
    sound: bytes
    answers: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)


class FakeCalls(FakeTwilio):
    """The account with calls. ``script`` holds refusals to give first, as in ``FakeTwilio``; with
    ``is_lost`` a call is taken and its answer never comes back whole."""

    def __init__(self, account_sid: str, auth_token: str, port: int = 0) -> None:
        super().__init__(account_sid, auth_token, port)
        self.asked: list[dict[str, list[str]]] = []
        self.is_lost = False
        self.recordings: dict[str, FakeRecording] = {}

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        account = f"/2010-04-01/Accounts/{self.account_sid}"
        if "/Recordings" in asked["path"]:
            return self._recording(asked, asked["path"].removeprefix(account))
        if (asked["method"], asked["path"]) != ("POST", f"{account}/Calls.json"):
            return super().respond(asked)
        status, headers, document = super().respond(asked)
        if status != 404:
            # It refused for another reason than not knowing the resource.
            return status, headers, document
        form = parse_qs(asked["raw"], keep_blank_values=True, strict_parsing=True)
        if missing := [name for name in REQUIRED if name not in form]:
            return 400, {}, {"code": 21201, "message": f"no {missing}", "status": 400}
        self.asked.append(form)
        if self.is_lost:
            return 502, {"Content-Type": "text/html"}, b"<html>bad gateway</html>"
        call = {
            "sid": self.sid_of(len(self.asked)),
            "status": "queued",
            "direction": "outbound-api",
        }
        return 201, {}, call | {"to": form["To"][0], "from": form["From"][0]}

    def _recording(self, asked: dict[str, Any], path: str) -> tuple[int, dict[str, str], Any]:
        """``Calls/{SID}/Recordings.json`` lists those of a call, ``Recordings/{SID}.mp3`` is the sound,
        and ``DELETE Recordings/{SID}.json`` removes both."""
        status, headers, document = super().respond(asked)
        if status != 404:
            return status, headers, document
        if path.startswith("/Calls/"):
            found = [sid for sid, one in self.recordings.items() if one.call_sid in path]
            rows = [{"sid": sid, "status": "completed", "duration": "9"} for sid in found]
            return 200, {}, {"recordings": rows, "page": 0}
        sid, _, kind = path.removeprefix("/Recordings/").partition(".")
        one = self.recordings.get(sid)
        if one is None:
            return 404, {}, document
        if asked["method"] == "DELETE":
            del self.recordings[sid]
            return 204, {}, b""
        if one.answers:
            return one.answers.pop(0)
        assert kind == "mp3", path
        return 200, {"Content-Type": "audio/mpeg"}, one.sound

    @staticmethod
    def sid_of(number: int) -> str:
        return f"CA{number:030x}ff"

    def line(self, phone: Phone, number: int = -1) -> Called:
        """A call that was asked for, which nobody has picked up yet."""
        place = number % len(self.asked)
        form = self.asked[place]
        given = {
            "CallSid": self.sid_of(place + 1),
            "Direction": "outbound-api",
            "From": form["From"][0],
            "Caller": form["From"][0],
            "To": form["To"][0],
            "Called": form["To"][0],
        }
        return Called(phone, given, status="queued", form=form)
