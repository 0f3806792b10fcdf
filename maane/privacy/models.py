"""How each night's deletion of old data went. What a business chose stands on the business itself, since
the nights are planned before any business is known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned


class RetentionRun(TenantOwned, Base):
    """One night of one business. ``day`` is the proleptic Gregorian ordinal of its local date
    (``date.toordinal``). ``counts`` are the rows deleted so far, by table, and are written with each
    batch, so a worker that was killed loses none of them."""

    __tablename__ = "retention_runs"
    __table_args__ = (ForeignKeyConstraint(["business_id"], ["businesses.id"]),)

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(Utc)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)
