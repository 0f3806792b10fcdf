"""Is a business open at an instant, and when does that change: computed, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from maane.hours import holidays
from maane.hours.clock import DAY_MIN, boundary_of, weekday_of

FARTHEST_DAYS = 400
"""Nobody is told of an opening that is farther away."""
Intervals = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """Days of the business's own: closed, or open although they would be closed."""

    first: date
    last: date
    name: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """When a business is there. ``week`` as ``models.BusinessHours`` has it, None for always;
    ``eve_closes_min`` is when the day before a holiday ends, 0 for closed, None for as usual. ``away`` is
    what it says while it is closed in place of the assistant; None where the assistant answers."""

    zone: ZoneInfo
    week: Sequence[Intervals] | None = None
    holidays: frozenset[str] = frozenset()
    eve_closes_min: int | None = None
    days: Sequence[SpecialDay] = ()
    away: str | None = None


@dataclass(frozen=True, slots=True)
class Closure:
    """Why a day is not as its weekday. ``name`` is a preset of ``holidays``, or the business's own;
    ``closes_min`` is 0 for a day that is closed as a whole."""

    day: date
    kind: Literal["own", "holiday", "eve"]
    name: str
    closes_min: int


@dataclass(frozen=True, slots=True)
class State:
    """Open or closed, and when that ends; None for not in sight."""

    is_open: bool
    until: datetime | None


def closure_on(hours: Hours, day: date) -> Closure | None:
    """What the business says itself goes before the holidays, and *open* before *closed*."""
    own = [special for special in hours.days if special.first <= day <= special.last]
    if any(special.is_open for special in own):
        return None
    if own:
        return Closure(day, "own", own[0].name, 0)
    if not hours.holidays:
        return None
    for key in holidays.on(day):
        if key in hours.holidays:
            return Closure(day, "holiday", key, 0)
    if hours.eve_closes_min is not None:
        for key in holidays.eves_on(day):
            if key in hours.holidays:
                return Closure(day, "eve", key, hours.eve_closes_min)
    return None


def closures(hours: Hours, first: date, days: int) -> Iterator[Closure]:
    """The days from a day on that are not as their weekdays."""
    for number in range(days):
        closure = closure_on(hours, first + timedelta(days=number))
        if closure is not None:
            yield closure


def cut(hours: Hours, day: date, intervals: Iterable[Sequence[int]]) -> Iterator[Sequence[int]]:
    """What a holiday or a day of the business's own leaves of the intervals of a day, in minutes since
    its midnight."""
    closure = closure_on(hours, day)
    ends = DAY_MIN if closure is None else closure.closes_min
    for opens, closes in intervals:
        if opens < ends:
            yield opens, min(closes, ends)


def open_on(hours: Hours, day: date) -> Iterator[Sequence[int]]:
    """When a day is open."""
    always: Intervals = [(0, DAY_MIN)]
    return cut(hours, day, always if hours.week is None else hours.week[weekday_of(day)])


def state_at(hours: Hours, at: datetime) -> State:
    """What holds at an instant. Times that touch, also over midnight, are one."""
    today = at.astimezone(hours.zone).date()
    open_until: datetime | None = None
    for number in range(FARTHEST_DAYS):
        day = today + timedelta(days=number)
        for opens, closes in open_on(hours, day):
            starts_at = boundary_of(day, opens, hours.zone)
            ends_at = boundary_of(day, closes, hours.zone)
            if ends_at <= at or ends_at <= starts_at:
                continue
            if open_until is None and starts_at > at:
                return State(False, starts_at)
            if open_until is not None and starts_at > open_until:
                return State(True, open_until)
            open_until = ends_at
        if open_until is not None and open_until < boundary_of(day, DAY_MIN, hours.zone):
            return State(True, open_until)
    return State(open_until is not None, None)


def is_closed_since(hours: Hours, since: datetime, at: datetime) -> bool:
    """True where a business was closed at ``since`` and did not open until ``at``."""
    state = state_at(hours, since)
    return not state.is_open and (state.until is None or state.until > at)


def counted_from(hours: Hours, at: datetime) -> datetime:
    """From when on somebody may be expected to come to what happened at an instant: the next opening for
    a time at which it is closed, and the instant itself where none is in sight."""
    state = state_at(hours, at)
    return at if state.is_open or state.until is None else state.until
