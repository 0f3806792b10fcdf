"""When a business takes appointments, and which times are still free."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from maane.appointments import store
from maane.appointments.contract import AvailabilityBody
from maane.appointments.models import Availability
from maane.appointments.times import Part, Rules, Span, has_room, offered_on, starts_on
from maane.hours import operations as opening
from maane.hours.calendar import Hours
from maane.hours.clock import DAYS_IN_WEEK
from maane.hours.contract import minutes_of
from maane.kit.db import Transaction, now
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant


def rules_of(tenant: Tenant, row: Availability | None, hours: Hours | None = None) -> Rules:
    """What a business chose, or what it begins with, which opens on no day."""
    zone = ZoneInfo(tenant.timezone)
    if row is None:
        week: Sequence[Sequence[Sequence[int]]] = [[] for _ in range(DAYS_IN_WEEK)]
        return Rules(zone, week, timedelta(minutes=30), timedelta(hours=2), 30, 1, hours)
    return Rules(
        zone,
        row.week,
        timedelta(minutes=row.length_min),
        timedelta(minutes=row.notice_min),
        row.ahead_days,
        row.capacity,
        hours,
    )


def get_rules(tx: Transaction, tenant: Tenant) -> tuple[Rules, datetime | None]:
    """The rules, and when they were saved."""
    row = store.find_availability(tx, tenant)
    rules = rules_of(tenant, row, opening.hours_of(tx, tenant))
    return rules, None if row is None else row.updated_at


def replace_availability(
    tx: Transaction, tenant: Tenant, caller: Caller, body: AvailabilityBody
) -> tuple[Rules, datetime]:
    """Holds for what is offered and booked from now on; what is booked stays. Saving what is there
    already changes nothing."""
    tenancy.lock(tx, tenant)
    row = store.find_availability(tx, tenant)
    values = body.model_dump() | {"week": minutes_of(body.week)}
    if row is not None and all(getattr(row, key) == value for key, value in values.items()):
        return rules_of(tenant, row), row.updated_at
    if row is None:
        row = Availability(business_id=tenant.id, updated_at=now(), **values)
        store.add(tx, row)
    else:
        for key, value in values.items():
            setattr(row, key, value)
        row.updated_at = now()
        tx.flush()
    tenancy.offer_appointments(tx, tenant, any(row.week))
    audit.record(tx, caller, "availability.changed", f"business:{tenant.id} availability")
    return rules_of(tenant, row), row.updated_at


def offered_times(
    tx: Transaction,
    tenant: Tenant,
    rules: Rules,
    from_day: date | None = None,
    part: Part | None = None,
    *,
    limit: int,
    ignoring: Collection[int] = (),
) -> list[Span]:
    """The next free times that a customer can have, from a day on, at most ``limit``. What is booked
    under the ids ``ignoring`` counts as free."""
    at = now()
    today = at.astimezone(rules.zone).date()
    first = today if from_day is None else max(from_day, today)
    last = today + timedelta(days=rules.ahead_days)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    spans = [span for day in days for span in offered_on(rules, day, at, part)]
    if not spans:
        return []
    taken = _taken(tx, tenant, spans[0].starts_at, spans[-1].ends_at, ignoring)
    free = (span for span in spans if has_room(span, taken, rules.capacity))
    return list(islice(free, limit))


def free_on(tx: Transaction, tenant: Tenant, day: date) -> list[Span]:
    """The times of one day that are free and still to come, for people of the business: neither notice
    nor reach holds for them."""
    rules, _ = get_rules(tx, tenant)
    at = now()
    spans = [span for span in starts_on(rules, day) if span.starts_at > at]
    if not spans:
        return []
    taken = _taken(tx, tenant, spans[0].starts_at, spans[-1].ends_at, ())
    return [span for span in spans if has_room(span, taken, rules.capacity)]


def is_free(
    tx: Transaction, tenant: Tenant, rules: Rules, span: Span, ignoring: Collection[int] = ()
) -> bool:
    """True where one more fits in. It stays true only for who holds the business's lock."""
    taken = _taken(tx, tenant, span.starts_at, span.ends_at, ignoring)
    return has_room(span, taken, rules.capacity)


def _taken(
    tx: Transaction,
    tenant: Tenant,
    begins_at: datetime,
    ends_at: datetime,
    ignoring: Collection[int],
) -> list[Span]:
    rows = store.booked_between(tx, tenant, begins_at, ends_at)
    return [Span(row.starts_at, row.ends_at) for row in rows if row.id not in ignoring]
