"""Read and replace the prompts of a business."""

from __future__ import annotations

from maane.kit.db import Transaction, now
from maane.prompts import store
from maane.prompts.contract import PromptsBody
from maane.prompts.models import SavedPrompts
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant


def current_prompts(tx: Transaction, tenant: Tenant) -> SavedPrompts | None:
    """The version that serves now; None before the first save."""
    return store.find_latest(tx, tenant)


def newest_version(tx: Transaction, tenant: Tenant) -> int:
    """Its number alone, without the texts; 0 before the first save."""
    return store.newest_version(tx, tenant)


def prompts_of_version(tx: Transaction, tenant: Tenant, version: int) -> SavedPrompts | None:
    """One version of the history, for a conversation that is pinned to it."""
    return store.find_version(tx, tenant, version)


def replace_prompts(
    tx: Transaction, tenant: Tenant, caller: Caller, body: PromptsBody
) -> SavedPrompts | None:
    """Appends a version; the same texts again change nothing and answer with the present one, which
    is None where nothing was ever saved and nothing is saved now.

    Saves of one business wait for each other, so two that race both get a version of their own and
    the history holds both.
    """
    tenancy.lock(tx, tenant)
    latest = store.find_latest(tx, tenant)
    serving = ("", "") if latest is None else (latest.calls_prompt, latest.whatsapp_prompt)
    if serving == (body.calls_prompt, body.whatsapp_prompt):
        return latest
    row = store.add_version(
        tx,
        tenant,
        {
            "version": 1 if latest is None else latest.version + 1,
            "calls_prompt": body.calls_prompt,
            "whatsapp_prompt": body.whatsapp_prompt,
            "created_by": caller.user_id,
            "created_by_name": caller.name,
            "impersonating": caller.impersonating,
            "created_at": now(),
        },
    )
    audit.record(tx, caller, "prompts.replaced", f"prompts:{row.version}")
    return row
