"""Which leads and conversations are one person's.

A person is known by phone number. Theirs are a lead, the conversations tied to it, the numbers of both,
and whatever else of the business has one of these numbers, and so on until nothing more is found. An
e-mail address alone joins nobody: it is typed by hand, and many leads may bear the same stand-in.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from maane.conversations import numbers, store
from maane.conversations.ownership import STOPPED
from maane.conversations.reading import Listed, describe
from maane.kit.db import Transaction
from maane.kit.errors import NotFound
from maane.leads import operations as leads
from maane.tenancy.access import Caller, Tenant

MOST = 100
"""So many leads, or conversations, are no longer one person's: a number that was typed for everybody."""


@dataclass(frozen=True, slots=True)
class Person:
    """Ids and E.164 numbers. Not ``is_whole``: there is more than can be one person's."""

    lead_ids: frozenset[int]
    conversation_ids: frozenset[int]
    phones: frozenset[str]
    is_whole: bool


def of_lead(tx: Transaction, tenant: Tenant, lead_id: int) -> Person:
    """Raises ``NotFound``."""
    leads.get_lead(tx, tenant, lead_id)
    return _grown(tx, tenant, {lead_id}, set())


def of_conversation(tx: Transaction, tenant: Tenant, conversation_id: int) -> Person:
    """Raises ``NotFound``."""
    if store.get_conversation(tx, tenant, conversation_id) is None:
        raise NotFound
    return _grown(tx, tenant, set(), {conversation_id})


def has_opted_out(tx: Transaction, tenant: Tenant, lead_id: int) -> bool:
    """True where the lead's person asked for no more automatic messages, in any conversation of theirs.
    Raises ``NotFound``."""
    person = of_lead(tx, tenant, lead_id)
    rows = store.list_by_ids(tx, tenant, sorted(person.conversation_ids))
    return any(row.silence_reason == STOPPED for row in rows)


def contact_keys(tx: Transaction, tenant: Tenant, conversation_ids: Collection[int]) -> set[str]:
    """What the channels know the people of these conversations by."""
    rows = store.list_by_ids(tx, tenant, sorted(conversation_ids))
    return {row.contact_key for row in rows}


def list_related(
    tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int
) -> list[Listed]:
    """The other conversations of a conversation's person, the newest first. Raises ``NotFound``."""
    person = of_conversation(tx, tenant, conversation_id)
    others = sorted(person.conversation_ids - {conversation_id})
    return describe(tx, tenant, caller, store.list_by_ids(tx, tenant, others)) if others else []


def _grown(
    tx: Transaction, tenant: Tenant, lead_ids: set[int], conversation_ids: set[int]
) -> Person:
    phones: set[str] = set()
    while True:
        rows = store.list_by_ids(tx, tenant, sorted(conversation_ids))
        phones |= {row.contact_phone for row in rows if row.contact_phone is not None}
        phones |= leads.phones_of(tx, tenant, lead_ids)
        tied = set(store.leads_of(tx, tenant, sorted(conversation_ids)).values())
        more_leads = tied | leads.ids_with_phones(tx, tenant, phones, limit=MOST)
        more = store.tied_to(tx, tenant, sorted(lead_ids | more_leads), limit=MOST)
        more |= numbers.ids_with_phones(tx, tenant, sorted(phones), limit=MOST)
        is_whole = max(len(lead_ids | more_leads), len(conversation_ids | more)) < MOST
        if not is_whole or (more_leads <= lead_ids and more <= conversation_ids):
            return Person(
                frozenset(lead_ids | more_leads),
                frozenset(conversation_ids | more),
                frozenset(phones),
                is_whole,
            )
        lead_ids, conversation_ids = lead_ids | more_leads, conversation_ids | more
