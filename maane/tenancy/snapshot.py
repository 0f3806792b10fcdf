"""The one query of a request: a session, its user, their businesses, their assignments.

``auth`` asks it and cannot see businesses; so it is written here and handed over by ``app.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, literal_column, select
from sqlalchemy.orm import aliased

from maane.auth.models import LoginSession, User
from maane.auth.sessions import Home, Impersonation, Snapshot, SnapshotQuery
from maane.kit.db import Utc, now
from maane.kit.prepared import Prepared
from maane.tenancy.models import Assignment, Business

_COMMA: Any = literal_column("','")
_home = aliased(Business)
_entered = aliased(Business)
_assigned = (
    # A literal, since a bound separator is rendered anew at each request.
    select(func.aggregate_strings(cast(Assignment.business_id, Text), _COMMA))
    .where(Assignment.user_id == User.id)
    .scalar_subquery()
)

_STATEMENT = Prepared(
    select(
        LoginSession.id,
        LoginSession.csrf_token,
        User.id,
        User.email,
        User.name,
        User.role,
        User.tenant_id,
        _home.id,
        _home.name,
        _home.language,
        _home.timezone,
        _home.status,
        _entered.id,
        _entered.name,
        _entered.language,
        _entered.timezone,
        _entered.status,
        LoginSession.impersonation_started_at,
        LoginSession.impersonation_expires_at,
        LoginSession.impersonation_reason,
        _assigned,
    )
    .join(User, User.id == LoginSession.user_id)
    .outerjoin(_home, _home.id == User.tenant_id)
    .outerjoin(_entered, _entered.id == LoginSession.impersonated_tenant_id)
    .where(
        LoginSession.token_hash == bindparam("token_hash"),
        LoginSession.expires_at > bindparam("now", type_=Utc),
        User.disabled_at.is_(None),
    )
)


def snapshot_query() -> SnapshotQuery:
    return SnapshotQuery(_STATEMENT, _read)


def _read(row: tuple[Any, ...]) -> Snapshot:
    role: str = row[5]
    assigned = frozenset(int(word) for word in row[20].split(",")) if row[20] else frozenset()
    return Snapshot(
        session_id=row[0],
        csrf_token=row[1],
        user_id=row[2],
        email=row[3],
        name=row[4],
        role=role,
        tenant_id=row[6],
        home=_business(row[7:12]),
        impersonation=_impersonation(row, role, assigned),
        assigned=assigned,
    )


def _business(columns: Sequence[Any]) -> Home | None:
    if columns[0] is None:
        return None
    key, name, language, timezone, status = columns
    return Home(key, name, language, timezone, status == "active")


def _impersonation(row: Sequence[Any], role: str, assigned: frozenset[int]) -> Impersonation | None:
    business = _business(row[12:17])
    if business is None:
        return None
    started_at, expires_at = row[17], row[18]
    may_enter = role == "admin" or (
        role == "manager" and (business.id in assigned or business.id == row[6])
    )
    return Impersonation(
        business=business,
        started_at=started_at,
        expires_at=expires_at,
        reason=row[19],
        is_active=may_enter and business.is_active and _is_ahead(expires_at),
    )


def _is_ahead(instant: datetime) -> bool:
    return instant > now()
