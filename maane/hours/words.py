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
    "he": "כרגע אנחנו סגורים. נפתח ב{day} בשעה {time}.",
    "en": "We are closed now, and open on {day} at {time}.",
    "ar": "نحن مغلقون الآن، ونفتح يوم {day} الساعة {time}.",
    "ru": "Сейчас мы закрыты. Откроемся: {day}, {time}.",
}
_LOCALES = {"he": "he", "en": "en_GB", "ar": "ar", "ru": "ru"}


def day_in_words(day: date, language: str) -> str:
    return str(format_date(day, "full", locale=_LOCALES.get(language, "en_GB")))


def opening(hours: Hours | None, at: datetime, language: str) -> str:
    """That it is closed and when it opens; nothing while it is open, or will not open in sight."""
    state = None if hours is None else calendar.state_at(hours, at)
    if hours is None or state is None or state.is_open or state.until is None:
        return ""
    wall = state.until.astimezone(hours.zone)
    return _OPENS.get(language, _OPENS["en"]).format(
        day=day_in_words(wall.date(), language), time=f"{wall:%H:%M}"
    )


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
