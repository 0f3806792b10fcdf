"""Facts of a business."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys


class Fact(TenantOwned, Base):
    """One thing that the assistant may tell a customer. ``position`` orders the facts of a kind."""

    __tablename__ = "business_facts"
    __table_args__ = tenant_keys(
        CheckConstraint("kind IN ('hours', 'service', 'price', 'answer')", name="kind"),
        Index("ix_business_facts_business_id_position", "business_id", "position", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    position: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Utc)
    updated_at: Mapped[datetime] = mapped_column(Utc)
