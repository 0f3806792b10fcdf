"""Shapes of calls to leads, and of the limits of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, Field

from maane.channels.credentials import InternationalNumber
from maane.channels.voice.outgoing.limits import Limits
from maane.channels.voice.outgoing.numbers import COUNTRIES
from maane.channels.voice.outgoing.rules import Standing
from maane.hours.clock import clock_of, minute_of
from maane.hours.contract import ClockTime
from maane.kit.endpoint import Shape
from maane.kit.text import Line

MOST_PEOPLE, MOST_COUNTRIES = 10, 50


def _is_country(value: str) -> str:
    if value not in COUNTRIES:
        raise ValueError("is the code of no country")
    return value


Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$"), AfterValidator(_is_country)]
"""ISO 3166, like IL."""


class CallBackBody(Shape):
    """``speaker``: the assistant, or a person of the business, whose own phone is rung first; its number
    is one of the settings'. ``despite_opt_out``: the person calls somebody who asked for no automatic
    messages, and knows it. ``idempotency_key`` is made by the client for each call: posting it again
    calls nobody."""

    idempotency_key: Annotated[Line, Field(min_length=1, max_length=64)]
    speaker: Literal["assistant", "person"]
    person_number: InternationalNumber | None = None
    despite_opt_out: bool = False


class PersonBody(Shape):
    name: Annotated[Line, Field(min_length=1, max_length=100)]
    number: InternationalNumber


class CallBack(Shape):
    """Whether a lead can be called now. ``obstacle`` is the rule that refuses it, the ``reason`` of the
    refusal; ``quiet_until`` is when the quiet hours end. With ``has_opted_out`` only a person calls."""

    phone: str | None
    obstacle: (
        Literal[
            "call_not_connected",
            "call_unreadable",
            "call_no_public_url",
            "call_off",
            "call_no_number",
            "call_number",
            "call_premium",
            "call_country",
            "call_running",
            "call_quiet_hours",
            "call_daily_limit",
        ]
        | None
    )
    has_opted_out: bool
    quiet_until: datetime | None
    left_today: int
    people: list[PersonBody]


class OutgoingSettingsBody(Shape):
    """Whom the business calls and when. No ``countries`` stand for the one of its own number; times are
    its own wall clock's, and equal ones are no quiet hours."""

    countries: Annotated[list[Country], Field(max_length=MOST_COUNTRIES)]
    daily_limit: Annotated[int, Field(ge=0, le=1000)]
    quiet_from: ClockTime
    quiet_until: ClockTime
    quiet_on_closed_days: bool
    people: Annotated[list[PersonBody], Field(max_length=MOST_PEOPLE)]

    def values(self) -> dict[str, Any]:
        """As the database keeps them."""
        people = {person.number: person.name for person in self.people}
        return {
            "countries": sorted(set(self.countries)),
            "daily_limit": self.daily_limit,
            "quiet_from_min": minute_of(self.quiet_from),
            "quiet_until_min": minute_of(self.quiet_until),
            "quiet_on_closed_days": self.quiet_on_closed_days,
            "people": [{"name": name, "number": number} for number, name in people.items()],
        }


class OutgoingSettings(Shape):
    """``own_country`` is that of the connected number, ``known_countries`` are all. ``most_per_day``
    is as many as the operator allows, whatever was chosen."""

    chosen: OutgoingSettingsBody
    own_country: str | None
    known_countries: list[str]
    most_per_day: int
    asked_today: int


def settings_of(limits: Limits, most_per_day: int) -> OutgoingSettings:
    return OutgoingSettings(
        chosen=OutgoingSettingsBody(
            countries=list(limits.countries),
            daily_limit=limits.daily_limit,
            quiet_from=clock_of(limits.quiet.from_min),
            quiet_until=clock_of(limits.quiet.until_min),
            quiet_on_closed_days=limits.quiet.on_closed_days,
            people=_people_of(limits),
        ),
        own_country=limits.own_country,
        known_countries=sorted(COUNTRIES),
        most_per_day=most_per_day,
        asked_today=limits.asked_today,
    )


def call_back_of(phone: str | None, standing: Standing) -> CallBack:
    limits = standing.limits
    return CallBack(
        phone=phone,
        obstacle=cast("Any", standing.obstacle),
        has_opted_out=standing.has_opted_out,
        quiet_until=standing.quiet_until,
        left_today=max(0, limits.most_today - limits.asked_today),
        people=_people_of(limits),
    )


def _people_of(limits: Limits) -> list[PersonBody]:
    return [PersonBody(name=one.name, number=one.number) for one in limits.people]
