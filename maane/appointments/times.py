"""Wall clocks and instants: which times of a day an appointment can begin at, and whether there is room.

A business thinks in its wall clock, the database in UTC. A day on which the clock changes has times that
do not exist, which begin nothing, and times that exist twice, of which the first one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from maane.hours import calendar
from maane.hours.calendar import Hours
from maane.hours.clock import DAY_MIN, boundary_of, instant_of, weekday_of

Part = Literal["morning", "afternoon", "evening"]
PARTS: dict[Part, tuple[int, int]] = {
    "morning": (0, 12 * 60),
    "afternoon": (12 * 60, 17 * 60),
    "evening": (17 * 60, DAY_MIN),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """When a business takes appointments (``models.Availability``), with its time zone, and the days on
    which it is closed."""

    zone: ZoneInfo
    week: Sequence[Sequence[Sequence[int]]]
    length: timedelta
    notice: timedelta
    ahead_days: int
    capacity: int
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant until another, which it does not contain."""

    starts_at: datetime
    ends_at: datetime


def open_on(rules: Rules, day: date) -> Iterator[Sequence[int]]:
    """When a day is open, in minutes since its midnight on the wall clock. The one place that knows:
    what is offered and what the assistant may book both come from here, and so a day that is closed for
    another reason than its weekday has to be closed here alone."""
    week = rules.week[weekday_of(day)]
    yield from week if rules.hours is None else calendar.cut(rules.hours, day, week)


def starts_on(rules: Rules, day: date, part: Part | None = None) -> Iterator[Span]:
    """The times that an appointment can have on a day, whether free or not: one after the other from
    each opening on."""
    length_min = rules.length // timedelta(minutes=1)
    earliest, latest = PARTS[part] if part is not None else (0, DAY_MIN)
    for opens, closes in open_on(rules, day):
        closes_at = boundary_of(day, closes, rules.zone)
        for minute in range(opens, closes - length_min + 1, length_min):
            starts_at = instant_of(day, minute, rules.zone)
            if starts_at is None or not earliest <= minute < latest:
                continue
            ends_at = starts_at + rules.length
            if ends_at <= closes_at:
                yield Span(starts_at, ends_at)


def offered_on(rules: Rules, day: date, at: datetime, part: Part | None = None) -> Iterator[Span]:
    """Those of ``starts_on`` that customers can have at the instant ``at``, by notice and reach."""
    today = at.astimezone(rules.zone).date()
    if today <= day <= today + timedelta(days=rules.ahead_days):
        for span in starts_on(rules, day, part):
            if span.starts_at >= at + rules.notice:
                yield span


def has_room(span: Span, taken: Iterable[Span], capacity: int) -> bool:
    """True where one more fits in: at no instant of the span more than ``capacity`` are there."""
    others = [t for t in taken if t.starts_at < span.ends_at and span.starts_at < t.ends_at]
    # Their number only grows where one begins, so those instants are all there is to look at.
    peaks = (
        sum(t.starts_at <= begins < t.ends_at for t in others)
        for begins in (span.starts_at, *(t.starts_at for t in others))
        if begins >= span.starts_at
    )
    return max(peaks) < capacity
