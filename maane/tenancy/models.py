"""Tables of tenancy, and what every table of a business has in common.

A business is the tenant. Its rows carry ``business_id`` in their keys: composite foreign keys, so
that a row can never point into another business (PostgreSQL's own check of a simple key passes row
security by), and uniques per business, so that a taken value says nothing about the others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc, now

LANGUAGES = ("he", "en", "ar", "ru")


class TenantOwned:
    """Rows of one business. ``tenancy/isolation.py`` guards every table that has this, and the
    migrations give it row-level security on PostgreSQL."""

    business_id: Mapped[int] = mapped_column(BigId, nullable=False)


def tenant_keys(*more: Any) -> tuple[Any, ...]:
    """``__table_args__`` of a tenant table: its business exists, and (business, id) can be pointed
    at by the composite keys of others."""
    return (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        UniqueConstraint("business_id", "id"),
        *more,
    )


class Business(Base):
    """A tenant. Suspended ones keep their rows and serve nobody. ``offers_appointments`` follows
    ``appointments.models.Availability`` and ``keeps_hours`` ``hours.models.BusinessHours``: each turn
    reads this row and need not ask for those.

    ``retention_days``: conversations are deleted so long after; None keeps them. ``retention_leads``:
    leads too. ``retention_since`` is when that was chosen.
    """

    __tablename__ = "businesses"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'suspended')", name="status"),
        CheckConstraint("language IN ('he', 'en', 'ar', 'ru')", name="language"),
        CheckConstraint("retention_days BETWEEN 1 AND 36500", name="retention_days"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="he")
    timezone: Mapped[str] = mapped_column(Text, default="Asia/Jerusalem")
    status: Mapped[str] = mapped_column(Text, default="active")
    offers_appointments: Mapped[bool] = mapped_column(default=False)
    keeps_hours: Mapped[bool] = mapped_column(default=False)
    retention_days: Mapped[int | None]
    retention_leads: Mapped[bool] = mapped_column(default=False)
    retention_since: Mapped[datetime | None] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc, default=now)
    updated_at: Mapped[datetime] = mapped_column(Utc, default=now)


class Assignment(Base):
    """A manager may work for a business."""

    __tablename__ = "assignments"

    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    business_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("businesses.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AuditEvent(Base):
    """Who did what, as whom. Append-only in the database itself. ``business_id`` is empty for what
    concerns the installation alone; such rows are seen outside any business only."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_business_id_id", "business_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    business_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("businesses.id"))
    actor_user_id: Mapped[int | None] = mapped_column(BigId)
    actor_email: Mapped[str | None] = mapped_column(Text)
    actor_name: Mapped[str | None] = mapped_column(Text)
    actor_role: Mapped[str | None] = mapped_column(Text)
    impersonating: Mapped[bool] = mapped_column(default=False)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Utc, default=now)
