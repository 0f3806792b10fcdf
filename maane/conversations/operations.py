"""Take in what a person wrote, keep what was answered, move its status forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from maane.conversations import store
from maane.conversations.models import STATUS_ORDER, Conversation, ConversationLead, Message
from maane.kit.db import Transaction, now
from maane.kit.errors import NotFound
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant

HISTORY = 40
STALE_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Contact:
    """The person on the other side, as the channel knows them. ``phone`` is E.164 or None."""

    channel: str
    key: str
    phone: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that came in. ``at`` is the provider's instant, ``received_at`` ours."""

    external_id: str
    text: str
    at: datetime
    received_at: datetime
    awaits_answer: bool


def take_in(
    tx: Transaction, tenant: Tenant, contact: Contact, incoming: Sequence[Incoming]
) -> Conversation:
    """Stores what a person wrote, in this order, once for each ``external_id``, and returns their
    conversation, which is opened where there was none."""
    conversation = store.find_conversation(tx, tenant, contact.channel, contact.key)
    if conversation is None:
        # Two workers may hold the same first message for a moment; the second finds the first's.
        tenancy.lock_and_look(tx, tenant)
        conversation = store.find_conversation(tx, tenant, contact.channel, contact.key)
    if conversation is None:
        conversation = Conversation(
            business_id=tenant.id,
            channel=contact.channel,
            contact_key=contact.key,
            contact_phone=contact.phone,
            contact_name=contact.name,
            prompt_version=0,
            stale_rounds=0,
            last_message_at=incoming[0].at,
            created_at=now(),
        )
        store.add(tx, conversation)
    known = store.conversations_of(tx, tenant, [message.external_id for message in incoming])
    new = [message for message in incoming if message.external_id not in known]
    if not new:
        return conversation
    store.add_messages(
        tx,
        [
            Message(
                business_id=tenant.id,
                conversation_id=conversation.id,
                direction="inbound",
                author="customer",
                text=message.text,
                status="received",
                external_id=message.external_id,
                awaits_answer=message.awaits_answer,
                created_at=message.received_at,
            )
            for message in new
        ],
    )
    conversation.last_message_at = max(conversation.last_message_at, *(m.at for m in new))
    conversation.contact_name = contact.name or conversation.contact_name
    conversation.contact_phone = contact.phone or conversation.contact_phone
    tx.flush()
    return conversation


def awaiting(tx: Transaction, tenant: Tenant, conversation_id: int) -> Sequence[Message]:
    """The messages of a conversation that still await an answer, oldest first."""
    return store.list_awaiting(tx, tenant, conversation_id)


def lock(tx: Transaction, tenant: Tenant, conversation_id: int) -> Conversation:
    """A conversation as it is now. Others who decide on an answer in it wait for this transaction."""
    return store.lock_conversation(tx, tenant, conversation_id)


def may_go_stale(tx: Transaction, conversation: Conversation) -> bool:
    """True where a reply may be dropped because the person wrote more, and counts that it was. After
    ``STALE_ROUNDS`` it may not: somebody who never stops writing is answered in between."""
    if conversation.stale_rounds >= STALE_ROUNDS:
        return False
    conversation.stale_rounds += 1
    tx.flush()
    return True


def history(tx: Transaction, tenant: Tenant, message: Message) -> list[Message]:
    """What was said in the message's conversation up to it, oldest first, at most ``HISTORY``."""
    return store.list_until(tx, tenant, message, limit=HISTORY)


def contact_names(tx: Transaction, tenant: Tenant, conversation_id: int) -> set[str | None]:
    """What the channel calls the person of a conversation."""
    conversation = store.get_conversation(tx, tenant, conversation_id)
    if conversation is None:
        return set()
    return {conversation.contact_name, conversation.contact_phone, conversation.contact_key}


def message_of_event(tx: Transaction, tenant: Tenant, external_id: str) -> Message | None:
    """The message that an event of the provider became."""
    return store.find_by_external_id(tx, tenant, external_id)


def conversations_of_events(
    tx: Transaction, tenant: Tenant, external_ids: Sequence[str]
) -> dict[str, int]:
    """The conversations that events of the provider went into, by the events' external ids."""
    return store.conversations_of(tx, tenant, external_ids)


def answer_to(tx: Transaction, tenant: Tenant, message_id: int) -> Message | None:
    """The answer that was decided on for a message, whether sent or not."""
    return store.find_answer(tx, tenant, message_id)


