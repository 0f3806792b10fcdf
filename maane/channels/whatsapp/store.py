"""Every query on WhatsApp channels."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from maane.channels.whatsapp.models import WhatsappChannel
from maane.tenancy.access import Tenant


def find_channel(tx: Session, tenant: Tenant, provider: str) -> WhatsappChannel | None:
    return tx.scalars(
        select(WhatsappChannel).where(
            WhatsappChannel.business_id == tenant.id, WhatsappChannel.provider == provider
        )
    ).one_or_none()


def add_channel(tx: Session, channel: WhatsappChannel) -> None:
    tx.add(channel)
    tx.flush()
