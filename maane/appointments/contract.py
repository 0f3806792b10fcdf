"""Shapes of appointments and of when they can be had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from maane.appointments.models import LONGEST_MIN
from maane.appointments.models import Appointment as AppointmentRow
from maane.appointments.times import Rules, Span
from maane.hours.clock import DAY_MIN, minute_of
from maane.hours.contract import ClockTime, Day, Interval, Week, intervals_of
from maane.kit.endpoint import LARGEST_ID, Query, Shape
from maane.kit.text import Line, Phone, Text
from maane.leads.models import Lead

Length = Annotated[int, Field(ge=5, le=LONGEST_MIN)]


class AvailabilityBody(Shape):
    """``week`` has the intervals of each weekday, Sunday first; all empty takes no appointments of
    customers. Minutes for the length of an appointment and for the shortest notice."""

    week: Week
    length_min: Length
    notice_min: Annotated[int, Field(ge=0, le=14 * DAY_MIN)]
    ahead_days: Annotated[int, Field(ge=1, le=365)]
    capacity: Annotated[int, Field(ge=1, le=50)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for interval in (interval for day in self.week for interval in day):
            if minute_of(interval.closes) - minute_of(interval.opens) < self.length_min:
                raise ValueError("an interval is shorter than one appointment")
        return self


class Availability(Shape):
    """``is_offered``: the assistant offers times. Without ``updated_at`` nothing was saved yet, and
    these are the values to begin with."""

    week: list[list[Interval]]
    length_min: int
    notice_min: int
    ahead_days: int
    capacity: int
    timezone: str
    is_offered: bool
    updated_at: datetime | None


class AppointmentBody(Shape):
    """``date`` and ``time`` on the business's wall clock. Without ``length_min`` the usual length.
    Who comes is a lead, or a name."""

    date: Day
    time: ClockTime
    length_min: Length | None = None
    lead_id: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    name: Annotated[Line, Field(min_length=1, max_length=200)] | None = None
    phone: Phone | None = None
    note: Annotated[Text, Field(max_length=1000)] = ""


class AppointmentQuery(Query):
    """So many days from a day on, today without one, of the business's calendar."""

    day: Day | None = None
    days: Annotated[int, Field(ge=1, le=31)] = 7


class FreeQuery(Query):
    day: Day


class Appointment(Shape):
    """``made_by`` and ``cancelled_by`` are ``assistant`` or ``person``. The name and the phone number are
    the lead's where there is one; null for somebody whose lead was deleted."""

    id: int
    starts_at: datetime
    ends_at: datetime
    status: str
    name: str | None
    phone: str | None
    note: str
    lead_id: int | None
    conversation_id: int | None
    made_by: str
    made_by_name: str | None
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancelled_by_name: str | None


class AppointmentList(Shape):
    """All appointments of some days, cancelled ones too, the first ones first. ``is_cut``: there are
    more than are listed."""

    items: list[Appointment]
    day: date
    days: int
    timezone: str
    is_cut: bool


class LeadAppointments(Shape):
    """Those of one lead, the last ones first; ``is_cut`` as in ``AppointmentList``."""

    items: list[Appointment]
    is_cut: bool


class FreeTimes(Shape):
    """The free times of one day as the assistant would offer them, but without notice: beginnings, on
    the business's wall clock."""

    day: date
    times: list[str]


def availability_of(rules: Rules, updated_at: datetime | None) -> Availability:
    return Availability(
        week=intervals_of(rules.week),
        length_min=rules.length.seconds // 60,
        notice_min=int(rules.notice.total_seconds()) // 60,
        ahead_days=rules.ahead_days,
        capacity=rules.capacity,
        timezone=rules.zone.key,
        is_offered=any(rules.week),
        updated_at=updated_at,
    )


def free_times_of(day: date, spans: Sequence[Span], timezone: str) -> FreeTimes:
    zone = ZoneInfo(timezone)
    times = [f"{span.starts_at.astimezone(zone):%H:%M}" for span in spans]
    return FreeTimes(day=day, times=times)


def appointments_of(rows: Sequence[tuple[AppointmentRow, Lead | None]]) -> list[Appointment]:
    return [appointment_of(row, lead) for row, lead in rows]


def appointment_of(row: AppointmentRow, lead: Lead | None) -> Appointment:
    return Appointment(
        id=row.id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=row.status,
        name=row.name if lead is None else lead.name,
        phone=row.phone if lead is None else lead.phone,
        note=row.note,
        lead_id=None if lead is None else lead.id,
        conversation_id=row.conversation_id,
        made_by=row.made_by,
        made_by_name=row.made_by_name,
        created_at=row.created_at,
        cancelled_at=row.cancelled_at,
        cancelled_by=row.cancelled_by,
        cancelled_by_name=row.cancelled_by_name,
    )
