"""Every query on facts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from maane.facts.models import Fact
from maane.tenancy.access import Tenant


def find_fact(tx: Session, tenant: Tenant, fact_id: int) -> Fact | None:
    return tx.scalars(
        select(Fact).where(Fact.business_id == tenant.id, Fact.id == fact_id)
    ).one_or_none()


def list_facts(tx: Session, tenant: Tenant) -> Sequence[Fact]:
    return tx.scalars(
        select(Fact).where(Fact.business_id == tenant.id).order_by(Fact.position, Fact.id)
    ).all()


def add_fact(tx: Session, fact: Fact) -> None:
    tx.add(fact)
    tx.flush()


def delete_fact(tx: Session, fact: Fact) -> None:
    tx.delete(fact)
    tx.flush()
