"""The holidays of Israel, computed, with the observance of Israel: one day, Rosh Hashanah two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache

NAMES = {
    "rosh_hashanah": "Rosh Hashanah",
    "yom_kippur": "Yom Kippur",
    "sukkot": "Sukkot",
    "hol_hamoed_sukkot": "Hol HaMoed Sukkot",
    "simchat_torah": "Simchat Torah",
    "purim": "Purim",
    "pesach": "Pesach",
    "hol_hamoed_pesach": "Hol HaMoed Pesach",
    "pesach_last": "Last day of Pesach",
    "remembrance_day": "Remembrance Day",
    "independence_day": "Independence Day",
    "shavuot": "Shavuot",
    "tisha_bav": "Tisha B'Av",
}
"""The presets in the order of the Jewish year, with the names that a model is told."""
WITH_EVE = frozenset(
    {"rosh_hashanah", "yom_kippur", "sukkot", "simchat_torah", "pesach", "pesach_last", "shavuot"}
)
"""These begin in the evening before, and the day before is short."""
_OF_LIBRARY = {
    "Rosh Hashanah": "rosh_hashanah",
    "Yom Kippur": "yom_kippur",
    "Sukkot": "sukkot",
    "Sukkot holiday": "hol_hamoed_sukkot",
    "Simchat Torah / Shemini Atzeret": "simchat_torah",
    "Purim": "purim",
    "Pesach": "pesach",
    "Pesach holiday": "hol_hamoed_pesach",
    "Seventh day of Pesach": "pesach_last",
    "Remembrance Day": "remembrance_day",
    "Independence Day": "independence_day",
    "Shavuot": "shavuot",
    "Tisha B'Av": "tisha_bav",
}


def on(day: date) -> Sequence[str]:
    """The presets of a day."""
    return _of_year(day.year).get(day, ())


def eves_on(day: date) -> Sequence[str]:
    """The presets that begin in the evening of a day."""
    begins = [key for key in on(day + timedelta(days=1)) if key in WITH_EVE]
    return [key for key in begins if key not in on(day)]


@cache
def _of_year(year: int) -> Mapping[date, Sequence[str]]:
    # Only who keeps holidays pays for the library.
    from holidays.countries.israel import Israel

    kinds = ("public", "optional")
    found = Israel(years=year, categories=kinds, language="en_US")  # type: ignore[no-untyped-call]
    days: dict[date, list[str]] = {}
    for day, names in found.items():
        for name in names.split("; "):
            # A day that was moved off the Sabbath is called so; it is the day that is kept.
            key = _OF_LIBRARY.get(name.removesuffix(" (observed)"))
            if key is not None:
                days.setdefault(day, []).append(key)
    return days
