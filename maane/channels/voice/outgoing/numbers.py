"""Which numbers may be called: none that costs more than a call, and none in a country that was not
allowed. What the list of all numbering plans does not know is refused as well, since numbers that fraud
lives on are often such; a lead may have one all the same (``kit.text``)."""

from __future__ import annotations

from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberType as Kind

Problem = Literal["call_number", "call_premium", "call_country"]
"""Words of the contract: no number that is known to exist, one that costs more, one of a country that is
not allowed."""
CALLED = frozenset({Kind.FIXED_LINE, Kind.MOBILE, Kind.FIXED_LINE_OR_MOBILE, Kind.VOIP})
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
_UNKNOWN = frozenset({Kind.UNKNOWN})


def country_of(number: str) -> str | None:
    """The ISO 3166 code of an E.164 number's country; None for none, as of satellites."""
    parsed = _parsed(number)
    region = None if parsed is None else phonenumbers.region_code_for_number(parsed)
    return region if region in COUNTRIES else None


def problem_of(number: str, countries: frozenset[str]) -> Problem | None:
    """Why a number must not be called, None where it may be."""
    parsed = _parsed(number)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return "call_number"
    kind = phonenumbers.number_type(parsed)
    if kind in _UNKNOWN:
        return "call_number"
    if kind not in CALLED:
        return "call_premium"
    return None if country_of(number) in countries else "call_country"


def spelled(number: str) -> str:
    """A number as a voice says it: its national digits, one by one."""
    parsed = _parsed(number)
    if parsed is not None:
        number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return " ".join(c for c in number if c.isdigit())


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    if not number.startswith("+"):
        return None
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
