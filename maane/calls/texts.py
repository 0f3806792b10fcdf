"""The text that a caller was offered in a call: whether they agreed, and what became of it.

None is sent without a yes in the call, and one at most. As in ``operations``, whoever calls these holds
the call locked.
"""

from __future__ import annotations

from typing import Literal

from maane.calls import store
from maane.calls.models import Call, CallText
from maane.kit.db import Transaction, now
from maane.tenancy.access import Tenant

Consent = Literal["asked", "agreed", "refused", "unclear"]
ORDER = ("queued", "sending", "sent", "delivered", "failed")
"""A text that was agreed to moves forward along these; the last two are ends."""
ENDS = ("delivered", "failed")
UNSURE = "interrupted"
"""The error of one of which nobody knows whether the provider took it: its own later word is so."""


def find(tx: Transaction, tenant: Tenant, call: Call) -> CallText | None:
    return store.find_text(tx, tenant, call.id)


def note(tx: Transaction, tenant: Tenant, call: Call, consent: Consent) -> bool:
    """Notes that a caller was asked, or what they said to it; True for the one yes. What was neither yes
    nor no leaves them unasked."""
    row, at = find(tx, tenant, call), now()
    if row is None:
        if consent == "asked":
            row = CallText(business_id=tenant.id, call_id=call.id, state="asked", text="")
            row.asked_at = row.updated_at = at
            store.add(tx, row)
        return False
    if row.state != "asked" or consent == "asked":
        return False
    if consent == "unclear":
        tx.delete(row)
        tx.flush()
        return False
    row.state = "queued" if consent == "agreed" else "refused"
    row.answered_at = row.updated_at = at
    tx.flush()
    return consent == "agreed"


def advance(
    tx: Transaction,
    row: CallText,
    state: Literal["queued", "sending", "sent", "delivered", "failed"],
    *,
    error: str | None = None,
    detail: str | None = None,
) -> bool:
    """Moves it forward; True where it did. Only ``sending`` may go back to ``queued``, when the provider
    said that it has not taken it; of one that was ``UNSURE`` anything may become known."""
    is_back = (row.state, state) == ("sending", "queued")
    is_unsure = (row.state, row.error) == ("failed", UNSURE)
    if row.state not in ORDER or (row.state in ENDS and not is_unsure):
        return False
    if not (is_back or is_unsure) and ORDER.index(state) <= ORDER.index(row.state):
        return False
    row.state, row.error, row.detail, row.updated_at = state, error, detail, now()
    tx.flush()
    return True
