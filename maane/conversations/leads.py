"""What a lead and its conversations do together: find the source of a lead, merge two leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maane.appointments import operations as appointments
from maane.conversations import store
from maane.conversations.models import Conversation
from maane.kit.db import Transaction
from maane.leads import operations as leads
from maane.leads.models import Lead
from maane.tenancy.access import Caller, Tenant

SHOWN = 50


def shown_names(
    tx: Transaction,
    tenant: Tenant,
    rows: Sequence[Conversation],
    leads_of: Mapping[int, int | None],
) -> dict[int, str | None]:
    """What the people of these conversations are called, by the conversations' ids: by their leads
    (``leads_of``), or as the channel calls them where the lead bears only the number."""
    names = leads.names_of(tx, tenant, {key for key in leads_of.values() if key is not None})
    shown = {}
    for row in rows:
        name = names.get(leads_of.get(row.id) or 0)
        shown[row.id] = row.contact_name if name in (None, row.contact_phone) else name
    return shown


def list_sources(tx: Transaction, tenant: Tenant, lead_id: int) -> Sequence[Conversation]:
    """The conversations of a lead, the newest first, at most ``SHOWN``. Raises ``NotFound``."""
    leads.get_lead(tx, tenant, lead_id)
    return store.list_of_lead(tx, tenant, lead_id, limit=SHOWN)


def merge_leads(
    tx: Transaction, tenant: Tenant, caller: Caller, lead_id: int, other_id: int
) -> Lead:
    """The other lead goes into this one with its conversations, its appointments and its history.
    Raises ``NotFound``, ``Invalid`` for a lead and itself, and ``Conflict``."""
    lead, other = leads.lock_pair(tx, tenant, lead_id, other_id)
    # Before the other is deleted: its ties would go with it.
    store.move_leads(tx, tenant, other.id, lead.id)
    appointments.move_leads(tx, tenant, other.id, lead.id)
    return leads.absorb(tx, tenant, caller, lead, other)
