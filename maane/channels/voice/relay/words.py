"""How long words take to be spoken, and what of them was heard."""

from __future__ import annotations

from collections.abc import Sequence

CHARACTERS_PER_S = 14.0
"""How fast the voices speak, about; measured on none. What hangs on it is only when a silence begins."""


def seconds_of(words: str) -> float:
    """About how long words take to be spoken."""
    return len(words) / CHARACTERS_PER_S


def heard_in(words: str, after_ms: int) -> str:
    """About what of words is heard after so long, in whole words."""
    count = int(after_ms / 1000 * CHARACTERS_PER_S)
    if count >= len(words):
        return words
    return words[:count].rpartition(" ")[0]


def without(heard: str, fillers: Sequence[str]) -> str:
    """What was heard, without the words to wait that came before."""
    heard = _spaced(heard)
    for filler in map(_spaced, fillers):
        if heard.startswith(filler):
            heard = heard[len(filler) :].strip()
        elif filler.startswith(heard):
            return ""
    return heard


def rest_of(text: str, heard: str) -> str:
    """What of a text comes after what was heard of it; empty where that is not its beginning."""
    text, heard = _spaced(text), _spaced(heard)
    return text[len(heard) :].strip() if text.startswith(heard) else ""


def joined(*parts: str) -> str:
    return " ".join(part.strip() for part in parts if part.strip())


def _spaced(text: str) -> str:
    return " ".join(text.split())
