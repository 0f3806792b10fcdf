"""What happened to a lead: one event for each change, in the change's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maane.kit.db import Transaction, now
from maane.leads import store
from maane.leads.models import LeadEvent, LeadStage
from maane.tenancy.access import Caller, Tenant


def record(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    kind: str,
    lead_ids: Sequence[int],
    *,
    fields: Sequence[str] = (),
    before: LeadStage | None = None,
    after: LeadStage | None = None,
    merged_lead_id: int | None = None,
) -> None:
    """Adds the same event to each of these leads. ``fields`` are names, never what they hold."""
    event: dict[str, Any] = {
        "business_id": tenant.id,
        "kind": kind,
        "fields": ",".join(fields),
        "from_status": None if before is None else before.key,
        "from_name": None if before is None else before.name,
        "to_status": None if after is None else after.key,
        "to_name": None if after is None else after.name,
        "merged_lead_id": merged_lead_id,
        "actor_user_id": caller.user_id,
        "actor_name": caller.name,
        "impersonating": caller.impersonating,
        "at": now(),
    }
    store.add_events(tx, [event | {"lead_id": lead_id} for lead_id in lead_ids])


def lead_ids_of(tx: Transaction, tenant: Tenant, lead_id: int) -> set[int]:
    """The lead and all that were merged into it."""
    return store.merged_into(tx, tenant, lead_id)


def list_history(
    tx: Transaction, tenant: Tenant, lead_id: int, *, limit: int, after: str | None
) -> tuple[Sequence[LeadEvent], str | None]:
    """Newest first, with what happened to the leads that were merged into this one."""
    lead_ids = store.merged_into(tx, tenant, lead_id)
    return store.list_events(tx, tenant, lead_ids, limit=limit, after=after)
