"""Raw inbound events, stored once, before anything else is done with them.

``channel_numbers`` finds the business of an event before any business is known; it holds no secret and
belongs to none. An event is unique by business, provider and the provider's own id, so a delivery that
is repeated, even at the same moment, is stored once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Text, UniqueConstraint, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from maane.kit.db import Base, BigId, Transaction, Utc, now
from maane.kit.errors import Conflict
from maane.tenancy.access import Tenant
from maane.tenancy.models import TenantOwned, tenant_keys


class ChannelNumber(Base):
    """Which business a provider's number belongs to."""

    __tablename__ = "channel_numbers"

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    external_number: Mapped[str] = mapped_column(Text, primary_key=True)
    business_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("businesses.id"), index=True)


class InboundEvent(TenantOwned, Base):
    """One event as it arrived. ``processed_at`` is set in the transaction that took it in."""

    __tablename__ = "inbound_events"
    __table_args__ = tenant_keys(UniqueConstraint("business_id", "provider", "external_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Utc)
    processed_at: Mapped[datetime | None] = mapped_column(Utc)


def business_of_number(tx: Session, provider: str, number: str) -> int | None:
    """The business that a provider's number belongs to; None for a number that nobody has."""
    return tx.scalars(
        select(ChannelNumber.business_id).where(
            ChannelNumber.provider == provider, ChannelNumber.external_number == number
        )
    ).one_or_none()


def claim_number(tx: Session, tenant: Tenant, provider: str, number: str) -> None:
    """Gives a number to a business. Raises ``Conflict`` when another one has it."""
    owner = business_of_number(tx, provider, number)
    if owner is None:
        tx.add(ChannelNumber(provider=provider, external_number=number, business_id=tenant.id))
        tx.flush()
    elif owner != tenant.id:
        raise Conflict("number_taken")


def release_number(tx: Session, tenant: Tenant, provider: str, number: str) -> None:
    """Takes a number from the business that has it."""
    tx.execute(
        delete(ChannelNumber).where(
            ChannelNumber.provider == provider,
            ChannelNumber.external_number == number,
            ChannelNumber.business_id == tenant.id,
        )
    )


def store_once(
    tx: Transaction, tenant: Tenant, provider: str, external_id: str, payload: str
) -> int | None:
    """The id of the stored event; None when it had been stored before."""
    insert: Any = sqlite.insert if tx.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = (
        insert(InboundEvent)
        .values(
            business_id=tenant.id,
            provider=provider,
            external_id=external_id,
            payload=payload,
            received_at=now(),
        )
        .on_conflict_do_nothing(index_elements=["business_id", "provider", "external_id"])
        .returning(InboundEvent.id)
    )
    stored: int | None = tx.execute(statement).scalar_one_or_none()
    return stored


def get_event(tx: Session, tenant: Tenant, event_id: int) -> InboundEvent | None:
    return tx.scalars(
        select(InboundEvent).where(
            InboundEvent.business_id == tenant.id, InboundEvent.id == event_id
        )
    ).one_or_none()
