"""Every query on WhatsApp channels and settings."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from maane.channels.whatsapp.models import WhatsappChannel, WhatsappSettings
from maane.kit.db import Transaction
from maane.kit.prepared import PreparedQuery
from maane.tenancy.access import Tenant

_CHANNEL = select(WhatsappChannel).where(WhatsappChannel.business_id == bindparam("business_id"))
_OF_PROVIDER = PreparedQuery(_CHANNEL.where(WhatsappChannel.provider == bindparam("provider")))
_CONNECTED = PreparedQuery(_CHANNEL.where(WhatsappChannel.provider != "simulator"))
_SETTINGS = PreparedQuery(
    select(WhatsappSettings).where(WhatsappSettings.business_id == bindparam("business_id"))
)


def find_channel(tx: Transaction, tenant: Tenant, provider: str) -> WhatsappChannel | None:
    return tx.load_one(_OF_PROVIDER, {"business_id": tenant.id, "provider": provider})


def find_connected(tx: Transaction, tenant: Tenant) -> WhatsappChannel | None:
    """The number that real customers write to; a business has one, whoever carries it."""
    return tx.load_one(_CONNECTED, {"business_id": tenant.id})


def find_settings(tx: Transaction, tenant: Tenant) -> WhatsappSettings | None:
    return tx.load_one(_SETTINGS, {"business_id": tenant.id})


def add(tx: Session, row: WhatsappChannel | WhatsappSettings) -> None:
    tx.add(row)
    tx.flush()


def remove(tx: Session, row: WhatsappChannel) -> None:
    tx.delete(row)
    tx.flush()
