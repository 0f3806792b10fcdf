"""When a business takes appointments, and the appointments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys

LONGEST_MIN = 480


class Availability(TenantOwned, Base):
    """When a business takes appointments; without a row it takes none of customers.

    ``week`` has one list for each weekday, Sunday first, of ``[opens, closes]`` in minutes since
    midnight on the business's wall clock, 1440 being the day's end. ``notice_min`` is how long before
    its time an appointment can still be had, ``ahead_days`` how far ahead, and ``capacity`` how many
    people can be there at once. Whether ``week`` opens at all stands on the business itself as well
    (``offers_appointments``), where each turn reads it without asking for it.
    """

    __tablename__ = "appointment_availability"
    __table_args__ = (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        CheckConstraint("length_min BETWEEN 5 AND 480", name="length_min"),
        CheckConstraint("capacity BETWEEN 1 AND 50", name="capacity"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    week: Mapped[list[list[list[int]]]] = mapped_column(JSON)
    length_min: Mapped[int]
    notice_min: Mapped[int]
    ahead_days: Mapped[int]
    capacity: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(Utc)


class Appointment(TenantOwned, Base):
    """Somebody comes from ``starts_at`` until ``ends_at``. A cancelled one stays and takes no room.

    ``name`` and ``phone`` are what was written down by hand; where there is a lead, its own are the
    ones. ``made_by_name`` and ``cancelled_by_name`` are people of the business, empty for the
    assistant.
    """

    __tablename__ = "appointments"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
        ),
        CheckConstraint("status IN ('booked', 'cancelled')", name="status"),
        CheckConstraint("made_by IN ('assistant', 'person')", name="made_by"),
        CheckConstraint("cancelled_by IN ('assistant', 'person')", name="cancelled_by"),
        CheckConstraint("ends_at > starts_at", name="ends_at"),
        Index("ix_appointments_business_id_starts_at", "business_id", "starts_at", "id"),
        Index("ix_appointments_business_id_conversation_id", "business_id", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int | None] = mapped_column(BigId)
    starts_at: Mapped[datetime] = mapped_column(Utc)
    ends_at: Mapped[datetime] = mapped_column(Utc)
    status: Mapped[str] = mapped_column(Text, default="booked")
    name: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[str] = mapped_column(Text)
    made_by_name: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
    cancelled_at: Mapped[datetime | None] = mapped_column(Utc)
    cancelled_by: Mapped[str | None] = mapped_column(Text)
    cancelled_by_name: Mapped[str | None] = mapped_column(Text)


class AppointmentLead(TenantOwned, Base):
    """The lead whose appointment it is. A row of its own: deleting the lead removes the tie and leaves
    the appointment, for which there is still no room for somebody else."""

    __tablename__ = "appointment_leads"
    __table_args__ = (
        ForeignKeyConstraint(
            ["business_id", "appointment_id"],
            ["appointments.business_id", "appointments.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["business_id", "lead_id"], ["leads.business_id", "leads.id"], ondelete="CASCADE"
        ),
        Index("ix_appointment_leads_business_id_lead_id", "business_id", "lead_id"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    appointment_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lead_id: Mapped[int] = mapped_column(BigId)
