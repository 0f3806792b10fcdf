"""A business's own number at a provider, with its credential encrypted; and how it answers there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys


class WhatsappChannel(TenantOwned, Base):
    """``phone_number_id`` is the number as its provider names it: Meta's id of it, or E.164 at Twilio,
    where ``account_sid`` is whose it is. ``waba_id`` is Meta's account of the number, whose templates it
    may send; empty while nobody has named it. ``templates_failure`` is why the newest try to read them
    failed (with ``templates_detail``, the provider's own error). ``access_token`` (Twilio's auth token)
    is Fernet ciphertext; the key is derived from ``SECRET_KEY``."""

    __tablename__ = "whatsapp_channels"
    __table_args__ = tenant_keys(
        UniqueConstraint("business_id", "provider"),
        CheckConstraint("provider IN ('meta', 'simulator', 'twilio')", name="provider"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    phone_number_id: Mapped[str] = mapped_column(Text)
    access_token: Mapped[str] = mapped_column(Text, default="")
    account_sid: Mapped[str] = mapped_column(Text, default="")
    waba_id: Mapped[str] = mapped_column(Text, default="")
    templates_synced_at: Mapped[datetime | None] = mapped_column(Utc)
    templates_failure: Mapped[str | None] = mapped_column(Text)
    templates_detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
    updated_at: Mapped[datetime] = mapped_column(Utc)


class WhatsappTemplate(TenantOwned, Base):
    """A template that the provider listed for a number, as it was read the last time. ``parameters`` are
    objects of ``part``, ``key`` and ``example``; ``obstacle`` is why it cannot be sent from here."""

    __tablename__ = "whatsapp_templates"
    __table_args__ = tenant_keys(
        UniqueConstraint("business_id", "provider", "number", "external_id"),
        CheckConstraint("provider IN ('meta', 'twilio')", name="provider"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    header: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    footer: Mapped[str] = mapped_column(Text)
    buttons: Mapped[list[str]] = mapped_column(JSON)
    parameters: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    is_named: Mapped[bool]
    obstacle: Mapped[str | None] = mapped_column(Text)


class WhatsappSettings(TenantOwned, Base):
    """What a business chose of how it answers; the defaults hold where there is no row. ``pause_s``:
    so many seconds without another message pass before a person is answered. ``opt_out_words`` end
    automatic messages and ``opt_in_words`` begin them again; None for the defaults
    (``conversations.consent``)."""

    __tablename__ = "whatsapp_settings"
    __table_args__ = (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        CheckConstraint("pause_s BETWEEN 0 AND 15", name="pause_s"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    pause_s: Mapped[int]
    opt_out_words: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    opt_in_words: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    updated_at: Mapped[datetime] = mapped_column(Utc)
