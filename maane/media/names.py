"""A customer's name for a file, made fit to stand on a screen and in a header."""

from __future__ import annotations

import re
import unicodedata

from maane.media.kinds import ENDINGS

LONGEST = 150
_FORBIDDEN = re.compile(r'[/\\:*?"<>|]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def file_name(given: str) -> str | None:
    """The name without what could make it another on some system: ways between folders, signs that
    turn the direction of reading or cannot be seen, control characters, names of devices. None where
    nothing is left. Its ending stays at its end."""
    shown = "".join(
        character
        for character in unicodedata.normalize("NFC", given)
        if unicodedata.category(character)[0] != "C" or character.isspace()
    )
    name = _FORBIDDEN.sub("_", " ".join(shown.split())).strip(". ")
    if not name.strip("_"):
        return None
    if _RESERVED.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = name, "", ""
    return f"{stem[: LONGEST - len(dot + ending)].rstrip()}{dot}{ending}"


def download_name(given: str | None, kind: str, content_type: str | None) -> str:
    """What the file is called when it is saved."""
    name = None if given is None else file_name(given)
    return name or f"{kind}{ENDINGS.get(content_type or '', '')}"
