"""Puts what a person wrote, and what the business wrote from its own phone, into their conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maane.channels import inbox
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp import media_jobs, operations
from maane.channels.whatsapp.operations import Chosen, said_in
from maane.channels.whatsapp.payload import InboundMessage
from maane.conversations import operations as conversations
from maane.conversations.models import Conversation
from maane.conversations.operations import Contact, Incoming
from maane.hours import operations as opening
from maane.hours.calendar import Hours
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction, now
from maane.leads import operations as leads
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, caller_for_job
from maane.tenancy.models import Business


@dataclass(frozen=True, slots=True)
class Heard:
    """What was taken in, whether anything was new, and how its business answers. In a suspended business
    it is heard and awaits no answer."""

    conversation: Conversation
    is_new: bool
    business: Business
    chosen: Chosen
    hours: Hours | None

    @property
    def is_active(self) -> bool:
        return self.business.status == "active"


def take_in(
    tx: Transaction,
    jobs: Jobs,
    settings: Settings,
    tenant: Tenant,
    event: InboundEvent,
    said: InboundMessage,
) -> Heard:
    """Takes in all that this person wrote until now."""
    waiting = inbox.waiting_events(tx, tenant, event.provider, said.contact_key)
    events = {row.id: row for row in (*waiting, event)}
    parsed = [(said_in(row) or said, row) for row in events.values()]
    parsed.sort(key=lambda pair: operations.order_of(pair[0], pair[1].id))
    heard = _hear(tx, tenant, event.provider, parsed)
    messages = [message for message, _ in parsed]
    media_jobs.expect(
        tx, jobs, settings, tenant, event.provider, messages, is_active=heard.is_active
    )
    return heard


def take_in_alone(
    tx: Transaction, tenant: Tenant, event: InboundEvent, said: InboundMessage
) -> None:
    """Takes in one event, in words: its files are fetched when its job is run again."""
    _hear(tx, tenant, event.provider, [(said, event)])


def _hear(
    tx: Transaction,
    tenant: Tenant,
    provider: str,
    parsed: Sequence[tuple[InboundMessage, InboundEvent]],
) -> Heard:
    business = tenancy.get_business(tx, tenant.id)
    is_active = business.status == "active"
    chosen = operations.settings_of(tx, tenant)
    hours = opening.hours_for_turn(tx, tenant, business)
    last, _ = parsed[-1]
    conversation = conversations.take_in(
        tx,
        tenant,
        Contact(operations.CHANNELS[provider], last.contact_key, last.phone, last.name),
        [
            Incoming(
                external_id=row.external_id,
                text=message.text,
                at=message.at,
                received_at=row.received_at,
                awaits_answer=message.is_answerable and not message.is_echo and is_active,
                is_echo=message.is_echo,
                takes_over=message.is_echo and message.is_answerable,
            )
            for message, row in parsed
        ],
        chosen.words,
        hours,
    )
    new = [row for _, row in parsed if row.processed_at is None]
    for row in new:
        row.processed_at = now()
    tx.flush()
    return Heard(conversation, bool(new), business, chosen, hours)


def open_lead(
    tx: Transaction, tenant: Tenant, conversation_id: int, said: InboundMessage, *, is_new: bool
) -> str | None:
    """The name on the conversation's lead, which is opened, or found by its phone number."""
    lead_id = conversations.lead_id_of(tx, tenant, conversation_id)
    caller = caller_for_job(tenant)
    name = said.name or said.phone or said.contact_key
    if lead_id is None:
        lead = leads.open_for_contact(tx, tenant, caller, said.phone, name, source="whatsapp")
        conversations.tie_lead(tx, tenant, conversation_id, lead.id)
        return lead.name
    if is_new:
        return leads.note_contact(tx, tenant, caller, lead_id, said.phone, name).name
    return leads.get_lead(tx, tenant, lead_id).name
