"""Whom a business has rung when a caller wants a person: what it chose, and who of them is there now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from maane.calls.transfers import Person
from maane.channels.voice import store
from maane.channels.voice.models import VoiceTransfer
from maane.channels.voice.outgoing.numbers import country_of, problem_of
from maane.hours import calendar
from maane.hours import operations as opening
from maane.kit.db import Transaction, now
from maane.kit.errors import Invalid
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

DEFAULT_RING_S = 20
When = Literal["open", "closed", "always"]
_WRONG = {
    "call_number": ("number_unlisted", "belongs to no numbering plan that is known"),
    "call_premium": ("number_premium", "costs more than a call to a person"),
    "call_country": ("number_country", "is in a country that may not be rung"),
    "own_number": ("number_own_number", "is the number that takes the calls"),
    "repeated": ("number_repeated", "is there twice"),
}


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody of the business, and when they may be rung."""

    name: str
    phone: str
    when: When


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom to ring, in this order, and for how long each."""

    people: Sequence[Reachable] = field(default_factory=tuple)
    ring_s: int = DEFAULT_RING_S


def chosen_by(tx: Transaction, tenant: Tenant) -> Chosen:
    row = store.find_transfer(tx, tenant)
    if row is None:
        return Chosen()
    people = tuple(
        Reachable(one["name"], one["phone"], cast("When", one["when"])) for one in row.people
    )
    return Chosen(people, row.ring_s)


def countries_of(tx: Transaction, tenant: Tenant) -> frozenset[str]:
    """Where people of the business may be rung: in the country of its own number, and in those to which
    it makes calls; nowhere while it has neither."""
    channel, outgoing = store.find_channel(tx, tenant), store.find_outgoing(tx, tenant)
    own = None if channel is None else country_of(channel.number)
    return frozenset(outgoing.countries if outgoing else ()) | ({own} if own else set())


def reachable_now(tx: Transaction, tenant: Tenant) -> Sequence[Person]:
    """Who may be rung at this moment; nobody for a business without a number, or that is suspended."""
    chosen = chosen_by(tx, tenant)
    channel = store.find_channel(tx, tenant) if chosen.people else None
    if channel is None or not tenancy.is_active(tx, tenant):
        return ()
    countries = countries_of(tx, tenant)
    state = calendar.state_at(opening.hours_of(tx, tenant), now())
    there = ("always", "open" if state.is_open else "closed")
    return [
        Person(one.name, one.phone)
        for one in chosen.people
        # The business's number, and with it what may be rung, may have changed since.
        if one.when in there
        and one.phone != channel.number
        and problem_of(one.phone, countries) is None
    ]


def change(tx: Transaction, tenant: Tenant, caller: Caller, chosen: Chosen) -> None:
    """Changes it from the next transfer on. Raises ``Invalid`` for a number that is not to be rung."""
    tenancy.lock(tx, tenant)
    if chosen == chosen_by(tx, tenant):
        return
    _check(tx, tenant, chosen)
    people = [{"name": one.name, "phone": one.phone, "when": one.when} for one in chosen.people]
    row = store.find_transfer(tx, tenant)
    if row is None:
        row = VoiceTransfer(business_id=tenant.id, people=[], ring_s=DEFAULT_RING_S)
        row.updated_at = now()
        store.add(tx, row)
    row.people, row.ring_s, row.updated_at = people, chosen.ring_s, now()
    tx.flush()
    audit.record(tx, caller, "phone.transfer_changed", f"business:{tenant.id} phone")


def _check(tx: Transaction, tenant: Tenant, chosen: Chosen) -> None:
    countries = countries_of(tx, tenant)
    channel = store.find_channel(tx, tenant)
    seen: set[str] = set()
    details: list[dict[str, Any]] = []
    for number, one in enumerate(chosen.people):
        # Without a number of its own the business has no country yet; who is rung is looked at again.
        allowed = countries or frozenset({country_of(one.phone) or ""})
        wrong: str | None = problem_of(one.phone, allowed)
        if channel is not None and one.phone == channel.number:
            wrong = "own_number"
        elif one.phone in seen:
            wrong = "repeated"
        seen.add(one.phone)
        if wrong is not None:
            kind, message = _WRONG[wrong]
            details.append({"path": ["people", number, "phone"], "type": kind, "message": message})
    if details:
        raise Invalid(details=details)
