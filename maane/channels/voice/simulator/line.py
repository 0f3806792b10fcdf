"""A phone network as Twilio's pages describe it: it asks Maane what to do with a call, and does it.

It keeps cookies for a call, signs all that it sends, follows ``<Redirect>`` by itself, tells what
``<Say>`` says, stops at a ``<Gather>`` until the caller does something and at a ``<Connect>`` for a
socket (``session``), and reports the end. It rings nobody: a ``<Dial>`` is told of and not picked up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ssl import SSLContext
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element, ParseError, fromstring

import httpx

from maane.channels.twilio import SIGNATURE_HEADER, sign
from maane.channels.voice.payload import STATUS, WEBHOOK

LIMIT_S = 15.0
"""Twilio's: an answer that took longer ends the call."""
MOST_REDIRECTS = 30
LONGEST_PAUSE_S = 1.0
LONGEST_SAY = 4096
ENDED = frozenset({"completed", "failed", "busy", "no-answer", "canceled"})


class CallLost(Exception):
    """What Maane answered would have made Twilio end the call. ``reason`` is one word, ``detail`` what
    an operator wants to see beside it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Answer:
    """What a request got."""

    path: str
    fields: dict[str, str]
    status: int
    kind: str
    body: str
    took_s: float


@dataclass
class Phone:
    """A number at Twilio and its account. ``server`` is where Maane listens, ``origin`` is the public
    address that Twilio knows it by and signs. ``trust``: what a TLS server there must show."""

    server: str
    origin: str
    account_sid: str
    token: str
    number: str
    trust: SSLContext | bool = True

    def sign(self, url: str, fields: dict[str, str]) -> str:
        """The value of ``X-Twilio-Signature``."""
        return sign(self.token, url, list(fields.items()))

    def open(self) -> httpx.Client:
        """A client for one call. Cookies are kept for it; connections are not, or a server would wait
        for them to end."""
        return httpx.Client(
            base_url=self.server,
            timeout=LIMIT_S,
            verify=self.trust,
            headers={"Connection": "close"},
            follow_redirects=False,
        )


@dataclass
class Line:
    """One call. ``on_event`` hears what happens: ``say`` and ``wait`` with words, ``dial`` with a
    number."""

    phone: Phone
    given: dict[str, str]
    status: str = "ringing"
    heard: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    gather: Element | None = None
    connecting: Element | None = None
    began: float = field(default_factory=time.monotonic)
    after_gather: list[Element] = field(default_factory=list)
    on_event: Callable[[str, str], None] = lambda kind, text: None

    def __post_init__(self) -> None:
        self.client = self.phone.open()

    @property
    def sid(self) -> str:
        return self.given["CallSid"]

    @property
    def seconds(self) -> int:
        """How long it has lasted."""
        return round(time.monotonic() - self.began)

    @property
    def is_over(self) -> bool:
        return self.status in ENDED

    def fields(self, **more: str) -> dict[str, str]:
        common = {
            "AccountSid": self.phone.account_sid,
            "ApiVersion": "2010-04-01",
            "CallStatus": self.status,
            "Called": self.phone.number,
            "Direction": "inbound",
            "FromCountry": "IL",
            "To": self.phone.number,
            "ToCountry": "IL",
            "FromCity": "",
        }
        return common | self.given | more

    def post(self, url: str, fields: dict[str, str], **headers: str) -> Answer:
        """One signed request, to the address as it was given. Raises ``CallLost`` where nobody answers,
        and for an address that is not ours: nothing signed goes anywhere else."""
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        address = self.phone.origin + path
        if url.partition("#")[0] != address:
            raise CallLost("foreign_address", url)
        began = time.monotonic()
        try:
            answer = self.client.post(
                path,
                content=urlencode(fields),
                headers={
                    SIGNATURE_HEADER: self.phone.sign(address, fields),
                    "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                    "User-Agent": "TwilioProxy/1.1",
                    **headers,
                },
            )
        except httpx.TimeoutException:
            raise CallLost("too_slow", path) from None
        except httpx.HTTPError as error:
            raise CallLost("unreachable", f"{self.phone.server}: {error}") from None
        took_s = time.monotonic() - began
        kind = answer.headers.get("Content-Type", "")
        kept = Answer(path, fields, answer.status_code, kind, answer.text, took_s)
        self.answers.append(kept)
        return kept

    def ring(self) -> str:
        """Dials; returns once the business has said something and listens, or hung up."""
        return self.follow(self.post(f"{self.phone.origin}{WEBHOOK}", self.fields()))

    def speak(self, words: str, **more: str) -> str:
        """Says something; what the business answered."""
        return self._input(SpeechResult=words, **({"Confidence": "0.91"} | more))

    def press(self, digits: str) -> str:
        """Types keys. What ends them, a #, is not told (``finishOnKey``)."""
        return self._input(Digits=digits.partition("#")[0])

    def be_silent(self) -> str:
        return self._input(SpeechResult="", Digits="")

    def mumble(self, words: str, number: int = 1) -> None:
        """Words while they are spoken."""
        gather = self._listening()
        fields = self.fields(UnstableSpeechResult=words, SequenceNumber=str(number))
        self.post(gather.attrib["partialResultCallback"], fields)

    def hang_up(self, status: str = "completed") -> None:
        self.gather = None
        self.end(status)

    def end(self, status: str = "completed") -> None:
        self.status = status
        self.report()

    def report(self, status: str | None = None) -> Answer:
        """The number's status callback."""
        fields = self.fields(CallStatus=status or self.status, CallDuration=str(self.seconds))
        return self.post(f"{self.phone.origin}{STATUS}", fields)

    def follow(self, answer: Answer) -> str:
        """Does what an answer says; what was said to the caller. It stops at a ``<Connect>``, whose
        socket is another's (``session``). Raises ``CallLost``."""
        self.connecting = None
        return self._run(self._read(answer))

    def _read(self, answer: Answer) -> list[Element]:
        """The verbs of an answer; for one that Twilio would not take the call fails."""
        verbs = _verbs_of(answer)
        if isinstance(verbs, CallLost):
            if not self.is_over:
                self.end("failed")
            raise verbs
        return verbs

    def _run(self, verbs: list[Element]) -> str:
        said: list[str] = []
        for _ in range(MOST_REDIRECTS):
            onward = self._verbs(verbs, said)
            if onward is None or self.is_over:
                return " ".join(said)
            url, more = onward
            answer = self.post(url, self.fields(**more))
            if self.is_over:
                # Whoever hung up meanwhile hears nothing of it.
                return " ".join(said)
            verbs = self._read(answer)
        raise CallLost("endless", "redirected without end")

    def _verbs(self, verbs: list[Element], said: list[str]) -> tuple[str, dict[str, str]] | None:
        """Runs verbs one by one; where they send the call on, if they do, with what is told there."""
        if self.status == "ringing" and not (verbs and verbs[0].tag == "Reject"):
            self.status = "in-progress"
        is_waiting = any(verb.tag == "Redirect" for verb in verbs) and verbs[0].tag == "Say"
        for position, verb in enumerate(verbs):
            if verb.tag == "Say":
                self._say(verb, said, "wait" if is_waiting else "say")
            elif verb.tag == "Pause":
                time.sleep(min(float(verb.attrib.get("length", "1")), LONGEST_PAUSE_S))
            elif verb.tag == "Gather":
                for child in verb:
                    self._say(child, said, "say")
                self.gather, self.after_gather = verb, verbs[position + 1 :]
                return None
            elif verb.tag == "Redirect":
                return verb.text or "", {}
            elif verb.tag == "Dial":
                if action := self._dial(verb):
                    return action, {"DialCallStatus": "no-answer"}
            elif verb.tag == "Connect":
                self.connecting = verb
                return None
            elif verb.tag in ("Hangup", "Reject"):
                is_busy = verb.attrib.get("reason") == "busy"
                unanswered = "busy" if is_busy else "no-answer"
                self.end("completed" if verb.tag == "Hangup" else unanswered)
                return None
            elif verb.tag != "Start":
                raise CallLost("unknown_verb", verb.tag)
        self.end()
        return None

    def _dial(self, verb: Element) -> str:
        """Nobody is rung; where the call goes on."""
        numbers = [(child.text or "").strip() for child in verb] or [(verb.text or "").strip()]
        for number in numbers:
            self.on_event("dial", number)
        return verb.attrib.get("action", "")

    def _say(self, verb: Element, said: list[str], kind: str) -> None:
        text = verb.text or ""
        if verb.tag != "Say" or len(text) > LONGEST_SAY:
            raise CallLost("unknown_verb", verb.tag)
        said.append(text)
        self.heard.append(text)
        self.languages.append(verb.attrib.get("language", ""))
        self.on_event(kind, text)

    def _input(self, **given: str) -> str:
        gather = self._listening()
        self.gather = None
        return self.follow(self.post(gather.attrib["action"], self.fields(**given)))

    def _listening(self) -> Element:
        if self.gather is None:
            raise CallLost("not_listening", f"after {self.heard[-1:]}")
        return self.gather


def _verbs_of(answer: Answer) -> list[Element] | CallLost:
    """The verbs of an answer, or why Twilio would end the call for it."""
    if answer.took_s > LIMIT_S:
        return CallLost("too_slow", answer.path)
    if not 200 <= answer.status < 300:
        return CallLost("refused", f"{answer.status} {answer.path} {answer.body[:200]}".strip())
    if not answer.kind.startswith("text/xml"):
        return CallLost("no_twiml", f"{answer.path}: {answer.kind}")
    try:
        root = fromstring(answer.body)  # noqa: S314
    except ParseError:
        return CallLost("no_twiml", answer.path)
    return list(root) if root.tag == "Response" else CallLost("no_twiml", answer.path)