def decide_answer(
    tx: Transaction, tenant: Tenant, message: Message, author: str, text: str, version: int
) -> Message:
    """Keeps the one answer to a message and to all before it that await one, before it is sent. The
    database refuses a second one."""
    answer = Message(
        business_id=tenant.id,
        conversation_id=message.conversation_id,
        answers_id=message.id,
        direction="outbound",
        author=author,
        text=text,
        status="pending",
        prompt_version=version,
        awaits_answer=False,
        created_at=now(),
    )
    store.add(tx, answer)
    store.end_waiting(tx, tenant, message.conversation_id, message.id)
    conversation = store.get_conversation(tx, tenant, message.conversation_id)
    if conversation is not None:
        conversation.prompt_version = version
        conversation.stale_rounds = 0
        conversation.last_message_at = answer.created_at
        tx.flush()
    return answer


def give_up_answer(tx: Transaction, tenant: Tenant, message: Message, error: str) -> bool:
    """Says on the answer to a message that it will not be sent, unless it has a reason already; a
    message without an answer awaits none any more. True when there was an answer."""
    answer = store.find_answer(tx, tenant, message.id)
    if answer is None:
        message.awaits_answer = False
        tx.flush()
        return False
    mark_failed(tx, tenant, answer.id, answer.error or error)
    return True


def resume_answer(tx: Transaction, tenant: Tenant, message: Message) -> None:
    """Takes back that a message was given up: an answer that failed will be sent after all, and where
    there is none the message awaits one, unless a later one was answered and so it as well."""
    answer = store.find_answer(tx, tenant, message.id)
    if answer is not None:
        store.move_status(tx, tenant, answer.id, ("failed",), {"status": "pending", "error": None})
    elif not store.is_answered_after(tx, tenant, message):
        message.awaits_answer = True
        tx.flush()


def claim_sending(tx: Transaction, tenant: Tenant, message_id: int) -> bool:
    """True for the one caller that may now send it: compare and set, from pending to sending."""
    values = {"status": "sending", "error": None}
    return store.move_status(tx, tenant, message_id, ("pending",), values)


def release_sending(tx: Transaction, tenant: Tenant, message_id: int, error: str | None) -> None:
    """Takes the claim back, so that the message can be sent again. ``error`` is why it has to be."""
    values = {"status": "pending", "error": error}
    store.move_status(tx, tenant, message_id, ("sending",), values)


def note_uncertain(tx: Transaction, tenant: Tenant, message_id: int, error: str) -> None:
    """Says on a message that was begun to be sent why nobody knows whether it arrived."""
    store.move_status(tx, tenant, message_id, ("sending",), {"error": error})


def mark_sent(
    tx: Transaction, tenant: Tenant, message_id: int, external_id: str | None, status: str = "sent"
) -> None:
    store.move_status(
        tx,
        tenant,
        message_id,
        ("pending", "sending"),
        {"status": status, "external_id": external_id, "error": None},
    )


def mark_failed(tx: Transaction, tenant: Tenant, message_id: int, error: str) -> None:
    store.move_status(
        tx, tenant, message_id, ("pending", "sending"), {"status": "failed", "error": error}
    )


def advance_status(
    tx: Transaction,
    tenant: Tenant,
    external_id: str,
    own_id: int | None,
    status: str,
    error: str | None,
) -> bool:
    """What the provider says of a message of ours; never backwards. False when it is unknown."""
    message = store.find_outbound(tx, tenant, external_id, own_id)
    if message is None:
        return False
    before = STATUS_ORDER[: STATUS_ORDER.index(status)]
    values = {"status": status, "external_id": external_id, "error": error}
    store.move_status(tx, tenant, message.id, before, values)
    return True


def lead_id_of(tx: Transaction, tenant: Tenant, conversation_id: int) -> int | None:
    return store.leads_of(tx, tenant, [conversation_id]).get(conversation_id)


def tie_lead(tx: Transaction, tenant: Tenant, conversation_id: int, lead_id: int) -> None:
    store.add(
        tx,
        ConversationLead(business_id=tenant.id, conversation_id=conversation_id, lead_id=lead_id),
    )


def list_conversations(
    tx: Transaction, tenant: Tenant, *, limit: int, after: str | None
) -> tuple[list[tuple[Conversation, int | None]], str | None]:
    """Newest first, each with the id of its lead."""
    rows, following = store.list_conversations(tx, tenant, limit=limit, after=after)
    leads = store.leads_of(tx, tenant, [row.id for row in rows])
    return [(row, leads.get(row.id)) for row in rows], following


def list_messages(
    tx: Transaction, tenant: Tenant, conversation_id: int, *, limit: int, after: str | None
) -> tuple[Sequence[Message], str | None]:
    """Newest first. Raises ``NotFound``, also for a conversation of another business."""
    if store.get_conversation(tx, tenant, conversation_id) is None:
        raise NotFound
    return store.list_messages(tx, tenant, conversation_id, limit=limit, after=after)
