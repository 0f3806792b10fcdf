"""Every query on WhatsApp channels and settings."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from maane.channels.whatsapp.models import WhatsappChannel, WhatsappSettings, WhatsappTemplate
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


def list_templates(tx: Session, tenant: Tenant, channel: WhatsappChannel) -> list[WhatsappTemplate]:
    """What the provider listed for this number, by name."""
    statement = (
        select(WhatsappTemplate)
        .where(
            WhatsappTemplate.business_id == tenant.id,
            WhatsappTemplate.provider == channel.provider,
            WhatsappTemplate.number == channel.phone_number_id,
        )
        .order_by(WhatsappTemplate.name, WhatsappTemplate.language, WhatsappTemplate.id)
    )
    return list(tx.scalars(statement))


def remove_templates(tx: Session, tenant: Tenant, but: Sequence[int]) -> None:
    """Removes all templates of a business except these."""
    tx.execute(
        delete(WhatsappTemplate)
        .where(WhatsappTemplate.business_id == tenant.id, WhatsappTemplate.id.not_in(but))
        .execution_options(synchronize_session=False)
    )


def add(tx: Session, row: WhatsappChannel | WhatsappSettings | WhatsappTemplate) -> None:
    tx.add(row)
    tx.flush()


def remove(tx: Session, row: WhatsappChannel) -> None:
    tx.delete(row)
    tx.flush()
