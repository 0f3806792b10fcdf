"""Text as people type it, made safe to store: types for the contracts.

PostgreSQL refuses NUL and SQLite would keep it; neither may decide what a caller gets back, so the
shape refuses it. Lone surrogates never arrive: they are not JSON (``kit.endpoint``).
"""

from __future__ import annotations

import re
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, Field

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_INVISIBLE = dict.fromkeys([0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_DASHES = re.compile(r"[\u2010-\u2015\u2212\u05be\u00ad]")

_ENDS = re.compile(r"[.!?؟](?=\s|\Z)|\n")

_SCRIPTS = (
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff\u0750-\u077f]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("en", re.compile("[A-Za-z]")),
)


def _without_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not hold the character NUL")
    return value


def _one_line(value: str) -> str:
    value = value.strip()
    if _CONTROL.search(value) or "\n" in value or "\r" in value:
        raise ValueError("must be one line without control characters")
    return value


def storable(value: str) -> str:
    """Text from a machine outside, which cannot be asked to mend it: what no database or no wire
    would take (control characters, lone surrogates) is left out."""
    return _UNSTORABLE.sub("", value)


def wire_length(text: str) -> int:
    """How long a text is where pictures count as two, as providers and browsers count (UTF-16)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def up_to_sentence(text: str) -> str:
    """A text that was cut off somewhere, up to the last of its sentences or lines that is whole; where
    that would leave less than half of it, as far as it goes."""
    ends = [found.end() for found in _ENDS.finditer(text)]
    if ends and ends[-1] * 2 >= len(text):
        return text[: ends[-1]].rstrip()
    return f"{text.rstrip()}…" if text else ""


def shortened(text: str, longest: int) -> str:
    """A text within so many characters, as the wire counts them."""
    if wire_length(text) <= longest:
        return text
    # A picture that is cut through is left out.
    fits = text.encode("utf-16-le", "surrogatepass")[: 2 * (longest - 1)]
    return up_to_sentence(fits.decode("utf-16-le", "ignore"))


def language_of(text: str) -> str | None:
    """The language of a text as the script of most of its letters tells; None for one without letters."""
    counts = {key: len(script.findall(text)) for key, script in _SCRIPTS}
    most = max(counts, key=lambda key: counts[key])
    return most if counts[most] else None


def normal_phone(value: str, region: str = "IL") -> str:
    """E.164 where the number parses; a star code or short code as its digits.

    Accepts what ``is_possible_number`` accepts: ``is_valid_number`` refuses real subscribers.
    Raises ``ValueError`` for text that is no number.
    """
    cleaned = _DASHES.sub("-", value.translate(_INVISIBLE).replace("\xa0", " ")).strip()
    if re.fullmatch(r"\*?\d{3,6}", cleaned):
        return cleaned
    try:
        number = phonenumbers.parse(cleaned, region)
    except phonenumbers.NumberParseException:
        raise ValueError("is not a phone number") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError("is not a phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


Text = Annotated[str, AfterValidator(_without_nul)]
Line = Annotated[str, AfterValidator(_one_line)]
Phone = Annotated[str, Field(max_length=60), AfterValidator(normal_phone)]
