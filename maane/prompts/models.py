"""Versions of the two prompts. Rows are added; the database itself refuses to change or delete one,
so a version that a conversation runs on is always there. The newest serves whoever starts anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys


class PromptVersion(TenantOwned, Base):
    """Both texts as saved once. ``version`` counts from 1 in each business without gaps."""

    __tablename__ = "prompt_versions"
    __table_args__ = tenant_keys(UniqueConstraint("business_id", "version"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    version: Mapped[int]
    calls_prompt: Mapped[str] = mapped_column(Text)
    whatsapp_prompt: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int | None] = mapped_column(BigId)
    created_by_name: Mapped[str | None] = mapped_column(Text)
    impersonating: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Utc)


@dataclass(frozen=True, slots=True)
class SavedPrompts:
    """One version as it was read or written: plain values, for a path that skips the ORM's objects."""

    version: int
    calls_prompt: str
    whatsapp_prompt: str
    created_by: int | None
    created_by_name: str | None
    impersonating: bool
    created_at: datetime
