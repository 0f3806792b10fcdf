"""Shapes of hours, and of a week of intervals, which appointments have as well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from maane.hours import calendar, holidays, words
from maane.hours.calendar import Hours, State
from maane.hours.clock import DAYS_IN_WEEK, clock_of, minute_of
from maane.hours.models import BusinessHours as HoursRow
from maane.kit.endpoint import Shape
from maane.kit.text import Line, Text

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
SHOWN_DAYS = 366
LONGEST_AWAY = 1000
_BRACED = re.compile(r"\{[^{}]*\}")

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""``HH:MM`` on the business's wall clock."""
Closing = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Day = Annotated[date, Field(ge=EARLIEST, le=LATEST)]
Holiday = Literal[
    "rosh_hashanah",
    "yom_kippur",
    "sukkot",
    "hol_hamoed_sukkot",
    "simchat_torah",
    "purim",
    "pesach",
    "hol_hamoed_pesach",
    "pesach_last",
    "remembrance_day",
    "independence_day",
    "shavuot",
    "tisha_bav",
]


class Interval(Shape):
    """Open from ``opens`` until ``closes``, which may be ``24:00``; one over midnight is two."""

    opens: ClockTime
    closes: Closing

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if minute_of(self.closes) <= minute_of(self.opens):
            raise ValueError("must close after it opens")
        return self


def _apart(day: list[Interval]) -> list[Interval]:
    ordered = sorted(day, key=lambda interval: interval.opens)
    for first, second in pairwise(ordered):
        if minute_of(second.opens) < minute_of(first.closes):
            raise ValueError("must not overlap")
    return ordered


Weekday = Annotated[list[Interval], Field(max_length=6), AfterValidator(_apart)]
Week = Annotated[list[Weekday], Field(min_length=DAYS_IN_WEEK, max_length=DAYS_IN_WEEK)]
"""The intervals of each weekday, Sunday first."""


def minutes_of(week: Sequence[Sequence[Interval]]) -> list[list[list[int]]]:
    """As the database keeps a week."""
    return [[[minute_of(i.opens), minute_of(i.closes)] for i in day] for day in week]


def intervals_of(week: Sequence[calendar.Intervals]) -> list[list[Interval]]:
    return [
        [Interval(opens=clock_of(opens), closes=clock_of(closes)) for opens, closes in day]
        for day in week
    ]


class SpecialDay(Shape):
    """Days of the business's own: closed, or ``is_open`` although a holiday would close them."""

    first: Day
    last: Day
    name: Annotated[Line, Field(max_length=100)] = ""
    is_open: bool = False

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if not timedelta() <= self.last - self.first <= timedelta(days=SHOWN_DAYS):
            raise ValueError("must end after it begins, within a year")
        return self


class HoursBody(Shape):
    """``week`` null: always open. ``eve``: how the day before a holiday is; ``eve_closes`` goes with
    ``until``. ``says_away``: who writes on WhatsApp while it is closed gets ``away_text`` in place of the
    assistant's answer, with ``{opens}`` as when it opens next."""

    week: Week | None
    holidays: Annotated[list[Holiday], Field(max_length=len(holidays.NAMES))]
    eve: Literal["usual", "until", "closed"]
    eve_closes: ClockTime | None = None
    days: Annotated[list[SpecialDay], Field(max_length=200)]
    says_away: bool = False
    away_text: Annotated[Text, Field(max_length=LONGEST_AWAY)] = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.week is not None and not any(self.week):
            raise ValueError("must open on some weekday")
        if self.eve == "until" and self.eve_closes in (None, "00:00"):
            raise ValueError("needs the time at which the day before a holiday ends")
        if self.says_away and not self.away_text.strip():
            raise ValueError("needs the text that is sent while it is closed")
        if set(_BRACED.findall(self.away_text)) - {words.PLACEHOLDER}:
            raise ValueError("knows no other words in braces than {opens}")
        return self


class Closure(Shape):
    """A day that is not as its weekday. ``kind`` is ``holiday``, ``eve`` or ``own``; ``name`` a preset or
    the business's own words. Without ``closes`` it is closed as a whole."""

    day: date
    kind: str
    name: str
    closes: str | None


class Preset(Shape):
    """A holiday, with the next day on which it begins."""

    key: str
    next: date | None


class BusinessHours(Shape):
    """``changes_at`` is when it next opens or closes, null for not within a year. ``closures`` are those
    of the next twelve months. ``away_opens`` is what ``{opens}`` says next, in the business's language;
    empty where it never closes. Without ``updated_at`` nothing was saved yet."""

    week: list[list[Interval]] | None
    holidays: list[str]
    eve: str
    eve_closes: str | None
    days: list[SpecialDay]
    timezone: str
    is_open: bool
    changes_at: datetime | None
    presets: list[Preset]
    closures: list[Closure]
    says_away: bool
    away_text: str
    away_opens: str
    updated_at: datetime | None


def values_of(body: HoursBody) -> dict[str, Any]:
    """The columns of ``models.BusinessHours``."""
    eve = {"usual": None, "closed": 0, "until": minute_of(body.eve_closes or "00:00")}
    chosen = set(body.holidays)
    return {
        "week": None if body.week is None else minutes_of(body.week),
        "holidays": [key for key in holidays.NAMES if key in chosen],
        "eve_closes_min": eve[body.eve],
        "days": [
            day.model_dump(mode="json")
            for day in sorted(body.days, key=lambda day: (day.first, day.last, day.name))
        ],
        "says_away": body.says_away,
        "away_text": body.away_text.strip(),
    }


def hours_of(hours: Hours, row: HoursRow | None, at: datetime, language: str) -> BusinessHours:
    state: State = calendar.state_at(hours, at)
    today = at.astimezone(hours.zone).date()
    eve = hours.eve_closes_min
    return BusinessHours(
        week=None if hours.week is None else intervals_of(hours.week),
        holidays=[key for key in holidays.NAMES if key in hours.holidays],
        eve="usual" if eve is None else "until" if eve else "closed",
        eve_closes=clock_of(eve) if eve else None,
        days=[
            SpecialDay(first=day.first, last=day.last, name=day.name, is_open=day.is_open)
            for day in hours.days
        ],
        timezone=hours.zone.key,
        is_open=state.is_open,
        changes_at=state.until,
        presets=_presets(today),
        closures=[
            Closure(
                day=closure.day,
                kind=closure.kind,
                name=closure.name,
                closes=clock_of(closure.closes_min) if closure.closes_min else None,
            )
            for closure in calendar.closures(hours, today, SHOWN_DAYS)
        ],
        says_away=row is not None and row.says_away,
        away_text="" if row is None else row.away_text,
        away_opens=words.next_opening(hours, at, language),
        updated_at=None if row is None else row.updated_at,
    )


def _presets(today: date) -> list[Preset]:
    following: dict[str, date] = {}
    for number in range(SHOWN_DAYS + 30):
        day = today + timedelta(days=number)
        for key in holidays.on(day):
            following.setdefault(key, day)
    return [Preset(key=key, next=following.get(key)) for key in holidays.NAMES]
