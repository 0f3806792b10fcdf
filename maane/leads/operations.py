"""Create, change, delete and list leads; open or update the one of a conversation."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from maane.kit.db import Transaction, now
from maane.kit.errors import NotFound
from maane.leads import store
from maane.leads.contract import MAX_NOTE, LeadBody, LeadPatch
from maane.leads.models import Lead
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant


def get_lead(tx: Transaction, tenant: Tenant, lead_id: int) -> Lead:
    """Raises ``NotFound``, also for a lead of another business."""
    lead = store.find_lead(tx, tenant, lead_id)
    if lead is None:
        raise NotFound
    return lead


def list_leads(
    tx: Transaction, tenant: Tenant, *, status: str | None, limit: int, after: str | None
) -> tuple[Sequence[Lead], str | None]:
    """Newest first."""
    return store.list_leads(tx, tenant, status=status, limit=limit, after=after)


def note_export(tx: Transaction, caller: Caller) -> None:
    """Puts on record that all leads were taken out, and by whom."""
    audit.record(tx, caller, "leads.exported", "leads")


def create_lead(
    tx: Transaction, tenant: Tenant, caller: Caller, body: LeadBody, *, source: str = "manual"
) -> Lead:
    at = now()
    lead = Lead(
        business_id=tenant.id,
        name=body.name,
        phone=body.phone,
        email=body.email,
        note=body.note,
        status=body.status,
        source=source,
        created_at=at,
        updated_at=at,
    )
    store.add_lead(tx, lead)
    audit.record(tx, caller, "lead.created", f"lead:{lead.id}")
    return lead


def change_lead(
    tx: Transaction, tenant: Tenant, caller: Caller, lead_id: int, patch: LeadPatch
) -> Lead:
    """Changes the given fields. Raises ``NotFound``."""
    tenancy.lock(tx, tenant)
    lead = get_lead(tx, tenant, lead_id)
    changes = {key: getattr(patch, key) for key in patch.model_fields_set}
    changed = sorted(key for key, value in changes.items() if getattr(lead, key) != value)
    if not changed:
        return lead
    for key in changed:
        setattr(lead, key, changes[key])
    lead.updated_at = now()
    tx.flush()
    audit.record(tx, caller, "lead.changed", f"lead:{lead_id} {','.join(changed)}")
    return lead


def delete_lead(tx: Transaction, tenant: Tenant, caller: Caller, lead_id: int) -> None:
    """Raises ``NotFound``, so of two that race one is told that it was gone."""
    tenancy.lock(tx, tenant)
    store.delete_lead(tx, get_lead(tx, tenant, lead_id))
    audit.record(tx, caller, "lead.deleted", f"lead:{lead_id}")


def open_for_contact(
    tx: Transaction, tenant: Tenant, caller: Caller, phone: str | None, name: str, *, source: str
) -> Lead:
    """The newest lead with this number, else a new one: a person who writes is never lost. Two
    conversations of one person that begin at once make one lead."""
    tenancy.lock_and_look(tx, tenant)
    known = None if phone is None else store.find_lead_by_phone(tx, tenant, phone)
    if known is not None:
        return note_contact(tx, tenant, caller, known.id, phone, name)
    return create_lead(tx, tenant, caller, LeadBody(name=name[:200], phone=phone), source=source)


def note_contact(
    tx: Transaction, tenant: Tenant, caller: Caller, lead_id: int, phone: str | None, name: str
) -> Lead:
    """The person wrote again: the lead is fresh, and one that was named by its number gets the
    person's own name. Raises ``NotFound``."""
    lead = get_lead(tx, tenant, lead_id)
    lead.updated_at = now()
    if lead.name == phone and name != phone:
        lead.name = name[:200]
        audit.record(tx, caller, "lead.changed", f"lead:{lead_id} name")
    tx.flush()
    return lead


def add_from_intake(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    lead_id: int,
    name: str | None,
    need: str | None,
    *,
    stand_ins: Collection[str | None],
) -> None:
    """Puts what intake learnt into the lead: the name in its place, the need as a line of the note.

    Only a name that stood in for one (``stand_ins``: what the channel calls the person) is replaced;
    a name that somebody gave to the lead stays, and the new one goes into the note. A note that is
    full keeps its beginning. Raises ``NotFound``.
    """
    lead = get_lead(tx, tenant, lead_id)
    lines = [lead.note]
    if name and lead.name in stand_ins:
        lead.name = name
    elif name and name != lead.name:
        lines.append(name)
    lead.note = "\n".join(line for line in (*lines, need) if line)[:MAX_NOTE]
    lead.updated_at = now()
    tx.flush()
    audit.record(tx, caller, "lead.changed", f"lead:{lead_id} intake")


def save_details(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    lead_id: int,
    *,
    name: str | None,
    phone: str | None,
    email: str | None,
    note: str | None,
    stand_ins: Collection[str | None],
) -> None:
    """Puts what a customer told the assistant into the lead. What is there stays: a name, a phone
    number or an email address beside another goes into the note, and a line that the note has is not
    written again, so the same details twice change nothing. Raises ``NotFound``."""
    tenancy.lock_and_look(tx, tenant)
    lead = get_lead(tx, tenant, lead_id)
    before = (lead.name, lead.phone, lead.email, lead.note)
    lines = lead.note.split("\n") if lead.note else []
    if name and lead.name in stand_ins:
        lead.name = name
    others = [name if name != lead.name else None]
    for field, value in (("phone", phone), ("email", email)):
        if value and getattr(lead, field) is None:
            setattr(lead, field, value)
        others.append(value if value != getattr(lead, field) else None)
    for line in (*others, *(note or "").splitlines()):
        if line and line.strip() and line.strip() not in lines:
            lines.append(line.strip())
    lead.note = "\n".join(lines)[:MAX_NOTE]
    if before == (lead.name, lead.phone, lead.email, lead.note):
        return
    lead.updated_at = now()
    tx.flush()
    audit.record(tx, caller, "lead.changed", f"lead:{lead_id} assistant")
