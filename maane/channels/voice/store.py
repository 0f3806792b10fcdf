"""Every query on a business's number for calls and its settings."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from maane.channels.voice.models import (
    OutgoingSettings,
    VoiceChannel,
    VoiceSettings,
    VoiceTransfer,
)
from maane.kit.db import Transaction
from maane.kit.prepared import PreparedQuery
from maane.tenancy.access import Tenant

_CHANNEL = PreparedQuery(
    select(VoiceChannel).where(VoiceChannel.business_id == bindparam("business_id"))
)
_SETTINGS = PreparedQuery(
    select(VoiceSettings).where(VoiceSettings.business_id == bindparam("business_id"))
)
_OUTGOING = PreparedQuery(
    select(OutgoingSettings).where(OutgoingSettings.business_id == bindparam("business_id"))
)
_TRANSFER = PreparedQuery(
    select(VoiceTransfer).where(VoiceTransfer.business_id == bindparam("business_id"))
)


def find_channel(tx: Transaction, tenant: Tenant) -> VoiceChannel | None:
    return tx.load_one(_CHANNEL, {"business_id": tenant.id})


def find_settings(tx: Transaction, tenant: Tenant) -> VoiceSettings | None:
    return tx.load_one(_SETTINGS, {"business_id": tenant.id})


def find_outgoing(tx: Transaction, tenant: Tenant) -> OutgoingSettings | None:
    return tx.load_one(_OUTGOING, {"business_id": tenant.id})


def find_transfer(tx: Transaction, tenant: Tenant) -> VoiceTransfer | None:
    return tx.load_one(_TRANSFER, {"business_id": tenant.id})


def add(tx: Session, row: VoiceChannel | VoiceSettings | OutgoingSettings | VoiceTransfer) -> None:
    tx.add(row)
    tx.flush()
