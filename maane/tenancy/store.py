"""Every query on businesses and assignments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from maane.auth.models import User
from maane.kit.db import Transaction, page
from maane.kit.prepared import Prepared, PreparedQuery
from maane.tenancy.models import Assignment, Business

_TABLE: Any = Business.__table__
_LOCK = Prepared(
    select(_TABLE.c.status)
    .where(_TABLE.c.id == bindparam("business_id"))
    .with_for_update(key_share=True)
)


_BUSINESS = PreparedQuery(select(Business).where(Business.id == bindparam("business_id")))
_TENANT = Prepared(
    select(_TABLE.c.id, _TABLE.c.name, _TABLE.c.language, _TABLE.c.timezone).where(
        _TABLE.c.id == bindparam("business_id")
    )
)


def find_tenant(tx: Transaction, business_id: int) -> tuple[int, str, str, str] | None:
    """Id, name, language and time zone, without an object of the ORM: each job begins with it."""
    found = tx.run(_TENANT, {"business_id": business_id})
    return cast("tuple[int, str, str, str]", found[0]) if found else None


def find_business(tx: Transaction, business_id: int) -> Business | None:
    return tx.load_one(_BUSINESS, {"business_id": business_id})


def list_retaining(tx: Session) -> Sequence[Business]:
    """The businesses that keep conversations for a time only."""
    return tx.scalars(
        select(Business).where(Business.retention_days.is_not(None)).order_by(Business.id)
    ).all()


def list_ids(tx: Session) -> Sequence[int]:
    return tx.scalars(select(Business.id).order_by(Business.id)).all()


def lock_business(tx: Transaction, business_id: int) -> str | None:
    """Makes the writes of one business wait for each other; returns its status, None if absent.

    On SQLite the transaction already holds the only write lock, and the database ignores the
    clause. The lock is the weaker one, so that foreign keys to the row do not wait for it.
    """
    rows = tx.run(_LOCK, {"business_id": business_id})
    return rows[0][0] if rows else None


def list_businesses(
    tx: Session, user_id: int | None, *, limit: int, after: str | None
) -> tuple[Sequence[Business], str | None]:
    """All businesses; with ``user_id`` those that this manager may administer."""
    statement = select(Business)
    if user_id is not None:
        statement = statement.where(Business.id.in_(_assigned_to(user_id)))
    return page(tx, statement, Business.id, limit=limit, after=after)


def _assigned_to(user_id: int) -> Select[Any]:
    assigned = select(Assignment.business_id).where(Assignment.user_id == user_id)
    home = select(User.tenant_id).where(User.id == user_id, User.tenant_id.is_not(None))
    return assigned.union_all(home)  # type: ignore[return-value]


def add_business(tx: Session, business: Business) -> None:
    tx.add(business)
    tx.flush()


def assign(tx: Session, user_id: int, business_id: int) -> None:
    tx.add(Assignment(user_id=user_id, business_id=business_id))
    tx.flush()
