"""Raw inbound events, stored once, before anything else is done with them.

``channel_numbers`` finds the business of an event before any business is known; it holds no secret and
belongs to none. An event is unique by business, provider and the provider's own id, so a delivery that
is repeated, even at the same moment, is stored once. An event whose job was given up bears why, in words
of Maane's own, until it is run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from maane.kit.db import Base, BigId, Transaction, Utc, now, page, upsert
from maane.kit.errors import Conflict
from maane.tenancy.access import Tenant
from maane.tenancy.models import TenantOwned, tenant_keys


class ChannelNumber(Base):
    """Which business a provider's number belongs to."""

    __tablename__ = "channel_numbers"

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    external_number: Mapped[str] = mapped_column(Text, primary_key=True)
    business_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("businesses.id"), index=True)


ROWS_AT_ONCE = 1000


class InboundEvent(TenantOwned, Base):
    """One event as it arrived. ``processed_at`` is set in the transaction that took it in.

    ``contact_key`` is whom it came from, so that all that one person wrote can be taken in at once; an
    event of a version before that has none and is taken in alone. ``failed_at`` and ``failure`` say
    that its job was given up, and why; ``retries`` counts how often it was run again.
    """

    __tablename__ = "inbound_events"
    __table_args__ = tenant_keys(
        UniqueConstraint("business_id", "provider", "external_id"),
        Index(
            "ix_inbound_events_waiting",
            "business_id",
            "provider",
            "contact_key",
            sqlite_where=text("processed_at IS NULL"),
            postgresql_where=text("processed_at IS NULL"),
        ),
        Index(
            "ix_inbound_events_failed",
            "business_id",
            "id",
            sqlite_where=text("failed_at IS NOT NULL"),
            postgresql_where=text("failed_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Utc)
    processed_at: Mapped[datetime | None] = mapped_column(Utc)
    contact_key: Mapped[str | None] = mapped_column(Text)
    failed_at: Mapped[datetime | None] = mapped_column(Utc)
    failure: Mapped[str | None] = mapped_column(Text)
    retries: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that is to be stored."""

    external_id: str
    contact_key: str
    payload: str


def business_of_number(tx: Session, provider: str, number: str) -> int | None:
    """The business that a provider's number belongs to; None for a number that nobody has."""
    return tx.scalars(
        select(ChannelNumber.business_id).where(
            ChannelNumber.provider == provider, ChannelNumber.external_number == number
        )
    ).one_or_none()


def claim_number(tx: Transaction, tenant: Tenant, provider: str, number: str) -> None:
    """Gives a number to a business. Raises ``Conflict`` when another one has it."""
    # Two businesses may ask for the same number at once; the second one waits here for the first.
    tx.execute(
        upsert(tx, ChannelNumber)
        .values(provider=provider, external_number=number, business_id=tenant.id)
        .on_conflict_do_nothing(index_elements=["provider", "external_number"])
    )
    if business_of_number(tx, provider, number) != tenant.id:
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
    tx: Transaction, tenant: Tenant, provider: str, arrivals: Sequence[Arrival]
) -> dict[str, int]:
    """The ids of the events that were not there yet, by their external ids. One statement for a
    thousand of them, which is the most that Meta sends at once."""
    at = now()
    stored: dict[str, int] = {}
    for start in range(0, len(arrivals), ROWS_AT_ONCE):
        rows = [
            {
                "business_id": tenant.id,
                "provider": provider,
                "external_id": arrival.external_id,
                "contact_key": arrival.contact_key,
                "payload": arrival.payload,
                "received_at": at,
                "retries": 0,
            }
            for arrival in arrivals[start : start + ROWS_AT_ONCE]
        ]
        statement = (
            upsert(tx, InboundEvent)
            .values(rows)
            .on_conflict_do_nothing(index_elements=["business_id", "provider", "external_id"])
            .returning(InboundEvent.external_id, InboundEvent.id)
        )
        for external_id, key in tx.execute(statement):
            stored[external_id] = key
    return stored


def get_event(tx: Session, tenant: Tenant, event_id: int) -> InboundEvent | None:
    return tx.scalars(
        select(InboundEvent).where(
            InboundEvent.business_id == tenant.id, InboundEvent.id == event_id
        )
    ).one_or_none()


def waiting_events(
    tx: Session, tenant: Tenant, provider: str, contact_key: str
) -> Sequence[InboundEvent]:
    """What a person wrote and nobody has taken in yet, oldest first. Not what was given up: it must
    not hold up the rest, and waits until it is run again."""
    return tx.scalars(
        select(InboundEvent)
        .where(
            InboundEvent.business_id == tenant.id,
            InboundEvent.provider == provider,
            InboundEvent.contact_key == contact_key,
            InboundEvent.processed_at.is_(None),
            InboundEvent.failed_at.is_(None),
        )
        .order_by(InboundEvent.id)
    ).all()


def list_failed(
    tx: Session, tenant: Tenant, *, limit: int, after: str | None
) -> tuple[Sequence[InboundEvent], str | None]:
    """The events whose jobs were given up, newest first."""
    statement = select(InboundEvent).where(
        InboundEvent.business_id == tenant.id, InboundEvent.failed_at.is_not(None)
    )
    return page(tx, statement, InboundEvent.id, limit=limit, after=after)


def mark_failed(tx: Session, tenant: Tenant, event_id: int, reason: str) -> None:
    """Says that an event's job was given up. ``reason`` is in words of ours, for the screen: what a
    customer wrote or a provider answered has no place in it."""
    event = get_event(tx, tenant, event_id)
    if event is not None:
        event.failed_at, event.failure = now(), reason
        tx.flush()


def begin_again(tx: Session, event: InboundEvent) -> None:
    """Takes an event out of the failed ones. Raises ``Conflict`` when it is not one of them: of two
    that ask for the same one is told so."""
    if event.failed_at is None:
        raise Conflict("not_failed")
    event.failed_at, event.failure = None, None
    event.retries += 1
    tx.flush()
