"""Book, cancel and list appointments.

Whoever books holds the business's lock, so of many who want the last place one gets it and the others
are told that it is taken: on PostgreSQL they wait for the row of the business, on SQLite for the only
write lock there is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maane.appointments import availability, store
from maane.appointments.contract import AppointmentBody
from maane.appointments.models import Appointment, AppointmentLead
from maane.appointments.times import Rules, Span, offered_on
from maane.hours.clock import boundary_of, instant_of, minute_of
from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, Invalid, NotFound
from maane.leads import operations as leads
from maane.leads.models import Lead
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

MOST_LISTED = 1000
MOST_UPCOMING = 3
"""So many can the assistant book for one person: nobody fills a calendar by chatting."""
FARTHEST_DAYS = 730


@dataclass(frozen=True, slots=True)
class Customer:
    """Who comes."""

    conversation_id: int | None = None
    lead_id: int | None = None
    name: str | None = None
    phone: str | None = None


def book(
    tx: Transaction, tenant: Tenant, caller: Caller, body: AppointmentBody
) -> tuple[Appointment, Lead | None]:
    """Books what a person of the business writes down: at any time to come, outside the usual ones too,
    while there is room. Raises ``Invalid``, ``NotFound`` for the lead, and ``Conflict``: ``taken``,
    ``past``."""
    if body.name is None and body.lead_id is None:
        raise Invalid.field("name", "missing", "needs a name or a lead")
    tenancy.lock(tx, tenant)
    lead = None if body.lead_id is None else leads.get_lead(tx, tenant, body.lead_id)
    rules, _ = availability.get_rules(tx, tenant)
    today = now().astimezone(rules.zone).date()
    if body.date > today + timedelta(days=FARTHEST_DAYS):
        raise Invalid.field("date", "too_far", "is more than two years ahead")
    starts_at = instant_of(body.date, minute_of(body.time), rules.zone)
    if starts_at is None:
        raise Invalid.field("time", "clock_change", "does not exist on that day: the clock changes")
    if starts_at <= now():
        raise Conflict("past")
    length = rules.length if body.length_min is None else timedelta(minutes=body.length_min)
    customer = Customer(lead_id=body.lead_id, name=body.name, phone=body.phone)
    span = Span(starts_at, starts_at + length)
    return _book(tx, tenant, caller, rules, span, customer, body.note), lead


def book_offered(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    starts_at: datetime,
    customer: Customer,
    note: str,
    *,
    instead_of: Collection[int] = (),
) -> Appointment:
    """Books one of the times that are offered to customers; ``instead_of`` are appointments that are
    cancelled in the same transaction. Raises as ``check_offered``."""
    tenancy.lock(tx, tenant)
    rules, span = check_offered(tx, tenant, starts_at, customer, instead_of=instead_of)
    return _book(tx, tenant, caller, rules, span, customer, note, instead_of)


def check_offered(
    tx: Transaction,
    tenant: Tenant,
    starts_at: datetime,
    customer: Customer,
    *,
    instead_of: Collection[int] = (),
) -> tuple[Rules, Span]:
    """The appointment that the person could have. Raises ``Conflict``: ``not_offered`` for no time of
    the business, ``taken``, and ``too_many_booked`` for somebody who has ``MOST_UPCOMING``."""
    rules, _ = availability.get_rules(tx, tenant)
    at = now()
    day = starts_at.astimezone(rules.zone).date()
    offered = {span.starts_at: span for span in offered_on(rules, day, at)}
    if (span := offered.get(starts_at)) is None:
        raise Conflict("not_offered")
    if not availability.is_free(tx, tenant, rules, span, instead_of):
        raise Conflict("taken")
    own = upcoming_of(tx, tenant, customer)
    if sum(row.id not in instead_of for row in own) >= MOST_UPCOMING:
        raise Conflict("too_many_booked")
    return rules, span


def _book(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    rules: Rules,
    span: Span,
    customer: Customer,
    note: str,
    ignoring: Collection[int] = (),
) -> Appointment:
    if not availability.is_free(tx, tenant, rules, span, ignoring):
        raise Conflict("taken")
    row = Appointment(
        business_id=tenant.id,
        conversation_id=customer.conversation_id,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        status="booked",
        name=customer.name,
        phone=customer.phone,
        note=note,
        made_by=_kind_of(caller),
        made_by_name=caller.name,
        created_at=now(),
    )
    store.add(tx, row)
    if customer.lead_id is not None:
        tie = AppointmentLead(
            business_id=tenant.id, appointment_id=row.id, lead_id=customer.lead_id
        )
        store.add(tx, tie)
    audit.record(tx, caller, "appointment.booked", f"appointment:{row.id}")
    return row


def cancel(
    tx: Transaction, tenant: Tenant, caller: Caller, appointment_id: int
) -> tuple[Appointment, Lead | None]:
    """Frees the time. Raises ``NotFound``, and ``Conflict`` (``already_cancelled``), so of two that race
    one is told that it was done."""
    tenancy.lock(tx, tenant)
    found = store.get_with_lead(tx, tenant, appointment_id)
    if found is None:
        raise NotFound
    row = found[0]
    if row.status == "cancelled":
        raise Conflict("already_cancelled")
    row.status = "cancelled"
    row.cancelled_at = now()
    row.cancelled_by, row.cancelled_by_name = _kind_of(caller), caller.name
    tx.flush()
    audit.record(tx, caller, "appointment.cancelled", f"appointment:{row.id}")
    return found


def get_booked(tx: Transaction, tenant: Tenant, appointment_id: int) -> Appointment:
    """Raises ``NotFound``, also for one that was cancelled."""
    row = store.find_appointment(tx, tenant, appointment_id)
    if row is None or row.status != "booked":
        raise NotFound
    return row


def get_cancelled(tx: Transaction, tenant: Tenant, appointment_id: int) -> Appointment:
    """Raises ``NotFound``, also for one that is booked."""
    row = store.find_appointment(tx, tenant, appointment_id)
    if row is None or row.status != "cancelled":
        raise NotFound
    return row


def upcoming_of(tx: Transaction, tenant: Tenant, customer: Customer) -> Sequence[Appointment]:
    """What is booked for the person of a conversation, the next one first."""
    if customer.conversation_id is None:
        return ()
    return store.upcoming_of(tx, tenant, customer.conversation_id, customer.lead_id, now())


def list_appointments(
    tx: Transaction, tenant: Tenant, day: date | None, days: int
) -> tuple[date, Sequence[tuple[Appointment, Lead | None]], bool]:
    """The first day, all appointments of the days from it on, and whether there were too many."""
    rules, _ = availability.get_rules(tx, tenant)
    first = day or now().astimezone(rules.zone).date()
    begins_at = boundary_of(first, 0, rules.zone)
    ends_at = boundary_of(first + timedelta(days=days), 0, rules.zone)
    rows = store.list_between(tx, tenant, begins_at, ends_at, limit=MOST_LISTED + 1)
    return first, rows[:MOST_LISTED], len(rows) > MOST_LISTED


def list_of_lead(
    tx: Transaction, tenant: Tenant, lead_id: int, *, limit: int = 50
) -> tuple[Sequence[tuple[Appointment, Lead | None]], bool]:
    """The appointments of a lead, and whether there are more. Raises ``NotFound``."""
    leads.get_lead(tx, tenant, lead_id)
    rows = store.list_of_lead(tx, tenant, lead_id, limit=limit + 1)
    return rows[:limit], len(rows) > limit


def move_leads(tx: Transaction, tenant: Tenant, lead_id: int, to_lead_id: int) -> None:
    """Makes the appointments of one lead another's."""
    store.move_leads(tx, tenant, lead_id, to_lead_id)


def _kind_of(caller: Caller) -> str:
    return "assistant" if caller.user_id is None else "person"
