"""Create, change, delete and list leads; open or update the one of a conversation."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func

from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, Invalid, NotFound
from maane.leads import history, stages, store
from maane.leads.contract import MAX_NOTE, LeadBody, LeadPatch
from maane.leads.models import Lead
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

GROUPS = 50
SHOWN_IN_GROUPS = 200
_EMAIL = func.lower(Lead.email)


def get_lead(tx: Transaction, tenant: Tenant, lead_id: int) -> Lead:
    """Raises ``NotFound``, also for a lead of another business."""
    lead = store.find_lead(tx, tenant, lead_id)
    if lead is None:
        raise NotFound
    return lead


def list_leads(
    tx: Transaction, tenant: Tenant, *, status: str | None, limit: int, after: str | None
) -> tuple[Sequence[Lead], str | None]:
    """Newest first. Raises ``Invalid`` for a status that is no stage."""
    if status is not None:
        stages.check_stage(tx, tenant, status)
    return store.list_leads(tx, tenant, status=status, limit=limit, after=after)


def note_export(tx: Transaction, caller: Caller) -> None:
    """Puts on record that all leads were taken out, and by whom."""
    audit.record(tx, caller, "leads.exported", "leads")


def create_lead(
    tx: Transaction, tenant: Tenant, caller: Caller, body: LeadBody, *, source: str = "manual"
) -> Lead:
    """Raises ``Invalid`` for a status that is no stage of the business."""
    known = stages.stages_for_writing(tx, tenant)
    stage = stages.first_open(known) if body.status is None else known.get(body.status)
    if stage is None:
        raise stages.unknown_stage()
    at = now()
    lead = Lead(
        business_id=tenant.id,
        name=body.name,
        phone=body.phone,
        email=body.email,
        note=body.note,
        status=stage.key,
        source=source,
        created_at=at,
        updated_at=at,
    )
    store.add_lead(tx, lead)
    history.record(tx, tenant, caller, "created", [lead.id], after=stage)
    audit.record(tx, caller, "lead.created", f"lead:{lead.id}")
    return lead


def change_lead(
    tx: Transaction, tenant: Tenant, caller: Caller, lead_id: int, patch: LeadPatch
) -> Lead:
    """Changes the given fields. Raises ``NotFound``, and ``Invalid`` for an unknown stage."""
    tenancy.lock(tx, tenant)
    lead = _lock_lead(tx, tenant, lead_id)
    changes = {key: getattr(patch, key) for key in patch.model_fields_set}
    changed = sorted(key for key, value in changes.items() if getattr(lead, key) != value)
    if not changed:
        return lead
    if "status" in changed:
        known = stages.stages_for_writing(tx, tenant)
        before, after = known.get(lead.status), known.get(changes["status"])
        if after is None:
            raise stages.unknown_stage()
        history.record(tx, tenant, caller, "moved", [lead_id], before=before, after=after)
    if others := [key for key in changed if key != "status"]:
        history.record(tx, tenant, caller, "changed", [lead_id], fields=others)
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
    lead = _lock_lead(tx, tenant, lead_id)
    lead.updated_at = now()
    if lead.name == phone and name != phone:
        lead.name = name[:200]
        history.record(tx, tenant, caller, "changed", [lead_id], fields=["name"])
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
    a name that somebody gave to the lead stays, and the new one goes into the note. A line that the note
    has is not written again: an answer that was not sent is made anew. A note that is full keeps its
    beginning. Raises ``NotFound``.
    """
    lead = _lock_lead(tx, tenant, lead_id)
    was = {"name": lead.name, "note": lead.note}
    lines = lead.note.split("\n") if lead.note else []
    if name and lead.name in stand_ins:
        lead.name = name
        name = None
    told = [None if name == lead.name else name, *(need or "").split("\n")]
    lines += [line for line in told if line and line not in lines]
    lead.note = "\n".join(lines)[:MAX_NOTE]
    lead.updated_at = now()
    tx.flush()
    changed = [key for key, value in was.items() if getattr(lead, key) != value]
    history.record(tx, tenant, caller, "intake", [lead_id], fields=changed)
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
    lead = _lock_lead(tx, tenant, lead_id)
    was = {key: getattr(lead, key) for key in ("name", "phone", "email", "note")}
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
    changed = [key for key, value in was.items() if getattr(lead, key) != value]
    if not changed:
        return
    lead.updated_at = now()
    tx.flush()
    history.record(tx, tenant, caller, "changed", [lead_id], fields=changed)
    audit.record(tx, caller, "lead.changed", f"lead:{lead_id} assistant")


