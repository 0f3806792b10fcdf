"""Entering a business as its owner would, visibly, for thirty minutes.

Two flags on the session and nothing else: the user's role never changes. Each start and stop gives
the session a new identifier and stands in the business's own audit log, in the same transaction.
"""

from __future__ import annotations

from datetime import timedelta

from maane.auth import operations as auth
from maane.auth.sessions import Impersonation, Snapshot
from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, Forbidden, NotFound
from maane.tenancy import audit, store
from maane.tenancy.access import Caller, caller_of

DURATION = timedelta(minutes=30)


def start(
    tx: Transaction, caller: Caller, session: Snapshot, business_id: int, reason: str | None
) -> str | None:
    """Enters a business. Returns the new cookie; None when the session is in there already.

    Raises ``NotFound`` for no such business, ``Forbidden`` (``scope_fail``) for a suspended one,
    ``Conflict`` (``already_impersonating``) while another one is entered.
    """
    current = session.impersonation
    if current is not None and current.is_active:
        if current.business.id == business_id:
            return None
        raise Conflict("already_impersonating")
    status = store.lock_business(tx, business_id)
    if status is None:
        raise NotFound
    if status != "active":
        raise Forbidden("scope_fail")
    at = now()
    cookie = auth.rotate(
        tx,
        session.session_id,
        impersonated_tenant_id=business_id,
        impersonation_started_at=at,
        impersonation_expires_at=at + DURATION,
        impersonation_reason=reason,
    )
    audit.record(
        tx,
        caller,
        "impersonation.started",
        f"business:{business_id}",
        business_id=business_id,
        reason=reason,
    )
    return cookie


def stop(tx: Transaction, caller: Caller, session: Snapshot) -> str | None:
    """Leaves the business. Returns the new cookie; None when there was nothing to stop."""
    if session.impersonation is None:
        return None
    cookie = auth.rotate(
        tx,
        session.session_id,
        impersonated_tenant_id=None,
        impersonation_started_at=None,
        impersonation_expires_at=None,
        impersonation_reason=None,
    )
    _record_end(tx, caller, session.impersonation)
    return cookie


def record_farewell(tx: Transaction, session: Snapshot, request_id: str) -> None:
    """Logging out ends an impersonation too, and stands in the log of the business entered."""
    if session.impersonation is not None:
        _record_end(tx, caller_of(session, request_id), session.impersonation)


def _record_end(tx: Transaction, caller: Caller, ended: Impersonation) -> None:
    audit.record(
        tx,
        caller,
        "impersonation.stopped",
        f"business:{ended.business.id}",
        business_id=ended.business.id,
        reason=ended.reason,
    )
