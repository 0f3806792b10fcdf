"""A business's number for calls, with its credential encrypted; how it answers them, and makes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned


class VoiceChannel(TenantOwned, Base):
    """``number`` is E.164, ``account_sid`` the account at Twilio whose it is. ``auth_token`` is Fernet
    ciphertext (``channels.credentials``)."""

    __tablename__ = "voice_channels"
    __table_args__ = (ForeignKeyConstraint(["business_id"], ["businesses.id"]),)

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(Text)
    account_sid: Mapped[str] = mapped_column(Text)
    auth_token: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
    updated_at: Mapped[datetime] = mapped_column(Utc)


class VoiceSettings(TenantOwned, Base):
    """What a business chose of how calls are answered; where there is no row, or None, the preset of its
    language holds (``languages``). ``hints`` are words that recognition should expect, one a line.
    ``is_recorded``: calls are to be recorded, and the greeting says so."""

    __tablename__ = "voice_settings"
    __table_args__ = (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        CheckConstraint("engine IN ('gather', 'relay')", name="engine"),
        CheckConstraint("language IN ('he', 'en', 'ar', 'ru')", name="language"),
        CheckConstraint("speech_timeout_s BETWEEN 1 AND 10", name="speech_timeout_s"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    engine: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    greeting: Mapped[str] = mapped_column(Text)
    is_recorded: Mapped[bool]
    say_language: Mapped[str | None] = mapped_column(Text)
    voice: Mapped[str | None] = mapped_column(Text)
    hear_language: Mapped[str | None] = mapped_column(Text)
    speech_model: Mapped[str | None] = mapped_column(Text)
    speech_timeout_s: Mapped[int | None]
    hints: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(Utc)


class OutgoingSettings(TenantOwned, Base):
    """Whom a business may call, when and how often; where there is no row, the defaults of ``outgoing``.

    ``countries`` are ISO 3166 codes; none for the country of its own number. ``daily_limit`` is for a day
    of its own wall clock, 0 for no calls. Nobody is called from ``quiet_from_min`` to
    ``quiet_until_min``, minutes since midnight, also over midnight; equal ones are no hours. ``people``
    are those who may be put through to a lead: ``{name, number}``. ``counted`` calls were asked for on
    ``counted_on`` (``YYYY-MM-DD``): counted here, for the rows of calls go when a person is erased.
    """

    __tablename__ = "outgoing_settings"
    __table_args__ = (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        CheckConstraint("daily_limit BETWEEN 0 AND 1000", name="daily_limit"),
        CheckConstraint("quiet_from_min BETWEEN 0 AND 1439", name="quiet_from_min"),
        CheckConstraint("quiet_until_min BETWEEN 0 AND 1439", name="quiet_until_min"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    countries: Mapped[list[str]] = mapped_column(JSON)
    daily_limit: Mapped[int]
    quiet_from_min: Mapped[int]
    quiet_until_min: Mapped[int]
    quiet_on_closed_days: Mapped[bool]
    people: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    counted_on: Mapped[str] = mapped_column(Text)
    counted: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(Utc)


class VoiceTransfer(TenantOwned, Base):
    """Whom a business has rung when a caller wants a person, one after the other; nobody where there is
    no row. Each of ``people`` has a ``name``, a ``phone`` (E.164) and ``when``: ``open`` for the
    business's opening hours, ``closed`` for outside them, ``always``."""

    __tablename__ = "voice_transfers"
    __table_args__ = (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        CheckConstraint("ring_s BETWEEN 5 AND 60", name="ring_s"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    people: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    ring_s: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(Utc)
