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
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnExpressionArgument,
    ForeignKey,
    Index,
    Select,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from maane.kit.db import Base, BigId, Database, Transaction, Utc, now, page, upsert
from maane.kit.errors import Conflict
from maane.kit.prepared import Prepared, PreparedQuery
from maane.tenancy.access import Tenant
from maane.tenancy.models import TenantOwned, tenant_keys


class ChannelNumber(Base):
    """Which business a provider's number belongs to."""

    __tablename__ = "channel_numbers"

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    external_number: Mapped[str] = mapped_column(Text, primary_key=True)
    business_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("businesses.id"), index=True)


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


_NUMBERS: Any = ChannelNumber.__table__
_EVENTS: Any = InboundEvent.__table__
_BUSINESS_OF_NUMBER = Prepared(
    select(_NUMBERS.c.business_id).where(
        _NUMBERS.c.provider == bindparam("provider"),
        _NUMBERS.c.external_number == bindparam("number"),
    )
)


def business_of_number(database: Database, provider: str, number: str) -> int | None:
    """The business that a provider's number belongs to; None for a number that nobody has."""
    row = database.fetch_one(_BUSINESS_OF_NUMBER, {"provider": provider, "number": number})
    return None if row is None else row[0]


def claim_number(tx: Transaction, tenant: Tenant, provider: str, number: str) -> None:
    """Gives a number to a business. Raises ``Conflict`` when another one has it."""
    # Two businesses may ask for the same number at once; the second one waits here for the first.
    tx.execute(
        upsert(tx, ChannelNumber)
        .values(provider=provider, external_number=number, business_id=tenant.id)
        .on_conflict_do_nothing(index_elements=["provider", "external_number"])
    )
    owner = tx.run(_BUSINESS_OF_NUMBER, {"provider": provider, "number": number})
    if owner != [(tenant.id,)]:
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
    """The ids of the events that were not there yet, by their external ids."""
    statement, at = _add_once(tx), now()
    stored: dict[str, int] = {}
    for arrival in arrivals:
        added = tx.run(
            statement,
            {
                "business_id": tenant.id,
                "provider": provider,
                "external_id": arrival.external_id,
                "contact_key": arrival.contact_key,
                "payload": arrival.payload,
                "received_at": at,
                "retries": 0,
            },
        )
        if added:
            stored[arrival.external_id] = added[0][0]
    return stored


def _add_once(tx: Transaction) -> Prepared:
    kind = tx.get_bind().dialect.name
    if kind not in _ADD_ONCE:
        columns = ("provider", "external_id", "contact_key", "payload", "received_at", "retries")
        _ADD_ONCE[kind] = Prepared(
            upsert(tx, InboundEvent)
            .values({key: bindparam(key) for key in ("business_id", *columns)})
            .on_conflict_do_nothing(index_elements=["business_id", "provider", "external_id"])
            .returning(_EVENTS.c.id)
        )
    return _ADD_ONCE[kind]


_ADD_ONCE: dict[str, Prepared] = {}
"""By kind of database: each spells it by itself."""


def _events(*where: ColumnExpressionArgument[bool]) -> Select[InboundEvent]:
    return select(InboundEvent).where(InboundEvent.business_id == bindparam("business_id"), *where)


_EVENT = PreparedQuery(
    # Held, so that whoever erases a person waits until a turn has taken in what they wrote.
    _events(InboundEvent.id == bindparam("id")).with_for_update(key_share=True)
)
_WAITING = PreparedQuery(
    _events(
        InboundEvent.provider == bindparam("provider"),
        InboundEvent.contact_key == bindparam("contact_key"),
        InboundEvent.processed_at.is_(None),
        InboundEvent.failed_at.is_(None),
    ).order_by(InboundEvent.id)
)


def get_event(tx: Transaction, tenant: Tenant, event_id: int) -> InboundEvent | None:
    return tx.load_one(_EVENT, {"business_id": tenant.id, "id": event_id})


def has_event(tx: Session, tenant: Tenant, event_id: int) -> bool:
    """True where an event is there, whoever holds it; nobody is waited for."""
    statement = select(InboundEvent.id).where(
        InboundEvent.business_id == tenant.id, InboundEvent.id == event_id
    )
    return tx.scalars(statement).first() is not None


def find_event(tx: Session, tenant: Tenant, provider: str, external_id: str) -> InboundEvent | None:
    """The event that a provider gave this id."""
    return tx.scalars(
        select(InboundEvent).where(
            InboundEvent.business_id == tenant.id,
            InboundEvent.provider == provider,
            InboundEvent.external_id == external_id,
        )
    ).one_or_none()


def waiting_events(
    tx: Transaction, tenant: Tenant, provider: str, contact_key: str
) -> Sequence[InboundEvent]:
    """What a person wrote and nobody has taken in yet, oldest first. Not what was given up: it must
    not hold up the rest, and waits until it is run again."""
    values = {"business_id": tenant.id, "provider": provider, "contact_key": contact_key}
    return tx.load(_WAITING, values)


def list_failed(
    tx: Session, tenant: Tenant, *, limit: int, after: str | None
) -> tuple[Sequence[InboundEvent], str | None]:
    """The events whose jobs were given up, newest first."""
    statement = select(InboundEvent).where(
        InboundEvent.business_id == tenant.id, InboundEvent.failed_at.is_not(None)
    )
    return page(tx, statement, InboundEvent.id, limit=limit, after=after)


def mark_failed(tx: Transaction, tenant: Tenant, event_id: int, reason: str) -> None:
    """Says that an event's job was given up. ``reason`` is in words of ours, for the screen: what a
    customer wrote or a provider answered has no place in it."""
    event = get_event(tx, tenant, event_id)
    if event is not None:
        event.failed_at, event.failure = now(), reason
        tx.flush()


def note_arrived(tx: Session, event: InboundEvent) -> None:
    """Takes an event out of the failed ones: its answer arrived after all."""
    event.failed_at, event.failure = None, None
    tx.flush()


def begin_again(tx: Session, event: InboundEvent) -> None:
    """Takes an event out of the failed ones. Raises ``Conflict`` when it is not one of them: of two
    that ask for the same one is told so."""
    if event.failed_at is None:
        raise Conflict("not_failed")
    event.failed_at, event.failure = None, None
    event.retries += 1
    tx.flush()
