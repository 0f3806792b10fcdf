"""Tables of identity. None of them belongs to a business: a user may serve several."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc, now

Role = Literal["admin", "manager", "business"]
ROLES: tuple[Role, ...] = ("admin", "manager", "business")


class User(Base):
    """A person who signs in. ``tenant_id`` is their home business, if they have one."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'manager', 'business')", name="role"),
        CheckConstraint("role <> 'business' OR tenant_id IS NOT NULL", name="business_has_home"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    tenant_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("businesses.id"), index=True)
    disabled_at: Mapped[datetime | None] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc, default=now)


class LoginSession(Base):
    """One signed-in browser. The cookie's value is never stored, only its SHA-256, so a copy of the
    database signs nobody in. The columns of impersonation stay after it ended, until *stop*: an
    admin's next write must not fall through to their own business."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    csrf_token: Mapped[str] = mapped_column(Text)
    user_agent: Mapped[str] = mapped_column(Text)
    remote_address: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc, default=now)
    expires_at: Mapped[datetime] = mapped_column(Utc, index=True)
    impersonated_tenant_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("businesses.id"))
    impersonation_started_at: Mapped[datetime | None] = mapped_column(Utc)
    impersonation_expires_at: Mapped[datetime | None] = mapped_column(Utc)
    impersonation_reason: Mapped[str | None] = mapped_column(Text)


class LoginThrottle(Base):
    """Failures of one account or one address, counted before the password is looked at."""

    __tablename__ = "login_throttles"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(Utc)
