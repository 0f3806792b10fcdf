"""What a caller does in a call that a file describes: one thing a line, in words or in brackets.

# A comment, like an empty line, is nothing.
שלום, אפשר לקבוע תור?
[interrupt "יש לנו"]
[keys 12#]
[silence]
[hangup]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from maane.channels.voice.payload import LONGEST_KEYS, LONGEST_SPEECH
from maane.channels.voice.relay.frames import KEYS

Kind = Literal["speak", "keys", "silence", "interrupt", "hang_up"]
MOST_LINES = 1000
_BRACKETS = re.compile(r"\[\s*([a-z]+)\s*(.*?)\s*\]")
_QUOTED = re.compile(r"[\"“”«»](.*)[\"“”«»]")


class ScriptError(Exception):
    """A line that means nothing; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the caller does. ``text`` is what they say, type, or had heard when they spoke over
    it; ``line`` counts from 1."""

    kind: Kind
    text: str
    line: int


def read_script(lines: Iterable[str]) -> list[Step]:
    """Raises ``ScriptError``."""
    steps = []
    for number, raw in enumerate(lines, 1):
        line = raw.strip().removeprefix("\ufeff").strip()
        if line and not line.startswith("#"):
            steps.append(_step(line, number))
    if not steps:
        raise ScriptError("the script says nothing")
    if len(steps) > MOST_LINES:
        raise ScriptError(f"the script has more than {MOST_LINES} lines")
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step.kind == "interrupt" and (following is None or following.kind != "speak"):
            raise ScriptError(
                f"line {step.line}: after [interrupt …] comes what the caller says instead"
            )
    return steps


def _step(line: str, number: int) -> Step:
    if not line.startswith("["):
        if len(line) > LONGEST_SPEECH:
            raise ScriptError(f"line {number}: is longer than {LONGEST_SPEECH} characters")
        return Step("speak", line, number)
    found = _BRACKETS.fullmatch(line)
    name, text = found.groups() if found else ("", "")
    if name in ("silence", "hangup") and not text:
        return Step("silence" if name == "silence" else "hang_up", "", number)
    if name == "keys" and text and set(text) <= KEYS and len(text) <= LONGEST_KEYS:
        return Step("keys", text, number)
    quoted = _QUOTED.fullmatch(text)
    if name == "interrupt" and quoted and quoted[1].strip():
        return Step("interrupt", quoted[1].strip(), number)
    raise ScriptError(
        f'line {number}: takes words, [silence], [keys 123#], [interrupt "words heard"] or [hangup]'
    )
