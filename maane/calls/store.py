"""Every query on calls and their turns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from maane.calls.models import ENDED, Call, CallText, CallTransfer, CallTurn, OutgoingCall
from maane.kit.db import Transaction, page
from maane.kit.prepared import PreparedQuery
from maane.tenancy.access import Tenant

_CALL = select(Call).where(Call.business_id == bindparam("business_id"))
_BY_ID = PreparedQuery(_CALL.where(Call.id == bindparam("id")))
_LOCKED_BY_ID = PreparedQuery(_CALL.where(Call.id == bindparam("id")).with_for_update())
_BY_EXTERNAL_ID = PreparedQuery(_CALL.where(Call.external_id == bindparam("external_id")))
_LOCKED = PreparedQuery(_CALL.where(Call.external_id == bindparam("external_id")).with_for_update())
_TURN = select(CallTurn).where(
    CallTurn.business_id == bindparam("business_id"), CallTurn.call_id == bindparam("call_id")
)
_TURN_BY_ID = PreparedQuery(
    select(CallTurn).where(
        CallTurn.business_id == bindparam("business_id"), CallTurn.id == bindparam("id")
    )
)
_OF_STEP = PreparedQuery(_TURN.where(CallTurn.step == bindparam("step")))


def find_call(tx: Transaction, tenant: Tenant, call_id: int) -> Call | None:
    return tx.load_one(_BY_ID, {"business_id": tenant.id, "id": call_id})


def lock_call(tx: Transaction, tenant: Tenant, call_id: int) -> Call | None:
    return tx.load_one(_LOCKED_BY_ID, {"business_id": tenant.id, "id": call_id})


def lock_by_external_id(tx: Transaction, tenant: Tenant, external_id: str) -> Call | None:
    """For the one transaction that may change the call; on SQLite it holds the write lock already.
    A conversation is locked after its call, never before."""
    return tx.load_one(_LOCKED, {"business_id": tenant.id, "external_id": external_id})


def find_by_external_id(tx: Transaction, tenant: Tenant, external_id: str) -> Call | None:
    return tx.load_one(_BY_EXTERNAL_ID, {"business_id": tenant.id, "external_id": external_id})


def find_turn(tx: Transaction, tenant: Tenant, call_id: int, step: int) -> CallTurn | None:
    return tx.load_one(_OF_STEP, {"business_id": tenant.id, "call_id": call_id, "step": step})


def get_turn(tx: Transaction, tenant: Tenant, turn_id: int) -> CallTurn | None:
    return tx.load_one(_TURN_BY_ID, {"business_id": tenant.id, "id": turn_id})


def list_turns(tx: Session, tenant: Tenant, call_id: int) -> Sequence[CallTurn]:
    """In their order."""
    return tx.scalars(
        select(CallTurn)
        .where(CallTurn.business_id == tenant.id, CallTurn.call_id == call_id)
        .order_by(CallTurn.step)
    ).all()


def list_calls(
    tx: Session, tenant: Tenant, *, outcomes: Sequence[str], limit: int, after: str | None
) -> tuple[Sequence[Call], str | None]:
    """Newest first; ``outcomes`` are those wanted, none for all."""
    statement = select(Call).where(Call.business_id == tenant.id)
    if outcomes:
        statement = statement.where(Call.outcome.in_(outcomes))
    return page(tx, statement, Call.id, limit=limit, after=after)


def calls_of(tx: Session, tenant: Tenant, conversation_ids: Sequence[int]) -> dict[int, Call]:
    """The calls of conversations, by those."""
    rows = tx.scalars(
        select(Call).where(
            Call.business_id == tenant.id, Call.conversation_id.in_(conversation_ids)
        )
    )
    return {row.conversation_id: row for row in rows}


def lock_calls_of(tx: Session, tenant: Tenant, conversation_ids: Sequence[int]) -> None:
    """One after the other, in an order that all keep."""
    tx.execute(
        select(Call.id)
        .where(Call.business_id == tenant.id, Call.conversation_id.in_(conversation_ids))
        .order_by(Call.id)
        .with_for_update()
    ).all()


def has_heard(tx: Session, tenant: Tenant, call_id: int) -> bool:
    """True where the caller said anything."""
    found = tx.scalar(
        select(func.count())
        .select_from(CallTurn)
        .where(
            CallTurn.business_id == tenant.id,
            CallTurn.call_id == call_id,
            CallTurn.heard_id.is_not(None),
        )
    )
    return bool(found)


def last_turn(tx: Session, tenant: Tenant, call_id: int) -> CallTurn | None:
    return tx.scalars(
        select(CallTurn)
        .where(CallTurn.business_id == tenant.id, CallTurn.call_id == call_id)
        .order_by(CallTurn.step.desc())
        .limit(1)
    ).one_or_none()


def use_token(tx: Session, tenant: Tenant, call_id: int, token: str, at: datetime) -> bool:
    """Compare and set: True for the one who uses the token, before its time is over."""
    done = tx.execute(
        update(Call)
        .where(
            Call.business_id == tenant.id,
            Call.id == call_id,
            Call.socket_token == token,
            Call.socket_token_until > at,
        )
        .values(socket_token=None, socket_token_until=None)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def move_turn(
    tx: Session, tenant: Tenant, turn_id: int, where: dict[str, Any], values: dict[str, Any]
) -> bool:
    """Compare and set: True for the one caller whose values were taken."""
    done = tx.execute(
        update(CallTurn)
        .where(
            CallTurn.business_id == tenant.id,
            CallTurn.id == turn_id,
            *(getattr(CallTurn, key) == value for key, value in where.items()),
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def find_outgoing_by_key(tx: Session, tenant: Tenant, key: str) -> OutgoingCall | None:
    return tx.scalars(
        select(OutgoingCall).where(
            OutgoingCall.business_id == tenant.id, OutgoingCall.idempotency_key == key
        )
    ).one_or_none()


def outgoing_of(tx: Session, tenant: Tenant, call_ids: Sequence[int]) -> dict[int, OutgoingCall]:
    """What these calls have that the business made, by their ids."""
    rows = tx.scalars(
        select(OutgoingCall).where(
            OutgoingCall.business_id == tenant.id, OutgoingCall.call_id.in_(call_ids)
        )
    )
    return {row.call_id: row for row in rows}


def list_running(tx: Session, tenant: Tenant, since: datetime) -> Sequence[Call]:
    """The calls that the business made since then and that have not ended."""
    return tx.scalars(
        select(Call).where(
            Call.business_id == tenant.id,
            Call.direction == "outbound",
            Call.started_at > since,
            Call.status.not_in(sorted(ENDED)),
        )
    ).all()


def transfer_turn(tx: Session, tenant: Tenant, call_id: int) -> CallTurn | None:
    """The turn after which people are rung; a call has one at most."""
    return tx.scalars(
        select(CallTurn)
        .where(CallTurn.business_id == tenant.id, CallTurn.call_id == call_id, CallTurn.transfers)
        .order_by(CallTurn.step)
        .limit(1)
    ).one_or_none()


def turn_of_kind(tx: Session, tenant: Tenant, call_id: int, kind: str) -> CallTurn | None:
    """The first of its kind."""
    return tx.scalars(
        select(CallTurn)
        .where(
            CallTurn.business_id == tenant.id, CallTurn.call_id == call_id, CallTurn.kind == kind
        )
        .order_by(CallTurn.step)
        .limit(1)
    ).one_or_none()


def list_transfers(tx: Session, tenant: Tenant, call_id: int) -> Sequence[CallTransfer]:
    """In the order in which they are rung."""
    return tx.scalars(
        select(CallTransfer)
        .where(CallTransfer.business_id == tenant.id, CallTransfer.call_id == call_id)
        .order_by(CallTransfer.number)
    ).all()


def find_text(tx: Session, tenant: Tenant, call_id: int) -> CallText | None:
    return tx.scalars(
        select(CallText).where(CallText.business_id == tenant.id, CallText.call_id == call_id)
    ).one_or_none()


def add(tx: Session, row: Call | CallTurn | CallTransfer | CallText | OutgoingCall) -> None:
    tx.add(row)
    tx.flush()
