"""When nobody is called: at the business's quiet hours, and on days on which it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maane.hours.calendar import Hours, closure_on, open_on
from maane.hours.clock import DAY_MIN, boundary_of

FARTHEST_DAYS = 60
"""Nobody is told of an end of the quiet that is farther away."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """From ``from_min`` to ``until_min``, minutes since midnight of the business's wall clock, also over
    midnight; equal ones are no hours. With ``on_closed_days`` also the days on which it does not open,
    and the rest of a day that a holiday's eve ends early."""

    from_min: int
    until_min: int
    on_closed_days: bool


def is_quiet(quiet: Quiet, hours: Hours, at: datetime) -> bool:
    day = at.astimezone(hours.zone).date()
    return not any(
        boundary_of(day, begins, hours.zone) <= at < boundary_of(day, ends, hours.zone)
        for begins, ends in _windows(quiet, hours, day)
    )


def ends_at(quiet: Quiet, hours: Hours, at: datetime) -> datetime | None:
    """When the quiet that holds at an instant ends; None where no end is in sight."""
    today = at.astimezone(hours.zone).date()
    for number in range(FARTHEST_DAYS):
        day = today + timedelta(days=number)
        for begins, _ in _windows(quiet, hours, day):
            begins_at = boundary_of(day, begins, hours.zone)
            if begins_at > at:
                return begins_at
    return None


def _windows(quiet: Quiet, hours: Hours, day: date) -> Iterator[tuple[int, int]]:
    """The times of a day at which calls are made, in their order."""
    last = DAY_MIN
    if quiet.on_closed_days:
        if not any(True for _ in open_on(hours, day)):
            return
        closure = closure_on(hours, day)
        last = DAY_MIN if closure is None else closure.closes_min
    begins, ends = quiet.from_min, quiet.until_min
    if begins == ends:
        free = [(0, DAY_MIN)]
    elif begins < ends:
        free = [(0, begins), (ends, DAY_MIN)]
    else:
        free = [(ends, begins)]
    for start, end in free:
        if start < min(end, last):
            yield start, min(end, last)
