"""Wall clocks: which times a day has, on days when the clock changes too, and when there is room."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from maane.appointments.times import (
    Rules,
    Span,
    has_room,
    instant_of,
    offered_on,
    starts_on,
    weekday_of,
)

JERUSALEM = ZoneInfo("Asia/Jerusalem")
FORWARD, BACK = date(2026, 3, 27), date(2026, 10, 25)
"""02:00 becomes 03:00 on the first, and 01:00 again on the second."""


def rules(
    *day: tuple[int, int], length_min: int = 60, notice_min: int = 0, ahead: int = 30
) -> Rules:
    """The same intervals, in hours, on each day."""
    week = [[[opens * 60, closes * 60] for opens, closes in day]] * 7
    length, notice = timedelta(minutes=length_min), timedelta(minutes=notice_min)
    return Rules(JERUSALEM, week, length, notice, ahead, 1)


def clocks(rules: Rules, day: date) -> list[str]:
    return [f"{s.starts_at.astimezone(JERUSALEM):%H:%M}" for s in starts_on(rules, day)]


def test_the_week_begins_on_sunday() -> None:
    assert [weekday_of(date(2026, 11, day)) for day in (29, 30)] == [0, 1]
    assert weekday_of(date(2026, 11, 28)) == 6


def test_times_follow_each_other_from_each_opening_and_end_before_closing() -> None:
    day = date(2026, 11, 30)
    assert clocks(rules((9, 12), (16, 18), length_min=45), day) == [
        "09:00",
        "09:45",
        "10:30",
        "11:15",
        "16:00",
        "16:45",
    ]
    assert clocks(rules((22, 24)), day) == ["22:00", "23:00"]
    assert clocks(rules(), day) == []


def test_a_wall_clock_time_is_the_same_all_year_and_another_instant() -> None:
    summer, winter = (
        instant_of(date(2026, 7, 1), 600, JERUSALEM),
        instant_of(date(2026, 12, 1), 600, JERUSALEM),
    )
    assert summer == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert winter == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_a_time_that_the_clock_jumps_over_begins_nothing() -> None:
    assert instant_of(FORWARD, 150, JERUSALEM) is None
    assert clocks(rules((0, 5)), FORWARD) == ["00:00", "01:00", "03:00", "04:00"]
    spans = list(starts_on(rules((0, 5)), FORWARD))
    assert all(a.ends_at <= b.starts_at for a, b in pairwise(spans))


def test_of_a_time_that_exists_twice_the_first_one_counts() -> None:
    spans = list(starts_on(rules((0, 4)), BACK))
    assert clocks(rules((0, 4)), BACK) == ["00:00", "01:00", "02:00", "03:00"]
    assert spans[1].starts_at == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert spans[2].starts_at - spans[1].starts_at == timedelta(hours=2)


def test_notice_and_reach_bound_what_is_offered() -> None:
    day = date(2026, 11, 30)
    at = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)  # 10:30 there
    some = rules((9, 14), notice_min=90, ahead=1)
    assert [s.starts_at.hour for s in offered_on(some, day, at)] == [10, 11]  # 12:00, 13:00
    assert len(list(offered_on(some, day + timedelta(days=1), at))) == 5
    assert list(offered_on(some, day + timedelta(days=2), at)) == []
    assert list(offered_on(some, day - timedelta(days=1), at)) == []
    assert [s.starts_at.hour for s in offered_on(some, day, at, "afternoon")] == [10, 11]
    assert list(offered_on(some, day, at, "morning")) == []


def span(begins: float, ends: float) -> Span:
    day = datetime(2026, 11, 30, tzinfo=UTC)
    return Span(day + timedelta(hours=begins), day + timedelta(hours=ends))


@pytest.mark.parametrize(
    ("taken", "capacity", "expected"),
    [
        ([], 1, True),
        ([(9, 10), (11, 12)], 1, True),
        ([(9, 10.5)], 1, False),
        ([(10.5, 10.6)], 1, False),
        ([(9, 12)], 1, False),
        # Two that follow each other are one at a time.
        ([(10, 10.5), (10.5, 11)], 2, True),
        ([(9.5, 10.5), (10.2, 10.8)], 2, False),
        ([(9, 12), (9, 12)], 2, False),
        ([(9, 12), (9, 12)], 3, True),
    ],
)
def test_there_is_room_while_fewer_than_the_capacity_are_there_at_once(
    taken: list[tuple[float, float]], capacity: int, expected: bool
) -> None:
    assert has_room(span(10, 11), [span(*one) for one in taken], capacity) is expected
