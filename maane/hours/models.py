"""When a business is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned


class BusinessHours(TenantOwned, Base):
    """Without a row, and so without ``Business.keeps_hours``, a business is always there.

    ``week`` has one list for each weekday, Sunday first, of ``[opens, closes]`` in minutes since
    midnight on the business's wall clock, 1440 being the day's end; None is always. ``holidays`` are
    the presets on which it is closed, ``eve_closes_min`` when the day before one of them ends: 0 for
    closed, None for as usual. ``days`` are its own: ``first`` and ``last`` as ``YYYY-MM-DD``,
    ``name``, ``is_open``. With ``says_away`` who writes on WhatsApp while it is closed gets ``away_text``
    in place of the assistant's answer.
    """

    __tablename__ = "business_hours"
    __table_args__ = (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        CheckConstraint("eve_closes_min BETWEEN 0 AND 1439", name="eve_closes_min"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    week: Mapped[list[list[list[int]]] | None] = mapped_column(JSON(none_as_null=True))
    holidays: Mapped[list[str]] = mapped_column(JSON)
    eve_closes_min: Mapped[int | None]
    days: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    says_away: Mapped[bool] = mapped_column(default=False)
    away_text: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime] = mapped_column(Utc)
