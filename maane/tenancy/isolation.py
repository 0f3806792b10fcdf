"""The second wall between businesses, in the ORM, on every database.

Every statement on a tenant table runs inside a transaction that has a scope, and gets that scope as
a condition, whether its author remembered or not. A statement without one is refused before it is
sent. On PostgreSQL row-level security is the wall behind this one; on SQLite there is no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Insert, Table, event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, TextClause

from maane.kit.db import Base, Transaction
from maane.tenancy.models import AuditEvent, TenantOwned

NULLABLE_OWNER = frozenset({AuditEvent.__tablename__})
"""Tables with rows of the installation beside those of businesses."""


class IsolationError(Exception):
    """A mistake in Maane's own code: a query on a business's rows without that business."""


def is_guarded(table: Table) -> bool:
    """True for a table whose rows belong to one business."""
    return table.name in NULLABLE_OWNER or table.name in _owned_tables()


@cache
def _owned_tables() -> frozenset[str]:
    return frozenset(
        str(mapper.persist_selectable)
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, TenantOwned)
    )


@event.listens_for(Transaction, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    statement: Any = state.statement
    scope = state.session.info.get("scope")
    if isinstance(statement, TextClause):
        if scope is None:
            raise IsolationError("raw SQL needs a scope, or an engine of its own")
        return
    names = _guarded_tables(statement)
    if not names:
        return
    if scope is None:
        if names - NULLABLE_OWNER:
            raise IsolationError(f"no business given for {', '.join(sorted(names))}")
        return
    if state.is_insert:
        if _owners(state) - {scope}:
            raise IsolationError("an insert outside its business")
    elif state.is_orm_statement:
        state.statement = statement.options(
            with_loader_criteria(
                TenantOwned, lambda cls: cls.business_id == scope, include_aliases=True
            ),
            with_loader_criteria(AuditEvent, AuditEvent.business_id == scope, include_aliases=True),
        )
    else:
        _check_conditions(statement, scope, _parameters(state))


def _guard_core(transaction: Transaction, statement: Any, values: Mapping[str, Any]) -> None:
    """What ``Transaction.run`` sends past the ORM."""
    names = _guarded_tables(statement)
    if not names:
        return
    scope = transaction.scope
    if isinstance(statement, Insert):
        if values.get("business_id") != scope or (scope is None and names - NULLABLE_OWNER):
            raise IsolationError("an insert outside its business")
    elif scope is None:
        raise IsolationError(f"no business given for {', '.join(sorted(names))}")
    else:
        _check_conditions(statement, scope, values)


Transaction.guards.append(_guard_core)


# What is learnt of a statement is kept as long as the statement; those of hot paths are constants.
_TABLES: WeakKeyDictionary[Any, frozenset[str]] = WeakKeyDictionary()
_CONDITIONS: WeakKeyDictionary[Any, frozenset[tuple[str, Any]]] = WeakKeyDictionary()


def _guarded_tables(statement: Any) -> frozenset[str]:
    known = _TABLES.get(statement)
    if known is None:
        owned = _owned_tables() | NULLABLE_OWNER
        found = {item.name for item in visitors.iterate(statement) if isinstance(item, Table)}
        known = _TABLES[statement] = frozenset(found & owned)
    return known


def _check_conditions(statement: Any, scope: int, values: Mapping[str, Any]) -> None:
    """A statement on plain tables is not rewritten; it must itself say ``business_id = :bound`` for
    its one table, and the bound value must be the scope."""
    bound = _CONDITIONS.get(statement)
    if bound is None:
        bound = _CONDITIONS[statement] = frozenset(_business_conditions(statement))
    owners = {values.get(name, value) for name, value in bound}
    if len(_guarded_tables(statement)) != 1 or owners != {scope}:
        raise IsolationError("a plain statement without its business")


def _parameters(state: ORMExecuteState) -> Mapping[str, Any]:
    return state.parameters if isinstance(state.parameters, Mapping) else {}


def _business_conditions(statement: Any) -> Iterator[tuple[str, Any]]:
    where = getattr(statement, "whereclause", None)
    clauses = where.clauses if isinstance(where, BooleanClauseList) else [where]
    if isinstance(where, BooleanClauseList) and where.operator is not operators.and_:
        return
    for clause in clauses:
        if (
            isinstance(clause, BinaryExpression)
            and clause.operator is operators.eq
            and isinstance(clause.left, Column)
            and clause.left.name == "business_id"
            and isinstance(clause.right, BindParameter)
        ):
            yield clause.right.key, clause.right.value


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
