"""Leads of a business."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys


class Lead(TenantOwned, Base):
    """One person's request. ``phone`` is E.164 where it parses."""

    __tablename__ = "leads"
    __table_args__ = tenant_keys(
        CheckConstraint(
            "status IN ('new', 'contacted', 'qualified', 'won', 'lost')", name="status"
        ),
        CheckConstraint("source IN ('manual', 'whatsapp', 'phone')", name="source"),
        Index("ix_leads_business_id_phone", "business_id", "phone"),
        Index("ix_leads_business_id_status_id", "business_id", "status", "id"),
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
