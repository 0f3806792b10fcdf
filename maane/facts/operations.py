"""Write down, change, delete, list and look up what a business tells its customers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from maane.facts import store
from maane.facts.contract import FactBody, FactPatch
from maane.facts.models import Fact
from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, NotFound
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

MOST_FACTS = 200
"""A look-up reads all of a business's facts, and the page shows them all: there must be an end."""
MOST_FOUND = 20
FEWEST_LETTERS = 2
STEM = 3


def list_facts(tx: Transaction, tenant: Tenant) -> Sequence[Fact]:
    """All of them, in the order that the business gave them."""
    return store.list_facts(tx, tenant)


def create_fact(tx: Transaction, tenant: Tenant, caller: Caller, body: FactBody) -> Fact:
    """Raises ``Conflict`` (``too_many``) where there are ``MOST_FACTS`` already."""
    tenancy.lock(tx, tenant)
    known = store.list_facts(tx, tenant)
    if len(known) >= MOST_FACTS:
        raise Conflict("too_many")
    last = known[-1].position if known else 0
    at = now()
    fact = Fact(
        business_id=tenant.id,
        kind=body.kind,
        title=body.title,
        text=body.text,
        position=min(last + 1, 100_000) if body.position is None else body.position,
        created_at=at,
        updated_at=at,
    )
    store.add_fact(tx, fact)
    audit.record(tx, caller, "fact.created", f"fact:{fact.id}")
    return fact


def change_fact(
    tx: Transaction, tenant: Tenant, caller: Caller, fact_id: int, patch: FactPatch
) -> Fact:
    """Changes the given fields. Raises ``NotFound``."""
    tenancy.lock(tx, tenant)
    fact = _get_fact(tx, tenant, fact_id)
    changes = {key: getattr(patch, key) for key in patch.model_fields_set}
    changed = sorted(key for key, value in changes.items() if getattr(fact, key) != value)
    if not changed:
        return fact
    for key in changed:
        setattr(fact, key, changes[key])
    fact.updated_at = now()
    tx.flush()
    audit.record(tx, caller, "fact.changed", f"fact:{fact_id} {','.join(changed)}")
    return fact


def delete_fact(tx: Transaction, tenant: Tenant, caller: Caller, fact_id: int) -> None:
    """Raises ``NotFound``, so of two that race one is told that it was gone."""
    tenancy.lock(tx, tenant)
    store.delete_fact(tx, _get_fact(tx, tenant, fact_id))
    audit.record(tx, caller, "fact.deleted", f"fact:{fact_id}")


def look_up(tx: Transaction, tenant: Tenant, query: str) -> list[Fact]:
    """The facts that fit a question best, at most ``MOST_FOUND``, best first.

    Those that share a word with it come before the others. The others follow where there is room: a
    word may be asked for in another form or another language than it is written in, which is for the
    model to see.
    """
    facts = store.list_facts(tx, tenant)
    asked = [w for w in re.findall(r"\w+", query.lower()) if len(w) >= FEWEST_LETTERS]

    def fit(fact: Fact) -> int:
        title, words = fact.title.lower(), f"{fact.kind} {fact.text}".lower()
        # Hebrew puts its particles before a word and its numbers behind: the middle is what stays.
        stems = [{w, w[1:] if len(w) > STEM else w, w[:-1] if len(w) > STEM else w} for w in asked]
        return sum(
            2 * any(s in title for s in forms) + any(s in words for s in forms) for forms in stems
        )

    return sorted(facts, key=fit, reverse=True)[:MOST_FOUND]


def _get_fact(tx: Transaction, tenant: Tenant, fact_id: int) -> Fact:
    fact = store.find_fact(tx, tenant, fact_id)
    if fact is None:
        raise NotFound
    return fact
