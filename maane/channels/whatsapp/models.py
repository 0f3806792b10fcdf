"""A business's own number at a provider, with its credential encrypted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys


class WhatsappChannel(TenantOwned, Base):
    """``access_token`` is Fernet ciphertext; the key is derived from ``SECRET_KEY``."""

    __tablename__ = "whatsapp_channels"
    __table_args__ = tenant_keys(
        UniqueConstraint("business_id", "provider"),
        CheckConstraint("provider IN ('meta', 'simulator')", name="provider"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    phone_number_id: Mapped[str] = mapped_column(Text)
    access_token: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Utc)
    updated_at: Mapped[datetime] = mapped_column(Utc)
