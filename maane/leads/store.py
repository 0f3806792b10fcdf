"""Every query on leads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from maane.kit.db import page
from maane.leads.models import Lead
from maane.tenancy.access import Tenant


def find_lead(tx: Session, tenant: Tenant, lead_id: int) -> Lead | None:
    return tx.scalars(
        select(Lead).where(Lead.business_id == tenant.id, Lead.id == lead_id)
    ).one_or_none()


def find_lead_by_phone(tx: Session, tenant: Tenant, phone: str) -> Lead | None:
    return tx.scalars(
        select(Lead)
        .where(Lead.business_id == tenant.id, Lead.phone == phone)
        .order_by(Lead.id.desc())
        .limit(1)
    ).one_or_none()


def list_leads(
    tx: Session, tenant: Tenant, *, status: str | None, limit: int, after: str | None
) -> tuple[Sequence[Lead], str | None]:
    statement = select(Lead).where(Lead.business_id == tenant.id)
    if status is not None:
        statement = statement.where(Lead.status == status)
    return page(tx, statement, Lead.id, limit=limit, after=after)


def add_lead(tx: Session, lead: Lead) -> None:
    tx.add(lead)
    tx.flush()


def delete_lead(tx: Session, lead: Lead) -> None:
    tx.delete(lead)
    tx.flush()
