"""Every query on WhatsApp channels and settings."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from maane.channels.whatsapp.models import WhatsappChannel, WhatsappSettings
from maane.tenancy.access import Tenant


def find_channel(tx: Session, tenant: Tenant, provider: str) -> WhatsappChannel | None:
    return tx.scalars(
        select(WhatsappChannel).where(
            WhatsappChannel.business_id == tenant.id, WhatsappChannel.provider == provider
        )
    ).one_or_none()


def find_connected(tx: Session, tenant: Tenant) -> WhatsappChannel | None:
    """The number that real customers write to; a business has one, whoever carries it."""
    return tx.scalars(
        select(WhatsappChannel).where(
            WhatsappChannel.business_id == tenant.id, WhatsappChannel.provider != "simulator"
        )
    ).one_or_none()


def find_settings(tx: Session, tenant: Tenant) -> WhatsappSettings | None:
    return tx.scalars(
        select(WhatsappSettings).where(WhatsappSettings.business_id == tenant.id)
    ).one_or_none()


def add(tx: Session, row: WhatsappChannel | WhatsappSettings) -> None:
    tx.add(row)
    tx.flush()


def remove(tx: Session, row: WhatsappChannel) -> None:
    tx.delete(row)
    tx.flush()