def same_person_ids(tx: Transaction, tenant: Tenant, lead: Lead) -> list[int]:
    """Other leads with this lead's phone number or e-mail address, newest first."""
    found: set[int] = set()
    for value, own in ((Lead.phone, lead.phone), (_EMAIL, lead.email and lead.email.lower())):
        if own:
            rows = store.list_sharing(tx, tenant, value, [own], limit=SHOWN_IN_GROUPS)
            found |= {row.id for row in rows}
    return sorted(found - {lead.id}, reverse=True)


def names_of(tx: Transaction, tenant: Tenant, lead_ids: Collection[int]) -> dict[int, str]:
    """The names of these leads, by their ids."""
    return store.names_of(tx, tenant, sorted(lead_ids)) if lead_ids else {}


def phones_of(tx: Transaction, tenant: Tenant, lead_ids: Collection[int]) -> set[str]:
    """The phone numbers of these leads, E.164."""
    return store.phones_of(tx, tenant, sorted(lead_ids)) if lead_ids else set()


def ids_with_phones(
    tx: Transaction, tenant: Tenant, phones: Collection[str], *, limit: int
) -> set[int]:
    """The leads with one of these numbers, the newest ``limit`` of them."""
    return store.ids_with_phones(tx, tenant, sorted(phones), limit=limit) if phones else set()


def list_duplicates(tx: Transaction, tenant: Tenant) -> list[tuple[str, list[Lead]]]:
    """Leads that are probably one person: groups of the same phone number, then of the same e-mail
    address, the newest first; at most ``GROUPS`` of each kind."""
    groups: list[tuple[str, list[Lead]]] = []
    seen: set[frozenset[int]] = set()
    for by, value in (("phone", Lead.phone), ("email", _EMAIL)):
        found = store.repeated(tx, tenant, value, groups=GROUPS)
        rows = store.list_sharing(tx, tenant, value, found, limit=SHOWN_IN_GROUPS)
        for shared in found:
            leads = [row for row in rows if (getattr(row, by) or "").lower() == shared]
            ids = frozenset(lead.id for lead in leads)
            if len(leads) > 1 and ids not in seen:
                seen.add(ids)
                groups.append((by, leads))
    return groups


def lock_pair(tx: Transaction, tenant: Tenant, lead_id: int, other_id: int) -> tuple[Lead, Lead]:
    """Two leads that nobody else changes before the transaction ends. Raises ``NotFound``, so that of
    two who merge the same pair one is told that it was done."""
    tenancy.lock(tx, tenant)
    locked = {key: _lock_lead(tx, tenant, key) for key in sorted((lead_id, other_id))}
    if lead_id == other_id:
        raise Invalid.field("from", "same_lead", "is the lead itself")
    return locked[lead_id], locked[other_id]


def absorb(tx: Transaction, tenant: Tenant, caller: Caller, lead: Lead, other: Lead) -> Lead:
    """The other lead goes into this one, whose own fields win; what it has no place for becomes a
    line of the note, so that nothing is lost. What points at the other must have been moved before.
    Raises ``Conflict("note_too_long")`` where both notes do not fit into one."""
    lines = [lead.note]
    changed = []
    if other.name not in (lead.name, other.phone):
        lines.append(other.name)
    for field in ("phone", "email"):
        own, given = getattr(lead, field), getattr(other, field)
        if own is None and given is not None:
            setattr(lead, field, given)
            changed.append(field)
        elif given is not None and given.lower() != own.lower():
            lines.append(given)
    if other.note != lead.note:
        lines.append(other.note)
    note = "\n".join(line for line in lines if line)
    if len(note) > MAX_NOTE:
        raise Conflict("note_too_long")
    if note != lead.note:
        lead.note = note
        changed.append("note")
    lead.created_at = min(lead.created_at, other.created_at)
    lead.updated_at = now()
    merged_id = other.id
    store.delete_lead(tx, other)
    history.record(
        tx, tenant, caller, "merged", [lead.id], fields=changed, merged_lead_id=merged_id
    )
    audit.record(tx, caller, "lead.merged", f"lead:{lead.id} lead:{merged_id}")
    return lead


def _lock_lead(tx: Transaction, tenant: Tenant, lead_id: int) -> Lead:
    lead = store.lock_lead(tx, tenant, lead_id)
    if lead is None:
        raise NotFound
    return lead
