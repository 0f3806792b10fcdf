"""Conversations that a business keeps for a time only: chosen, shown before, deleted night by night.

A night is one run in many short transactions, so that whoever writes meanwhile waits for none of them,
and each notes what it deleted: a worker that was killed goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from maane.kit.db import Transaction, now
from maane.privacy import store
from maane.privacy.holdings import HOLDINGS, Holding
from maane.privacy.models import RetentionRun
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant, caller_for_job
from maane.tenancy.models import Business

CHOICES = (30, 90, 180, 365)
BATCH = 500
COUNTED = 10_000
"""What would be deleted is counted so far, table by table: counting must have an end."""
NIGHT = timedelta(hours=3)
"""A night begins at three by the business's own clock."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """``days``: None keeps everything. ``leads``: leads go too, once nobody has touched them for so long
    and they have no conversation."""

    days: int | None
    leads: bool


@dataclass(frozen=True, slots=True)
class Doomed:
    """How many rows of a table would be deleted; ``has_more``: it was counted no further."""

    table: str
    count: int
    has_more: bool


def chosen_of(tx: Transaction, tenant: Tenant) -> Chosen:
    business = tenancy.get_business(tx, tenant.id)
    return Chosen(business.retention_days, business.retention_leads)


def last_run(tx: Transaction, tenant: Tenant) -> RetentionRun | None:
    """The last night that came to its end."""
    return store.last_run(tx, tenant)


def choose(tx: Transaction, tenant: Tenant, caller: Caller, chosen: Chosen) -> None:
    """Changes how long conversations are kept, from the next night on. Raises ``Forbidden``."""
    tenancy.lock(tx, tenant)
    if chosen_of(tx, tenant) == chosen:
        return
    business = tenancy.get_business(tx, tenant.id)
    business.retention_days, business.retention_leads = chosen.days, chosen.leads
    business.retention_since = now()
    tx.flush()
    kept = "forever" if chosen.days is None else f"{chosen.days}{'_leads' if chosen.leads else ''}"
    audit.record(tx, caller, "retention.changed", f"business:{tenant.id} retention:{kept}")


def preview(tx: Transaction, tenant: Tenant, chosen: Chosen) -> list[Doomed]:
    """What is older than that now."""
    if chosen.days is None:
        return []
    before = now() - timedelta(days=chosen.days)
    found = []
    for holding in _concerned(leads=chosen.leads):
        count = store.count_old(tx, tenant, holding, before, up_to=COUNTED + 1)
        found.append(Doomed(holding.table, min(count, COUNTED), count > COUNTED))
    return found


def night_of(business: Business, at: datetime) -> int | None:
    """The day (``date.toordinal``) whose night is due at this instant; None before the first night
    after the choice."""
    zone = ZoneInfo(business.timezone)
    day = (at.astimezone(zone) - NIGHT).date()
    began_at = datetime.combine(day, time(), zone) + NIGHT
    since = business.retention_since
    if business.retention_days is None or since is None or since >= began_at:
        return None
    return day.toordinal()


def is_begun(tx: Transaction, tenant: Tenant, day: int) -> bool:
    return store.find_run(tx, tenant, day) is not None


def delete_some(tx: Transaction, tenant: Tenant, day: int) -> bool:
    """Deletes one batch of what is too old and notes it; True when nothing is left, and then the audit
    log has the night's counts. What the business chose is read anew each time."""
    at = now()
    store.begin_run(tx, tenant, day, at)
    run = store.find_run(tx, tenant, day)
    chosen = chosen_of(tx, tenant)
    if run is None or run.finished_at is not None:
        return True
    if chosen.days is not None:
        before = at - timedelta(days=chosen.days)
        for holding in _concerned(leads=chosen.leads):
            ids = store.old_ids(tx, tenant, holding, before, limit=BATCH)
            count = store.delete_ids(tx, tenant, holding, ids, before) if ids else 0
            if count:
                counts = dict(run.counts)
                counts[holding.table] = counts.get(holding.table, 0) + count
                run.counts = counts
                return False
    run.finished_at = at
    tx.flush()
    if run.counts:
        counted = ",".join(f"{table}:{count}" for table, count in sorted(run.counts.items()))
        subject = f"business:{tenant.id} {counted}"
        audit.record(tx, caller_for_job(tenant), "retention.applied", subject)
    return True


def _concerned(*, leads: bool) -> Sequence[Holding]:
    return [h for h in HOLDINGS if h.age is not None and (leads or h.table != "leads")]
