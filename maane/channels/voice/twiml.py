"""TwiML: what Twilio is told to do with a call.

Made with the standard library, which escapes what must be escaped. Twilio's own library would bring its
whole client for the sake of six verbs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

MIMETYPE = "text/xml"
LONGEST_SAY = 4096
LISTEN_S = 6
"""So long after the last word said a caller may stay silent before they are asked."""
MOST_HINTS, LONGEST_HINT = 500, 100
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, not even escaped."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How a sentence is spoken."""

    language: str
    name: str


@dataclass(frozen=True, slots=True)
class Ear:
    """How a caller is heard: ``action`` gets what was said, ``partial`` what may still change, and
    ``otherwise`` is where the call goes if Twilio could not listen at all."""

    language: str
    speech_model: str
    speech_timeout_s: int
    hints: str
    action: str
    partial: str
    otherwise: str


def ask(text: str, voice: Voice, ear: Ear, recorded_to: str = "") -> str:
    """Says a sentence and listens, while it is said already, for speech and keys. With ``recorded_to``
    the call is recorded from then on, as that address is told."""
    root = Element("Response")
    _record(root, recorded_to)
    gather = SubElement(
        root,
        "Gather",
        {
            "input": "speech dtmf",
            "action": ear.action,
            "method": "POST",
            "actionOnEmptyResult": "true",
            "timeout": str(LISTEN_S),
            "speechTimeout": str(ear.speech_timeout_s),
            "speechModel": ear.speech_model,
            "language": ear.language,
            "profanityFilter": "false",
            "partialResultCallback": ear.partial,
            "partialResultCallbackMethod": "POST",
            **({"hints": ear.hints} if ear.hints else {}),
        },
    )
    _say(gather, text, voice)
    _redirect(root, ear.otherwise)
    return _written(root)


def say_and_end(text: str, voice: Voice) -> str:
    root = Element("Response")
    _say(root, text, voice)
    SubElement(root, "Hangup")
    return _written(root)


def connect(
    action: str,
    attributes: dict[str, str],
    parameters: dict[str, str],
    recorded_to: str = "",
) -> str:
    """Opens a ConversationRelay socket; ``parameters`` come back in its first frame, and when it has
    ended the call goes on at ``action``."""
    root = Element("Response")
    _record(root, recorded_to)
    connecting = SubElement(root, "Connect", {"action": action, "method": "POST"})
    relay = SubElement(connecting, "ConversationRelay", attributes)
    for name, value in parameters.items():
        SubElement(relay, "Parameter", {"name": name, "value": value})
    return _written(root)


def confirm(text: str, otherwise: str, voice: Voice, action: str) -> str:
    """Says a sentence, twice, until a key is pressed, which goes to ``action``; then says another one,
    if there is one, and ends the call."""
    root = Element("Response")
    for _ in range(2):
        gather = SubElement(
            root,
            "Gather",
            {
                "input": "dtmf",
                "numDigits": "1",
                "finishOnKey": "",
                "timeout": str(LISTEN_S),
                "action": action,
                "method": "POST",
            },
        )
        _say(gather, text, voice)
    if otherwise:
        _say(root, otherwise, voice)
    SubElement(root, "Hangup")
    return _written(root)


@dataclass(frozen=True, slots=True)
class Leg:
    """The side of a number that is dialed: ``whisper`` is what it hears before it is joined, ``answered``
    is told that it picked up, where anybody wants to know."""

    whisper: str
    answered: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        heard = {"url": self.whisper, "method": "POST"}
        if not self.answered:
            return heard
        return heard | {
            "statusCallback": self.answered,
            "statusCallbackMethod": "POST",
            "statusCallbackEvent": "answered",
        }


def dial(
    text: str,
    voice: Voice,
    number: str,
    attributes: dict[str, str],
    leg: Leg | None = None,
    recorded_to: str = "",
) -> str:
    """Says a sentence, if there is one, and calls a number, whose leg is joined to this call."""
    root = Element("Response")
    _record(root, recorded_to)
    if text:
        _say(root, text, voice)
    dialing = SubElement(root, "Dial", attributes)
    SubElement(dialing, "Number", {} if leg is None else leg.attributes).text = number
    return _written(root)


def say(text: str, voice: Voice) -> str:
    """Says a sentence; what the call does then is its own."""
    root = Element("Response")
    _say(root, text, voice)
    return _written(root)


def hang_up() -> str:
    root = Element("Response")
    SubElement(root, "Hangup")
    return _written(root)


def wait(text: str | None, voice: Voice, onward: str) -> str:
    """Says that it takes a moment, or is silent for a second, and asks again at ``onward``."""
    root = Element("Response")
    if text is None:
        SubElement(root, "Pause", {"length": "1"})
    else:
        _say(root, text, voice)
    _redirect(root, onward)
    return _written(root)


def reject() -> str:
    """Does not take the call."""
    root = Element("Response")
    SubElement(root, "Reject", {"reason": "rejected"})
    return _written(root)


def nothing() -> str:
    return _written(Element("Response"))


def hints_of(words: str) -> str:
    """Words that recognition should expect, one a line, as Twilio takes them."""
    lines = (" ".join(line.replace(",", " ").split())[:LONGEST_HINT] for line in words.splitlines())
    return ",".join([line for line in lines if line][:MOST_HINTS])


def _record(root: Element, recorded_to: str) -> None:
    """Begins to record the whole call, each side by itself; what follows goes on at once."""
    if recorded_to:
        attributes = {
            "channels": "dual",
            "recordingStatusCallback": recorded_to,
            "recordingStatusCallbackMethod": "POST",
            "recordingStatusCallbackEvent": "completed absent",
        }
        SubElement(SubElement(root, "Start"), "Recording", attributes)


def _say(parent: Element, text: str, voice: Voice) -> None:
    say = SubElement(parent, "Say", {"language": voice.language, "voice": voice.name})
    say.text = _NO_XML.sub("", text)[:LONGEST_SAY]


def _redirect(root: Element, url: str) -> None:
    SubElement(root, "Redirect", {"method": "POST"}).text = url


def _written(root: Element) -> str:
    for element in root.iter():
        element.attrib = {key: _NO_XML.sub("", value) for key, value in element.attrib.items()}
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(root, encoding="unicode")
