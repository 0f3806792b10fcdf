"""Every query on leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from maane.kit.db import Transaction, page, upsert
from maane.kit.prepared import PreparedQuery
from maane.leads.models import Lead, LeadEvent, LeadStage
from maane.tenancy.access import Tenant

_OF_BUSINESS = select(Lead).where(Lead.business_id == bindparam("business_id"))
_BY_ID = _OF_BUSINESS.where(Lead.id == bindparam("id"))
_FOUND = PreparedQuery(_BY_ID)
_LOCKED = PreparedQuery(_BY_ID.with_for_update(), is_fresh=True)
_NEWEST_OF_PHONE = PreparedQuery(
    _OF_BUSINESS.where(Lead.phone == bindparam("phone"))
    .order_by(Lead.id.desc())
    .limit(literal_column("1"))
)
_STAGES_FOR_WRITING = PreparedQuery(
    select(LeadStage)
    .where(LeadStage.business_id == bindparam("business_id"))
    .order_by(LeadStage.position, LeadStage.key)
    .with_for_update(read=True, key_share=True)
)


def find_lead(tx: Transaction, tenant: Tenant, lead_id: int) -> Lead | None:
    return tx.load_one(_FOUND, {"business_id": tenant.id, "id": lead_id})


def lock_lead(tx: Transaction, tenant: Tenant, lead_id: int) -> Lead | None:
    """The lead as it is now, for the one transaction that may change it."""
    return tx.load_one(_LOCKED, {"business_id": tenant.id, "id": lead_id})


def find_lead_by_phone(tx: Transaction, tenant: Tenant, phone: str) -> Lead | None:
    return tx.load_one(_NEWEST_OF_PHONE, {"business_id": tenant.id, "phone": phone})


def list_leads(
    tx: Session, tenant: Tenant, *, status: str | None, limit: int, after: str | None
) -> tuple[Sequence[Lead], str | None]:
    statement = select(Lead).where(Lead.business_id == tenant.id)
    if status is not None:
        statement = statement.where(Lead.status == status)
    return page(tx, statement, Lead.id, limit=limit, after=after)


def names_of(tx: Session, tenant: Tenant, lead_ids: Sequence[int]) -> dict[int, str]:
    rows = tx.execute(
        select(Lead.id, Lead.name).where(Lead.business_id == tenant.id, Lead.id.in_(lead_ids))
    )
    return {row.id: row.name for row in rows}


def phones_of(tx: Session, tenant: Tenant, lead_ids: Sequence[int]) -> set[str]:
    rows = tx.scalars(
        select(Lead.phone).where(
            Lead.business_id == tenant.id, Lead.id.in_(lead_ids), Lead.phone.is_not(None)
        )
    )
    return {phone for phone in rows if phone is not None}


def ids_with_phones(tx: Session, tenant: Tenant, phones: Sequence[str], *, limit: int) -> set[int]:
    return set(
        tx.scalars(
            select(Lead.id)
            .where(Lead.business_id == tenant.id, Lead.phone.in_(phones))
            .order_by(Lead.id.desc())
            .limit(limit)
        )
    )


def add_lead(tx: Session, lead: Lead) -> None:
    tx.add(lead)
    tx.flush()


def delete_lead(tx: Session, lead: Lead) -> None:
    tx.delete(lead)
    tx.flush()


def list_stages(tx: Session, tenant: Tenant) -> Sequence[LeadStage]:
    """In their order; none for a business that was never written to."""
    return tx.scalars(
        select(LeadStage)
        .where(LeadStage.business_id == tenant.id)
        .order_by(LeadStage.position, LeadStage.key)
    ).all()


def lock_stages(tx: Transaction, tenant: Tenant) -> Sequence[LeadStage]:
    """The same; none of them can be removed before the transaction ends, while their names may still
    change."""
    return tx.load(_STAGES_FOR_WRITING, {"business_id": tenant.id})


def add_stages(tx: Session, tenant: Tenant, rows: Sequence[dict[str, Any]]) -> None:
    """Adds those that are not there: two writers may add the built-in ones at once."""
    for row in rows:
        tx.execute(
            upsert(tx, LeadStage)
            .values(business_id=tenant.id, **row)
            .on_conflict_do_nothing(index_elements=["business_id", "key"])
        )


def delete_stage(tx: Session, tenant: Tenant, key: str) -> None:
    tx.execute(delete(LeadStage).where(LeadStage.business_id == tenant.id, LeadStage.key == key))


def count_in_stages(
    tx: Session, tenant: Tenant, keys: Sequence[str], *, up_to: int
) -> dict[str, int]:
    """How many leads each stage has, counted no further than ``up_to``: the cost has an end."""
    if not keys:
        return {}
    counts = [
        select(func.count())
        .select_from(
            select(Lead.id)
            .where(Lead.business_id == tenant.id, Lead.status == key)
            .limit(up_to)
            .subquery()
        )
        .scalar_subquery()
        for key in keys
    ]
    return dict(zip(keys, tx.execute(select(*counts)).one(), strict=True))


def ids_in_stage(tx: Session, tenant: Tenant, key: str) -> Sequence[int]:
    return tx.scalars(
        select(Lead.id).where(Lead.business_id == tenant.id, Lead.status == key).order_by(Lead.id)
    ).all()


def move_all(tx: Session, tenant: Tenant, key: str, to_key: str, at: Any) -> None:
    tx.execute(
        update(Lead)
        .where(Lead.business_id == tenant.id, Lead.status == key)
        .values(status=to_key, updated_at=at)
        .execution_options(synchronize_session=False)
    )


def add_events(tx: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        tx.execute(insert(LeadEvent), list(rows))


def merged_into(tx: Session, tenant: Tenant, lead_id: int) -> set[int]:
    """The lead and all that were merged into it, also through each other."""
    known, found = {lead_id}, {lead_id}
    while found:
        merged = tx.scalars(
            select(LeadEvent.merged_lead_id).where(
                LeadEvent.business_id == tenant.id,
                LeadEvent.lead_id.in_(found),
                LeadEvent.merged_lead_id.is_not(None),
            )
        )
        found = {key for key in merged if key is not None} - known
        known |= found
    return known


def list_events(
    tx: Session, tenant: Tenant, lead_ids: set[int], *, limit: int, after: str | None
) -> tuple[Sequence[LeadEvent], str | None]:
    statement = select(LeadEvent).where(
        LeadEvent.business_id == tenant.id, LeadEvent.lead_id.in_(lead_ids)
    )
    return page(tx, statement, LeadEvent.id, limit=limit, after=after)


def repeated(
    tx: Session,
    tenant: Tenant,
    value: ColumnElement[str] | InstrumentedAttribute[str | None],
    *,
    groups: int,
) -> Sequence[str]:
    """Values that several leads share, the ones with the newest leads first."""
    statement = (
        select(value)
        .where(Lead.business_id == tenant.id, value.is_not(None))
        .group_by(value)
        .having(func.count() > 1)
        .order_by(func.max(Lead.id).desc())
        .limit(groups)
    )
    return [found for found in tx.scalars(statement) if found is not None]


def list_sharing(
    tx: Session,
    tenant: Tenant,
    value: ColumnElement[str] | InstrumentedAttribute[str | None],
    found: Sequence[str],
    *,
    limit: int,
) -> Sequence[Lead]:
    """Leads with one of these values, newest first."""
    return tx.scalars(
        select(Lead)
        .where(Lead.business_id == tenant.id, value.in_(found))
        .order_by(Lead.id.desc())
        .limit(limit)
    ).all()
