"""Leads of a business."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys


class Lead(TenantOwned, Base):
    """One person's request. ``phone`` is E.164 where it parses; ``status`` is the key of a stage."""

    __tablename__ = "leads"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "status"], ["lead_stages.business_id", "lead_stages.key"]
        ),
        CheckConstraint("source IN ('manual', 'whatsapp', 'phone')", name="source"),
        Index("ix_leads_business_id_phone", "business_id", "phone"),
        Index("ix_leads_business_id_status_id", "business_id", "status", "id"),
        Index("ix_leads_business_id_lower_email", "business_id", text("lower(email)")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(Text, default="new")
    source: Mapped[str] = mapped_column(Text, default="manual")
    created_at: Mapped[datetime] = mapped_column(Utc)
    updated_at: Mapped[datetime] = mapped_column(Utc)


class LeadStage(TenantOwned, Base):
    """A stage that leads of the business go through. ``key`` never changes once it is there.

    ``name`` is empty for a built-in stage that nobody renamed: it is shown in the reader's language.
    """

    __tablename__ = "lead_stages"
    __table_args__ = (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        CheckConstraint("kind IN ('open', 'won', 'lost')", name="kind"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)


class LeadEvent(TenantOwned, Base):
    """What happened to a lead. Append-only in the database itself, and without a key to the lead: a
    merge leaves the rows where they are and points at the lead that went in (``merged_lead_id``).

    ``fields`` names what changed, and never holds what a customer said. The names of the stages are
    those of the time, empty for built-in ones. ``actor_name`` is empty for the assistant.
    """

    __tablename__ = "lead_events"
    __table_args__ = tenant_keys(
        CheckConstraint(
            "kind IN ('created', 'moved', 'changed', 'intake', 'merged', 'called')", name="kind"
        ),
        Index("ix_lead_events_business_id_lead_id_id", "business_id", "lead_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lead_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(Text)
    fields: Mapped[str] = mapped_column(Text, default="")
    from_status: Mapped[str | None] = mapped_column(Text)
    from_name: Mapped[str | None] = mapped_column(Text)
    to_status: Mapped[str | None] = mapped_column(Text)
    to_name: Mapped[str | None] = mapped_column(Text)
    merged_lead_id: Mapped[int | None] = mapped_column(BigId)
    actor_user_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str | None] = mapped_column(Text)
    impersonating: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(Utc)
