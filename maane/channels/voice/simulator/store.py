"""Every query on simulated calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from maane.channels.voice.simulator.models import OVER, SimulatedCall, SimulatedLine
from maane.tenancy.access import Tenant


def find(tx: Session, tenant: Tenant, key: int) -> SimulatedCall | None:
    return tx.scalars(
        select(SimulatedCall).where(SimulatedCall.business_id == tenant.id, SimulatedCall.id == key)
    ).one_or_none()


def lock(tx: Session, tenant: Tenant, key: int) -> SimulatedCall | None:
    """For whoever adds lines, so that their numbers are seen in their order."""
    return tx.scalars(
        select(SimulatedCall)
        .where(SimulatedCall.business_id == tenant.id, SimulatedCall.id == key)
        .with_for_update()
    ).one_or_none()


def list_lines(
    tx: Session, tenant: Tenant, key: int, *, after: int, limit: int, by_caller: bool = False
) -> Sequence[SimulatedLine]:
    """The next lines in their order; with ``by_caller`` the caller's own alone."""
    statement = select(SimulatedLine).where(
        SimulatedLine.business_id == tenant.id,
        SimulatedLine.simulated_call_id == key,
        SimulatedLine.number > after,
    )
    if by_caller:
        statement = statement.where(SimulatedLine.by_caller)
    return tx.scalars(statement.order_by(SimulatedLine.number).limit(limit)).all()


def count_going(tx: Session, tenant: Tenant, alive_since: datetime) -> int:
    found = tx.scalar(
        select(func.count())
        .select_from(SimulatedCall)
        .where(
            SimulatedCall.business_id == tenant.id,
            SimulatedCall.state.not_in(OVER),
            SimulatedCall.alive_at > alive_since,
        )
    )
    return found or 0


def delete_old(tx: Session, tenant: Tenant, before: datetime) -> None:
    old = select(SimulatedCall.id).where(
        SimulatedCall.business_id == tenant.id, SimulatedCall.started_at < before
    )
    tx.execute(
        delete(SimulatedLine).where(
            SimulatedLine.business_id == tenant.id, SimulatedLine.simulated_call_id.in_(old)
        )
    )
    tx.execute(
        delete(SimulatedCall).where(
            SimulatedCall.business_id == tenant.id, SimulatedCall.started_at < before
        )
    )


def add(tx: Session, row: SimulatedCall | SimulatedLine) -> None:
    tx.add(row)
    tx.flush()
