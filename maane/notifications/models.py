"""Whom a business wants to be told, what they were told, and how each telling went."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys

Kind = Literal[
    "handed_over",
    "away",
    "transfer_missed",
    "escalated",
    "message_taken",
    "unanswered",
    "booked",
    "booking_cancelled",
]


class NotificationSettings(TenantOwned, Base):
    """Whom a business wants to be told; the defaults hold where there is no row. ``emails`` are told of
    everything, ``escalation_email`` only when nobody came within ``escalate_after_min``.
    ``owner_phone`` is E.164. ``tested_at`` is when a test e-mail was last asked for."""

    __tablename__ = "notification_settings"
    __table_args__ = (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        CheckConstraint("escalate_after_min BETWEEN 1 AND 1440", name="escalate_after_min"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    emails: Mapped[list[str]] = mapped_column(JSON)
    owner_phone: Mapped[str | None] = mapped_column(Text)
    escalate_after_min: Mapped[int]
    escalation_email: Mapped[str | None] = mapped_column(Text)
    tested_at: Mapped[datetime | None] = mapped_column(Utc)
    updated_at: Mapped[datetime] = mapped_column(Utc)


class Notification(TenantOwned, Base):
    """One thing that people of the business are to know of a conversation. ``message_id`` is the message
    that it is about, so the same thing told twice is one row.

    ``handed_over_at`` names the handover, or the away text of a closed business, that a ``handed_over``,
    ``away`` or ``escalated`` one is about, as the conversation's ``owned_at`` does, and ``escalates_at``
    when that escalates if nobody came: ``escalate_after_min`` after ``created_at``, or after the opening
    that follows it. Those of a version before that have no minutes, and keep their time.
    ``customer_told`` is what became of the word that an escalation owes the customer. (The queue has a
    table named notifications of its own in the same SQLite file.)
    """

    __tablename__ = "business_notifications"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["business_id", "message_id"],
            ["messages.business_id", "messages.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("business_id", "kind", "message_id"),
        CheckConstraint(f"kind IN {get_args(Kind)}", name="kind"),
        CheckConstraint("customer_told IN ('queued', 'window_closed')", name="customer_told"),
        Index(
            "ix_business_notifications_business_id_conversation_id",
            "business_id",
            "conversation_id",
        ),
        Index("ix_business_notifications_business_id_message_id", "business_id", "message_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    conversation_id: Mapped[int] = mapped_column(BigId)
    message_id: Mapped[int] = mapped_column(BigId)
    handed_over_at: Mapped[datetime | None] = mapped_column(Utc)
    escalates_at: Mapped[datetime | None] = mapped_column(Utc)
    escalate_after_min: Mapped[int | None]
    customer_told: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)


class NotificationRead(TenantOwned, Base):
    """One user has read one notification."""

    __tablename__ = "notification_reads"
    __table_args__ = (
        ForeignKeyConstraint(
            ["business_id", "notification_id"],
            ["business_notifications.business_id", "business_notifications.id"],
            ondelete="CASCADE",
        ),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    notification_id: Mapped[int] = mapped_column(BigId, primary_key=True)


class Delivery(TenantOwned, Base):
    """One notification on its way to one address outside the app. ``reason`` is a word of ours for why it
    is not sent (yet), ``detail`` what the other side said. ``external_id`` is the WhatsApp provider's."""

    __tablename__ = "notification_deliveries"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "notification_id"],
            ["business_notifications.business_id", "business_notifications.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint(
            "business_id",
            "notification_id",
            "way",
            "recipient",
            name="uq_notification_deliveries_address",
        ),
        CheckConstraint("way IN ('email', 'whatsapp')", name="way"),
        CheckConstraint("status IN ('pending', 'sending', 'sent', 'failed')", name="status"),
        Index(
            "ix_notification_deliveries_external_id",
            "business_id",
            "external_id",
            sqlite_where=text("external_id IS NOT NULL"),
            postgresql_where=text("external_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    notification_id: Mapped[int] = mapped_column(BigId)
    way: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(Utc)
