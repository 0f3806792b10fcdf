"""The second wall between businesses, in the ORM, on every database.

Every statement on a tenant table runs inside a transaction that has a scope, and gets that scope as
a condition, whether its author remembered or not. A statement without one is refused before it is
sent. On PostgreSQL row-level security is the wall behind this one; on SQLite there is no other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import TextClause

from maane.kit.db import Base, Transaction
from maane.tenancy.models import AuditEvent, TenantOwned

NULLABLE_OWNER = {AuditEvent.__tablename__}
"""Tables with rows of the installation beside those of businesses."""


class IsolationError(Exception):
    """A mistake in Maane's own code: a query on a business's rows without that business."""


def is_guarded(table: Table) -> bool:
    """True for a table whose rows belong to one business."""
    return table.name in NULLABLE_OWNER or table.name in _owned_tables()


def _owned_tables() -> set[str]:
    return {
        str(mapper.persist_selectable)
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, TenantOwned)
    }


@event.listens_for(Transaction, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    statement = state.statement
    if isinstance(statement, TextClause):
        if state.session.info.get("scope") is None:
            raise IsolationError("raw SQL needs a scope, or an engine of its own")
        return
    scope = state.session.info.get("scope")
    if state.is_insert:
        _check_insert(state, scope)
        return
    if scope is None:
        names = {t.name for t in _tables(statement)} & _owned_tables()
        if names:
            raise IsolationError(f"no business given for {', '.join(sorted(names))}")
        return
    state.statement = statement.options(
        with_loader_criteria(
            TenantOwned, lambda cls: cls.business_id == scope, include_aliases=True
        ),
        with_loader_criteria(AuditEvent, AuditEvent.business_id == scope, include_aliases=True),
    )


def _check_insert(state: ORMExecuteState, scope: int | None) -> None:
    """An insert names its business in each row, and it is the transaction's."""
    if not {t.name for t in _tables(state.statement)} & _owned_tables():
        return
    if scope is None or _owners(state) - {scope}:
        raise IsolationError("an insert outside its business")


def _owners(state: ORMExecuteState) -> set[object]:
    """The businesses that an insert names, in its parameters and in its ``values()``. SQLAlchemy
    shows the latter to nobody, so its own two attributes are read."""
    statement: Any = state.statement
    given = state.parameters or []
    rows: list[Any] = [*(given if isinstance(given, list) else [given])]
    rows += [statement._values or {}, *(row for many in statement._multi_values for row in many)]
    named = [(getattr(key, "key", key), value) for row in rows for key, value in row.items()]
    owners = {getattr(value, "value", value) for key, value in named if key == "business_id"}
    return owners or {None}


@event.listens_for(Transaction, "before_flush")
def _refuse_strangers(session: Session, _: UOWTransaction, __: Any) -> None:
    scope = session.info.get("scope")
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, TenantOwned) and (scope is None or row.business_id != scope):
            raise IsolationError(f"a row of {type(row).__name__} outside its business")
        if isinstance(row, AuditEvent) and row.business_id != scope:
            raise IsolationError("an audit event outside its business")


def _tables(statement: Any) -> set[Table]:
    return {item for item in visitors.iterate(statement) if isinstance(item, Table)}
