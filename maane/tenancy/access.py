"""The guard, and the whole role matrix on one screen.

``require_api_auth`` authorizes and nothing else: it knows nothing of CSRF. Roles and businesses are
read from the database with the session at each request, so that a demotion, a suspension or an
expired impersonation holds from the very next one.

==============  =====================================================================
access          who passes
==============  =====================================================================
public          anyone (the declaration says why)
signed in       any user
admin           role admin or manager
admin of        admin; a manager for the businesses assigned to them and their home
stop            as admin; and whoever still has an impersonation to stop
business        role business on their home business; admin or manager while they
                impersonate, else on their home business
==============  =====================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn

from flask import current_app, g, request

from maane.auth.sessions import Home, Snapshot, current_session
from maane.kit.db import Transaction
from maane.kit.endpoint import SIGNED_IN, Access, spec_of
from maane.kit.errors import Forbidden, NotFound, Unauthenticated
from maane.kit.http import request_id
from maane.tenancy import store

ADMIN = Access("admin")
ADMIN_OF = Access("admin of")
STOP = Access("stop")
BUSINESS = Access("business")

_PROOF: Final = object()


class Tenant:
    """Proof that one business may be touched. Only the guard and ``tenant_for_job`` make one."""

    __slots__ = ("id", "language", "name", "timezone")

    def __init__(self, key: int, name: str, language: str, timezone: str, *, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("only the guard and tenant_for_job make a Tenant")
        self.id = key
        self.name = name
        self.language = language
        self.timezone = timezone


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, in which business if any, and whether as somebody else's."""

    user_id: int | None
    email: str | None
    name: str | None
    role: str | None
    session_id: int | None
    tenant: Tenant | None
    impersonating: bool
    reason: str | None
    request_id: str


Refusal = Literal["role_mismatch", "no_tenant", "scope_fail"]


def require_api_auth() -> None:
    """Before each request, after CSRF. Raises ``Unauthenticated`` or ``Forbidden``."""
    spec = spec_of(current_app, request.endpoint)
    if spec is None or spec.access.is_public:
        return
    snapshot = current_session().snapshot
    if snapshot is None:
        raise Unauthenticated
    home = _MATRIX[spec.access.name](snapshot, request.view_args or {})
    tenant = None if home is None else _tenant(home)
    g.scope = None if tenant is None else tenant.id
    g.caller = caller_of(snapshot, request_id(), tenant)


def caller() -> Caller:
    """The caller of this request, whom the guard let in."""
    value: Caller = g.caller
    return value


def tenant() -> Tenant:
    """The business of this request; only on routes whose access gives one."""
    value = caller().tenant
    if value is None:
        raise LookupError("this route's access gives no business")
    return value


def tenant_for_job(tx: Transaction, business_id: int) -> Tenant:
    """The business that a job or the command line works for. Raises ``NotFound``."""
    found = store.find_tenant(tx, business_id)
    if found is None:
        raise NotFound
    return Tenant(*found, proof=_PROOF)


def caller_for_job(tenant: Tenant | None = None) -> Caller:
    """Maane itself, acting for no person: jobs and the command line."""
    return Caller(None, None, None, None, None, tenant, False, None, "")


def caller_of(snapshot: Snapshot, request_id: str, tenant: Tenant | None = None) -> Caller:
    """The person behind a session, as the audit log names them."""
    impersonation = snapshot.impersonation
    return Caller(
        user_id=snapshot.user_id,
        email=snapshot.email,
        name=snapshot.name,
        role=snapshot.role,
        session_id=snapshot.session_id,
        tenant=tenant,
        impersonating=impersonation is not None and impersonation.is_active,
        reason=impersonation.reason if impersonation is not None else None,
        request_id=request_id,
    )


def may_administer(snapshot: Snapshot, business_id: int) -> bool:
    """True for an admin; for a manager, when the business is assigned to them or their home."""
    if snapshot.role == "admin":
        return True
    return snapshot.role == "manager" and (
        business_id in snapshot.assigned or business_id == snapshot.tenant_id
    )


def _signed_in(snapshot: Snapshot, path: dict[str, Any]) -> Home | None:
    return None


def _admin(snapshot: Snapshot, path: dict[str, Any]) -> Home | None:
    if snapshot.role not in ("admin", "manager"):
        _refuse("role_mismatch")
    return None


def _admin_of(snapshot: Snapshot, path: dict[str, Any]) -> Home | None:
    _admin(snapshot, path)
    if not may_administer(snapshot, path["business_id"]):
        _refuse("scope_fail")
    return None


def _stop(snapshot: Snapshot, path: dict[str, Any]) -> Home | None:
    # A demoted admin must still be able to leave the business they had entered.
    if snapshot.impersonation is None:
        _admin(snapshot, path)
    return None


def _business(snapshot: Snapshot, path: dict[str, Any]) -> Home | None:
    if snapshot.role not in ("business", "admin", "manager"):
        _refuse("role_mismatch")
    if snapshot.role != "business" and snapshot.impersonation is not None:
        if not snapshot.impersonation.is_active:
            _refuse("no_tenant")
        return snapshot.impersonation.business
    if snapshot.home is None:
        _refuse("no_tenant")
    if not snapshot.home.is_active:
        _refuse("scope_fail")
    return snapshot.home


_MATRIX: dict[str, Callable[[Snapshot, dict[str, Any]], Home | None]] = {
    SIGNED_IN.name: _signed_in,
    ADMIN.name: _admin,
    ADMIN_OF.name: _admin_of,
    STOP.name: _stop,
    BUSINESS.name: _business,
}


def _refuse(reason: Refusal) -> NoReturn:
    raise Forbidden(reason)


def _tenant(home: Home) -> Tenant:
    return Tenant(home.id, home.name, home.language, home.timezone, proof=_PROOF)
