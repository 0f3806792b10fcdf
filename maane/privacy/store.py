"""Every query over the holdings of a business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, inspect, not_, select
from sqlalchemy.orm import Session

from maane.kit.db import upsert
from maane.privacy.holdings import Holding, Subject
from maane.privacy.models import RetentionRun
from maane.tenancy.access import Tenant


def find_run(tx: Session, tenant: Tenant, day: int) -> RetentionRun | None:
    return tx.scalars(
        select(RetentionRun).where(RetentionRun.business_id == tenant.id, RetentionRun.day == day)
    ).one_or_none()


def last_run(tx: Session, tenant: Tenant) -> RetentionRun | None:
    return tx.scalars(
        select(RetentionRun)
        .where(RetentionRun.business_id == tenant.id, RetentionRun.finished_at.is_not(None))
        .order_by(RetentionRun.day.desc())
        .limit(1)
    ).one_or_none()


def begin_run(tx: Session, tenant: Tenant, day: int, at: datetime) -> None:
    """Once, whoever else begins the same."""
    tx.execute(
        upsert(tx, RetentionRun)
        .values(business_id=tenant.id, day=day, counts={}, started_at=at)
        .on_conflict_do_nothing(index_elements=["business_id", "day"])
    )


def old_ids(
    tx: Session, tenant: Tenant, holding: Holding, before: datetime, *, limit: int
) -> list[int]:
    """Some of the rows of a table that are older than ``before``; none when there is none."""
    age = holding.age
    if age is None:
        return []
    statement = _kept_only_by_age(tenant, holding, select(holding.model.id, age.since))
    if not age.is_sorted:
        statement = statement.where(age.since < before)
    rows = tx.execute(statement.order_by(age.order).limit(limit))
    return [key for key, since in rows if since < before]


def count_old(
    tx: Session, tenant: Tenant, holding: Holding, before: datetime, *, up_to: int
) -> int:
    """How many rows of a table are older than ``before``, counted no further than ``up_to``."""
    age = holding.age
    if age is None:
        return 0
    found = (
        _kept_only_by_age(tenant, holding, select(holding.model.id))
        .where(age.since < before)
        .order_by(age.order)
        .limit(up_to)
        .subquery()
    )
    return tx.scalars(select(func.count()).select_from(found)).one()


def delete_ids(
    tx: Session, tenant: Tenant, holding: Holding, ids: Sequence[int], before: datetime
) -> int:
    """Deletes these rows, those that became young meanwhile excepted; how many there were."""
    if holding.loosen is not None:
        holding.loosen(tx, tenant.id, ids)
    age: Any = holding.age
    deleted = tx.scalars(
        delete(holding.model)
        .where(
            holding.model.business_id == tenant.id, holding.model.id.in_(ids), age.since < before
        )
        .returning(holding.model.id)
        .execution_options(synchronize_session=False)
    )
    return len(deleted.all())


def _kept_only_by_age(tenant: Tenant, holding: Holding, statement: Select[Any]) -> Select[Any]:
    statement = statement.where(holding.model.business_id == tenant.id)
    if holding.age is not None and holding.age.unless is not None:
        statement = statement.where(not_(holding.age.unless))
    return statement


def count_of(tx: Session, tenant: Tenant, holding: Holding, subject: Subject) -> int:
    """How many rows of a table are a person's."""
    statement = (
        select(func.count())
        .select_from(holding.model)
        .where(holding.model.business_id == tenant.id, holding.of(subject))
    )
    return tx.scalars(statement).one()


def rows_of(
    tx: Session, tenant: Tenant, holding: Holding, subject: Subject, *, offset: int, limit: int
) -> list[dict[str, Any]]:
    """A person's rows of a table as they are stored, in the order of its key."""
    keys = inspect(holding.model).primary_key
    rows = tx.scalars(
        select(holding.model)
        .where(holding.model.business_id == tenant.id, holding.of(subject))
        .order_by(*keys)
        .offset(offset)
        .limit(limit)
    )
    columns = [column.key for column in inspect(holding.model).column_attrs]
    return [{key: getattr(row, key) for key in columns} for row in rows]


def delete_of(tx: Session, tenant: Tenant, holding: Holding, subject: Subject) -> None:
    """Deletes a person's rows of a table."""
    tx.execute(
        delete(holding.model)
        .where(holding.model.business_id == tenant.id, holding.of(subject))
        .execution_options(synchronize_session=False)
    )
