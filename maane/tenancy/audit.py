"""The audit log: who did what, as whom, in the same transaction as the change.

If its row cannot be written the change does not happen. The database refuses to change or delete
rows of it, on both kinds (see the first migration).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select

from maane.kit.db import Transaction, now, page
from maane.kit.prepared import Prepared
from maane.tenancy.access import Caller, Tenant
from maane.tenancy.models import AuditEvent

_TABLE: Any = AuditEvent.__table__
_INSERT = Prepared(
    insert(_TABLE).inline().values({c.name: bindparam(c.name) for c in _TABLE.c if c.name != "id"})
)


def record(
    tx: Transaction,
    caller: Caller,
    action: str,
    subject: str,
    *,
    business_id: int | None = None,
    reason: str | None = None,
) -> None:
    """Adds one event. ``action`` is ``<subject>.<past tense>``, ``subject`` names the row.

    Its business is the transaction's scope; an admin's transaction that has none yet takes the one
    given, so that row security lets the row in.
    """
    if business_id is not None:
        tx.narrow(business_id)
    tx.run(
        _INSERT,
        {
            "business_id": tx.scope,
            "actor_user_id": caller.user_id,
            "actor_email": caller.email,
            "actor_name": caller.name,
            "actor_role": caller.role,
            "impersonating": caller.impersonating,
            "action": action,
            "subject": subject,
            "reason": reason if reason is not None else caller.reason,
            "request_id": caller.request_id,
            "at": now(),
        },
    )


def list_events(
    tx: Transaction, tenant: Tenant, *, limit: int, after: str | None
) -> tuple[Sequence[AuditEvent], str | None]:
    """What happened in one business, newest first."""
    statement = select(AuditEvent).where(AuditEvent.business_id == tenant.id)
    return page(tx, statement, AuditEvent.id, limit=limit, after=after)
