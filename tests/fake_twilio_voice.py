"""The simulator's phone network (``maane.channels.voice.simulator``), with what only a test does.

Its signature is written down here a second time, from Twilio's page: what is signed by nothing of
Maane's must be what Maane takes. ``answers`` keep what each request got and how long its answer took.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from ssl import SSLContext
from xml.etree.ElementTree import Element, fromstring

from maane.channels.voice.simulator import line as network
from maane.channels.voice.simulator.line import Answer

_sids = count(1)


def signature(token: str, url: str, fields: dict[str, str]) -> str:
    """``X-Twilio-Signature``: HMAC-SHA1 over the address and the sorted fields, base64."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(token.encode(), signed.encode("utf-8"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


@dataclass
class Person:
    """Whoever has a number that is rung: ``does`` ``take`` (picks up and presses ``keys``), ``ignore``
    (picks up and presses nothing, as a voicemail does), ``miss``, ``busy`` or ``fail``. ``talks_s`` is
    how long they speak, ``meanwhile`` is done while it rings. ``heard`` is what they were told."""

    does: str = "take"
    keys: str = "1"
    talks_s: int = 42
    meanwhile: Callable[[Line], None] | None = None
    heard: list[str] = field(default_factory=list)
    rung: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Phone(network.Phone):
    """A number at Twilio and its account. ``people`` are those who may be rung, by their numbers."""

    trust: SSLContext | bool = False
    people: dict[str, Person] = field(default_factory=dict)

    def sign(self, url: str, fields: dict[str, str]) -> str:
        return signature(self.token, url, fields)

    def call(self, caller: str = "+972502345678", **more: str) -> Line:
        """Dials the number; returns once the business has said something and listens, or hung up."""
        line = self.line(caller, **more)
        line.ring()
        return line

    def line(self, caller: str = "+972502345678", **more: str) -> Line:
        sid = f"CA{next(_sids):032x}"
        return Line(self, {"CallSid": sid, "From": caller, "Caller": caller} | more)


@dataclass
class Line(network.Line):
    """One call. Whom a ``<Dial>`` names is rung; ``recording`` is the ``<Recording>`` that its TwiML
    began."""

    phone: Phone
    recording: Element | None = None

    @property
    def seconds(self) -> int:
        """However long it takes."""
        return 17

    @property
    def slowest_s(self) -> float:
        return max(answer.took_s for answer in self.answers)

    def be_unheard(self) -> str:
        """The recognition of this language fails: Twilio goes on with what stands after ``<Gather>``."""
        self._listening()
        self.gather = None
        return self._run(self.after_gather)

    def again(self, number: int = -1) -> Answer:
        """Sends a request once more, as after an answer that got lost; nothing comes of it here."""
        before = self.answers[number]
        return self.post(self.phone.origin + before.path, before.fields)

    def tell_recording(self, sid: str, status: str = "completed", **more: str) -> Answer:
        """The recording's own callback, which names no number."""
        assert self.recording is not None, self.answers
        assert self.recording.tag == "Recording"
        api = f"https://api.twilio.com/2010-04-01/Accounts/{self.phone.account_sid}"
        fields = {
            "AccountSid": self.phone.account_sid,
            "CallSid": self.sid,
            "RecordingSid": sid,
            "RecordingUrl": f"{api}/Recordings/{sid}",
            "RecordingStatus": status,
            "RecordingDuration": "9",
            "RecordingChannels": "2",
            "RecordingStartTime": "Fri, 27 Nov 2026 10:00:00 +0000",
            "RecordingSource": "StartCallRecordingTwiML",
            "ErrorCode": "0",
        }
        return self.post(self.recording.attrib["recordingStatusCallback"], fields | more)

    def _verbs(self, verbs: list[Element], said: list[str]) -> tuple[str, dict[str, str]] | None:
        self.recording = next((verb[0] for verb in verbs if verb.tag == "Start"), self.recording)
        verbs = [verb for verb in verbs if verb.tag != "Start"]
        dials = [verb for verb in verbs if verb.tag == "Dial"]
        if not dials:
            return super()._verbs(verbs, said)
        (dial,) = dials
        for verb in verbs[: verbs.index(dial)]:
            self._say(verb, said, "say")
        return self._dialed(dial)

    def _dialed(self, dial: Element) -> tuple[str, dict[str, str]] | None:
        """Rings one number; where the call goes on, with what is told there."""
        (number,) = dial
        assert number.tag == "Number", number.tag
        assert dial.attrib["callerId"] == self.phone.number
        assert 5 <= int(dial.attrib["timeout"]) <= 600
        person = self.phone.people.get(number.text or "", Person("fail"))
        person.rung.append(dict(dial.attrib))
        if person.meanwhile is not None:
            person.meanwhile(self)
        leg = Leg(self, number, person)
        is_bridged = not self.is_over and leg.ring()
        told = {"DialCallSid": leg.sid, "DialCallStatus": leg.status}
        told["DialBridged"] = "true" if is_bridged else "false"
        if is_bridged:
            told["DialCallDuration"] = str(person.talks_s)
        if self.is_over:
            # The action is asked all the same, and nothing is done any more.
            self.post(dial.attrib["action"], self.fields(**told))
            return None
        return dial.attrib["action"], told


@dataclass
class Leg:
    """The side of a person who is rung: a call of its own, whose requests bear its own id."""

    line: Line
    number: Element
    person: Person
    status: str = "no-answer"

    def __post_init__(self) -> None:
        self.sid = f"CA{next(_sids):032x}"

    def fields(self, **more: str) -> dict[str, str]:
        common = {
            "AccountSid": self.line.phone.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.sid,
            "ParentCallSid": self.line.sid,
            "CallStatus": "in-progress",
            "Direction": "outbound-dial",
            "From": self.line.phone.number,
            "To": self.number.text or "",
        }
        return common | more

    def ring(self) -> bool:
        """True where they took the call and both were joined."""
        self.status = {"miss": "no-answer", "busy": "busy", "fail": "failed"}.get(
            self.person.does, "no-answer"
        )
        if self.person.does not in ("take", "ignore"):
            return False
        self._report("in-progress")
        verbs = self._ask(self.number.attrib["url"])
        is_taken = self._listen(verbs)
        # Twilio's word is the same for a voicemail that was hung up on.
        self.status = "completed"
        return is_taken

    def _listen(self, verbs: list[Element]) -> bool:
        for verb in verbs:
            if verb.tag == "Gather":
                self.person.heard += [say.text or "" for say in verb]
                assert verb.attrib["numDigits"] == "1"
                if self.person.does == "take":
                    action = verb.attrib["action"]
                    return self._listen(self._ask(action, Digits=self.person.keys))
            elif verb.tag == "Hangup":
                return False
            else:
                raise AssertionError(f"no verb of a person's side: {verb.tag}")
        return True

    def _ask(self, url: str, **more: str) -> list[Element]:
        answer = self.line.post(url, self.fields(**more))
        if answer.status >= 400:
            # Twilio hangs up on the person.
            return [Element("Hangup")]
        return list(fromstring(answer.body))

    def _report(self, status: str) -> None:
        events = self.number.attrib.get("statusCallbackEvent", "completed").split()
        named = {"in-progress": "answered"}.get(status, status)
        if named in events:
            fields = self.fields(CallStatus=status)
            assert self.line.post(self.number.attrib["statusCallback"], fields).status == 204
