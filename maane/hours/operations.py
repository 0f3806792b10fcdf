"""Read and replace the hours of a business."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from maane.hours import store
from maane.hours.calendar import Hours, SpecialDay
from maane.hours.contract import HoursBody, values_of
from maane.hours.models import BusinessHours
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction, now
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant
from maane.tenancy.models import Business

CHANGED_JOB = "apply changed hours"
"""Of a business: what waits for an opening looks at the new one."""


def find_row(tx: Transaction, tenant: Tenant) -> BusinessHours | None:
    return store.find(tx, tenant)


def hours_of(tx: Transaction, tenant: Tenant) -> Hours:
    """When a business is there; always where it said nothing."""
    return hours_in(tenant, store.find(tx, tenant))


def hours_for_turn(tx: Transaction, tenant: Tenant, business: Business) -> Hours | None:
    """As ``hours_of``, None where the business said nothing, without asking the database for that."""
    return hours_of(tx, tenant) if business.keeps_hours else None


def hours_in(tenant: Tenant, row: BusinessHours | None) -> Hours:
    zone = ZoneInfo(tenant.timezone)
    if row is None:
        return Hours(zone)
    days = [
        SpecialDay(
            date.fromisoformat(day["first"]),
            date.fromisoformat(day["last"]),
            day["name"],
            day["is_open"],
        )
        for day in row.days
    ]
    away = row.away_text if row.says_away else None
    return Hours(zone, row.week, frozenset(row.holidays), row.eve_closes_min, days, away)


def replace(
    tx: Transaction, jobs: Jobs, tenant: Tenant, caller: Caller, body: HoursBody
) -> BusinessHours:
    """Holds from the next turn on. Saving what is there already changes nothing."""
    tenancy.lock(tx, tenant)
    values = values_of(body)
    row = store.find(tx, tenant)
    if row is not None and all(getattr(row, key) == value for key, value in values.items()):
        return row
    if row is None:
        row = BusinessHours(business_id=tenant.id, updated_at=now(), **values)
        store.add(tx, row)
    else:
        for key, value in values.items():
            setattr(row, key, value)
        row.updated_at = now()
    tenancy.keep_hours(tx, tenant)
    cause = f"{row.updated_at:%Y%m%d%H%M%S%f}"
    jobs.enqueue_turn(tx, CHANGED_JOB, tenant.id, tenant.id, "hours", because=cause)
    audit.record(tx, caller, "hours.changed", f"business:{tenant.id} hours")
    return row
