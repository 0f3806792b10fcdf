"""The frames of a ConversationRelay socket, as Twilio's page on its WebSocket messages has them.

Each is one JSON object. Types and fields that are not known are left alone: new ones keep coming.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from maane.kit.text import storable

LONGEST_FRAME = 64 * 1024
LONGEST_WORDS = 4000
KEYS = frozenset("0123456789*#")


TRANSFER = "transfer"
"""The reason of an end after which a person is rung."""


class BadFrame(Exception):
    """No object of the protocol."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The first frame: whose call it is. ``token`` is the one of the TwiML that opened the socket."""

    call_sid: str
    account_sid: str
    token: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the caller said. Words that are not ``is_last`` may still change."""

    words: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the phone."""

    digit: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The caller spoke over us: what they had heard of it by then, and after how long, in ms. Either may
    be missing."""

    heard: str | None
    after_ms: int | None


@dataclass(frozen=True, slots=True)
class Other:
    """Anything else, of which nothing follows here."""

    type: str


Frame = Setup | Prompt | Key | Interrupt | Other


def read(text: str | None) -> Frame:
    """Raises ``BadFrame``; also for bytes, which are given as None."""
    if text is None or len(text) > LONGEST_FRAME:
        raise BadFrame
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame from None
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        raise BadFrame
    kind = given["type"]
    if kind == "setup":
        custom = given.get("customParameters")
        token = custom.get("token") if isinstance(custom, dict) else None
        named = (_text(given, "callSid"), _text(given, "accountSid"), _string(token))
        if any(storable(one) != one for one in named):
            raise BadFrame
        return Setup(*named)
    if kind == "prompt":
        # Only the newest settings bring words that are not the last; a frame without the mark is whole.
        return Prompt(words_of(given.get("voicePrompt")), given.get("last") is not False)
    if kind == "dtmf":
        digit = _text(given, "digit")
        if digit not in KEYS:
            raise BadFrame
        return Key(digit)
    if kind == "interrupt":
        heard = given.get("utteranceUntilInterrupt")
        after_ms = _number(given.get("durationUntilInterruptMs"))
        return Interrupt(words_of(heard) if isinstance(heard, str) else None, after_ms)
    return Other(kind)


def text(token: str, *, last: bool = False) -> str:
    """Words to be spoken. What is said in one turn ends with ``last``."""
    return json.dumps({"type": "text", "token": token, "last": last}, ensure_ascii=False)


LAST = text("", last=True)
"""Closes what was being said."""


def end(reason: str) -> str:
    """Ends the session; Twilio asks the ``action`` of its TwiML what follows, with the reason."""
    return json.dumps({"type": "end", "handoffData": json.dumps({"reason": reason})})


def reason_in(handoff: str) -> str:
    """The reason of ``end``, as it comes back; empty for anything else."""
    try:
        given = json.loads(handoff)
    except (ValueError, RecursionError):
        return ""
    return _text(given, "reason") if isinstance(given, dict) else ""


def words_of(value: Any) -> str:
    """Words in one line, as they can be stored."""
    return " ".join(storable(_string(value)).split())[:LONGEST_WORDS]


def _text(given: dict[str, Any], key: str) -> str:
    return _string(given.get(key))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    """Twilio's page has an integer, an older copy of it a string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(float(value))
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 10**8 else None
