"""Wall clocks and instants. A business thinks in its wall clock, the database in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS_IN_WEEK = 7
DAY_MIN = 24 * 60


def weekday_of(day: date) -> int:
    """0 for Sunday, with which the week begins."""
    return day.isoweekday() % DAYS_IN_WEEK


def minute_of(clock: str) -> int:
    """Minutes since midnight of ``HH:MM``."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def clock_of(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def instant_of(day: date, minute: int, zone: ZoneInfo) -> datetime | None:
    """The instant of a wall-clock time, None where the clock jumps over it. Minute 1440 is the next
    day's midnight."""
    wall = _wall(day, minute, zone)
    instant = wall.astimezone(UTC)
    return (
        instant
        if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None)
        else None
    )


def boundary_of(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """As ``instant_of`` for a time that only ends or begins something: what the clock jumps over is the
    instant of the jump."""
    return _wall(day, minute, zone).astimezone(UTC)


def _wall(day: date, minute: int, zone: ZoneInfo) -> datetime:
    later, minute = divmod(minute, DAY_MIN)
    at = time(minute // 60, minute % 60, tzinfo=zone)
    return datetime.combine(day + timedelta(days=later), at)
