"""How a file reads where there are only words: before the model, in the list, in a search."""

from __future__ import annotations

from maane.media.names import file_name

UNHEARD = "[voice note, not transcribed]"
HEARD = "[voice note, transcribed]"


def mark(kind: str, name: str | None = None) -> str:
    """The sign for a file."""
    if kind == "audio":
        return UNHEARD
    shown = None if name is None else file_name(name)
    return f"[{kind}: {shown}]" if shown else f"[{kind}]"


def with_transcript(text: str, transcript: str) -> str:
    """A message's words once its voice note was heard."""
    heard = f"{HEARD} {transcript}"
    return text.replace(UNHEARD, heard, 1) if UNHEARD in text else f"{text}\n{heard}"


def spoken(text: str) -> str:
    """The customer's own words in a message, without what says that they were heard; nothing of a
    voice note that nobody heard."""
    return text.replace(HEARD, "").replace(UNHEARD, "").strip()
