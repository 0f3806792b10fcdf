"""What is said of hours: to the model, and to customers in their language; of what was computed."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date

from maane.hours import calendar, holidays
from maane.hours.calendar import Closure, Hours
from maane.hours.clock import clock_of

TOLD_DAYS = 30
"""So far ahead a model is told of days that are not as their weekdays."""
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_OPENS = {
    "he": "כרגע אנחנו סגורים. נפתח {opens}.",
    "en": "We are closed now, and open {opens}.",
    "ar": "نحن مغلقون الآن، ونفتح {opens}.",
    "ru": "Сейчас мы закрыты. Откроемся: {opens}.",
}
_MOMENTS = {
    "he": ("ב{day} בשעה {time}", "במועד שעוד לא נקבע"),
    "en": ("on {day} at {time}", "at a time that is not set yet"),
    "ar": ("يوم {day} الساعة {time}", "في موعد لم يُحدَّد بعد"),
    "ru": ("{day}, {time}", "дата ещё не назначена"),
}
"""A time as it stands in a sentence, and one that is not in sight."""
PLACEHOLDER = "{opens}"
"""Stands in a business's away text for the time of the next opening."""
_LOCALES = {"he": "he", "en": "en_GB", "ar": "ar", "ru": "ru"}


def day_in_words(day: date, language: str) -> str:
    return str(format_date(day, "full", locale=_LOCALES.get(language, "en_GB")))


def opening(hours: Hours | None, at: datetime, language: str) -> str:
    """That it is closed and when it opens; nothing while it is open, or will not open in sight."""
    state = None if hours is None else calendar.state_at(hours, at)
    if hours is None or state is None or state.is_open or state.until is None:
        return ""
    opens = moment(hours, state.until, language)
    return _OPENS.get(language, _OPENS["en"]).format(opens=opens)


def moment(hours: Hours, at: datetime | None, language: str) -> str:
    """A time on the business's clock, None for one that is not in sight."""
    known, unknown = _MOMENTS.get(language, _MOMENTS["en"])
    if at is None:
        return unknown
    wall = at.astimezone(hours.zone)
    return known.format(day=day_in_words(wall.date(), language), time=f"{wall:%H:%M}")


def away(hours: Hours, opens_at: datetime | None, language: str) -> str:
    """What the business says while it is closed, with when it opens in the customer's language."""
    return (hours.away or "").replace(PLACEHOLDER, moment(hours, opens_at, language))


def next_opening(hours: Hours, at: datetime, language: str) -> str:
    """What the placeholder would say next: now where it is closed, else when it has closed. Empty where
    it never closes."""
    state = calendar.state_at(hours, at)
    if state.is_open:
        if state.until is None:
            return ""
        state = calendar.state_at(hours, state.until)
    return moment(hours, state.until, language)


def for_model(hours: Hours, at: datetime) -> str:
    """What the model is told, so that it promises nobody before they are there."""
    wall = at.astimezone(hours.zone)
    state = calendar.state_at(hours, at)
    parts = [f"Hours: at this business it is now {_instant(wall)}.", _now(hours, state)]
    if hours.week is not None:
        days = (
            f"{name} {', '.join(f'{clock_of(o)}-{clock_of(c)}' for o, c in day) or 'closed'}"
            for name, day in zip(_WEEKDAYS, hours.week, strict=True)
        )
        parts.append(f"Usual week: {'; '.join(days)}.")
    ahead = list(calendar.closures(hours, wall.date(), TOLD_DAYS))
    if ahead:
        parts.append(f"Days ahead that differ: {'; '.join(map(_closure, ahead))}.")
    parts.append(
        "This is computed and goes before anything else said about hours. You answer at any time; "
        "while it is closed, promise that a person answers only from the next opening on."
    )
    return " ".join(parts)


def _now(hours: Hours, state: calendar.State) -> str:
    until = None if state.until is None else _instant(state.until.astimezone(hours.zone))
    if state.is_open:
        return "It is open now." if until is None else f"It is open now, until {until}."
    if until is None:
        return "It is closed, and not known to open again."
    return f"It is closed now, and opens next on {until}."


def _closure(closure: Closure) -> str:
    name = closure.name if closure.kind == "own" else holidays.NAMES[closure.name]
    if closure.kind == "eve":
        name = f"eve of {name}"
    how = f"until {clock_of(closure.closes_min)}" if closure.closes_min else "closed"
    return f"{_day(closure.day)} {how}" + (f" ({name})" if name else "")


def _day(day: date) -> str:
    return f"{day:%A %Y-%m-%d}"


def _instant(wall: datetime) -> str:
    return f"{wall:%A, %Y-%m-%d %H:%M}"
