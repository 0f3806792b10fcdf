"""When a business is open: holidays as they are kept in Israel, clock changes, midnight."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from maane.hours import holidays, words
from maane.hours.calendar import (
    Closure,
    Hours,
    SpecialDay,
    closure_on,
    closures,
    open_on,
    state_at,
)

ZONE = ZoneInfo("Asia/Jerusalem")
OFFICE = [[(540, 1020)]] * 5 + [[(540, 780)], []]
"""Sunday to Thursday 9 to 17, Friday until 13."""


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZONE)


def office(**values: Any) -> Hours:
    return Hours(ZONE, OFFICE, **values)


@pytest.mark.parametrize(
    ("day", "key"),
    [
        ("2026-09-12", "rosh_hashanah"),
        ("2026-09-13", "rosh_hashanah"),
        ("2026-09-21", "yom_kippur"),
        ("2026-10-03", "simchat_torah"),
        ("2027-03-23", "purim"),
        ("2027-04-22", "pesach"),
        ("2027-04-23", "hol_hamoed_pesach"),
        ("2027-04-28", "pesach_last"),
        ("2027-05-12", "independence_day"),
        ("2028-05-01", "remembrance_day"),  # moved: 4 Iyyar is a Sunday
        ("2028-05-02", "independence_day"),
        ("2029-04-19", "independence_day"),  # moved: 5 Iyyar is a Friday
        ("2029-04-18", "remembrance_day"),
        ("2029-07-22", "tisha_bav"),  # moved: 9 Av is a Sabbath
        ("2027-06-11", "shavuot"),
    ],
)
def test_days_are_those_that_israel_keeps(day: str, key: str) -> None:
    assert key in holidays.on(date.fromisoformat(day))


def test_abroad_s_second_days_are_none() -> None:
    for day in ("2027-04-29", "2027-06-12", "2026-10-04"):
        assert holidays.on(date.fromisoformat(day)) == ()


def test_every_year_to_come_has_every_preset_and_every_eve() -> None:
    for year in range(2026, 2060):
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
        found = {key for day in days for key in holidays.on(day)}
        assert found == set(holidays.NAMES), year
        eves = [key for day in days for key in holidays.eves_on(day)]
        assert sorted(eves) == sorted(holidays.WITH_EVE), year


def test_the_day_before_a_holiday_is_short_and_hoshana_rabba_is_such_a_day() -> None:
    hours = office(holidays=frozenset({"rosh_hashanah", "simchat_torah"}), eve_closes_min=12 * 60)
    assert list(open_on(hours, date(2028, 9, 20))) == [(540, 720)]
    assert list(open_on(hours, date(2028, 9, 21))) == []
    assert list(open_on(hours, date(2028, 9, 22))) == []
    assert list(open_on(hours, date(2028, 9, 29))) == [(540, 780)]  # Yom Kippur is not chosen
    assert closure_on(hours, date(2028, 10, 11)) == Closure(
        date(2028, 10, 11), "eve", "simchat_torah", 720
    )
    usual = office(holidays=frozenset({"rosh_hashanah"}))
    assert list(open_on(usual, date(2028, 9, 20))) == [(540, 1020)]
    shut = office(holidays=frozenset({"rosh_hashanah"}), eve_closes_min=0)
    assert list(open_on(shut, date(2028, 9, 20))) == []


def test_own_days_close_and_open_before_all_others() -> None:
    hours = office(
        holidays=frozenset({"purim"}),
        days=[
            SpecialDay(date(2027, 3, 22), date(2027, 3, 24), "חופש", is_open=False),
            SpecialDay(date(2027, 3, 23), date(2027, 3, 23), "", is_open=True),
        ],
    )
    found = [(c.day.day, c.kind, c.name) for c in closures(hours, date(2027, 3, 20), 10)]
    assert found == [(22, "own", "חופש"), (24, "own", "חופש")]
    assert list(open_on(hours, date(2027, 3, 23))) == [(540, 1020)]


def test_when_it_opens_next_and_until_when_it_is_open() -> None:
    hours = office(holidays=frozenset(holidays.NAMES), eve_closes_min=0)
    state = state_at(hours, at("2026-11-27T12:59"))
    assert (state.is_open, state.until) == (True, at("2026-11-27T13:00"))
    state = state_at(hours, at("2026-11-27T13:00"))
    assert (state.is_open, state.until) == (False, at("2026-11-29T09:00"))
    # Sukkot with its week and Simchat Torah, the Sabbath in it, and the eve of the first day.
    state = state_at(hours, at("2026-09-24T17:00"))
    assert (state.is_open, state.until) == (False, at("2026-10-04T09:00"))
    assert state_at(Hours(ZONE), at("2026-09-24T17:00")).until is None


def test_times_that_touch_over_midnight_are_one_and_clock_changes_count() -> None:
    late = [[(0, 180), (1200, 1440)]] * 7
    state = state_at(Hours(ZONE, late), at("2027-03-25T23:00"))
    # The clock jumps from 2 to 3 that night: three o'clock is the instant of the jump.
    assert (state.is_open, state.until) == (True, at("2027-03-26T03:00"))
    assert state.until is not None
    assert state.until - at("2027-03-25T23:00").astimezone(state.until.tzinfo) == timedelta(hours=3)
    opened = state_at(Hours(ZONE, late), at("2027-10-30T21:00")).until
    assert opened is not None
    # Two o'clock comes twice: seven hours until three.
    assert opened - at("2027-10-30T21:00").astimezone(opened.tzinfo) == timedelta(hours=7)


def test_always_open_but_on_holidays() -> None:
    hours = Hours(ZONE, None, frozenset({"yom_kippur"}), 14 * 60)
    state = state_at(hours, at("2026-09-20T10:00"))
    assert (state.is_open, state.until) == (True, at("2026-09-20T14:00"))
    state = state_at(hours, at("2026-09-20T14:00"))
    assert (state.is_open, state.until) == (False, at("2026-09-22T00:00"))


def test_what_is_said_is_what_was_computed() -> None:
    hours = office(holidays=frozenset({"pesach"}), eve_closes_min=720)
    told = words.for_model(hours, at("2027-04-20T18:00"))
    assert "it is now Tuesday, 2027-04-20 18:00" in told
    assert "closed now, and opens next on Wednesday, 2027-04-21 09:00" in told
    assert "Wednesday 2027-04-21 until 12:00 (eve of Pesach); Thursday 2027-04-22 closed" in told
    assert "Friday 09:00-13:00; Saturday closed" in told
    assert "open now, until Wednesday, 2027-04-21 12:00" in words.for_model(
        hours, at("2027-04-21T11:00")
    )
    assert words.opening(hours, at("2027-04-20T18:00"), "he") == (
        "כרגע אנחנו סגורים. נפתח ביום רביעי, 21 באפריל 2027 בשעה 09:00."
    )
    assert words.opening(hours, at("2027-04-21T11:00"), "he") == ""
    assert words.opening(None, at("2027-04-21T11:00"), "he") == ""
