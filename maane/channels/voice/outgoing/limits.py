"""Whom a business may call, when and how often: what it chose, within what the operator allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from maane.channels.voice import store
from maane.channels.voice.models import OutgoingSettings
from maane.channels.voice.outgoing.numbers import country_of, problem_of
from maane.channels.voice.outgoing.quiet import Quiet
from maane.kit.db import Transaction, now
from maane.kit.errors import Invalid
from maane.settings import Settings
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

DAILY_LIMIT = 20
QUIET = Quiet(from_min=20 * 60, until_min=9 * 60, on_closed_days=True)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the business whom a lead can be put through to. ``number`` is E.164."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Limits:
    """``countries`` are those that the business chose; none for that of ``own_number``. ``asked_today``
    calls were asked for since midnight of its wall clock, of at most ``most_today``: its own limit, and
    no more than the operator's."""

    countries: Sequence[str]
    daily_limit: int
    most_today: int
    asked_today: int
    quiet: Quiet
    people: Sequence[Person]
    own_country: str | None

    @property
    def allowed(self) -> frozenset[str]:
        """The countries whose leads may be called."""
        return frozenset(self.countries) or self._own

    @property
    def allowed_people(self) -> frozenset[str]:
        """Those in which phones of the business's own people may be rung."""
        return frozenset(self.countries) | self._own

    @property
    def _own(self) -> frozenset[str]:
        return frozenset({self.own_country} if self.own_country else ())


def limits_of(tx: Transaction, tenant: Tenant, settings: Settings) -> Limits:
    row = store.find_outgoing(tx, tenant)
    channel = store.find_channel(tx, tenant)
    own_country = None if channel is None else country_of(channel.number)
    ceiling = settings.outgoing_calls_per_day
    if row is None:
        return Limits((), DAILY_LIMIT, min(DAILY_LIMIT, ceiling), 0, QUIET, (), own_country)
    return Limits(
        countries=row.countries,
        daily_limit=row.daily_limit,
        most_today=min(row.daily_limit, ceiling),
        asked_today=row.counted if row.counted_on == _today(tenant) else 0,
        quiet=Quiet(row.quiet_from_min, row.quiet_until_min, row.quiet_on_closed_days),
        people=[Person(one["name"], one["number"]) for one in row.people],
        own_country=own_country,
    )


def change(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    settings: Settings,
    values: Mapping[str, Any],
) -> None:
    """Changes it from the next call on. Raises ``Invalid`` for a person's number that could not be
    called."""
    tenancy.lock(tx, tenant)
    chosen = replace(limits_of(tx, tenant, settings), countries=values["countries"])
    for one in values["people"]:
        # Without a number of its own the business has no country yet; the rules look again at each call.
        allowed = chosen.allowed_people or frozenset({country_of(one["number"]) or ""})
        problem = problem_of(one["number"], allowed)
        if problem is not None:
            raise Invalid.field("people", problem, "one of these cannot be called")
    row = _row(tx, tenant)
    if all(getattr(row, key) == value for key, value in values.items()):
        return
    for key, value in values.items():
        setattr(row, key, value)
    row.updated_at = now()
    tx.flush()
    audit.record(tx, caller, "phone.outgoing_changed", f"business:{tenant.id} phone")


def count(tx: Transaction, tenant: Tenant) -> None:
    """Counts a call of today, in a transaction that holds the business."""
    row, today = _row(tx, tenant), _today(tenant)
    row.counted = row.counted + 1 if row.counted_on == today else 1
    row.counted_on = today
    tx.flush()


def _row(tx: Transaction, tenant: Tenant) -> OutgoingSettings:
    row = store.find_outgoing(tx, tenant)
    if row is None:
        row = OutgoingSettings(
            business_id=tenant.id,
            countries=[],
            daily_limit=DAILY_LIMIT,
            quiet_from_min=QUIET.from_min,
            quiet_until_min=QUIET.until_min,
            quiet_on_closed_days=QUIET.on_closed_days,
            people=[],
            counted_on="",
            counted=0,
            updated_at=now(),
        )
        store.add(tx, row)
    return row


def _today(tenant: Tenant) -> str:
    return now().astimezone(ZoneInfo(tenant.timezone)).date().isoformat()
