"""A text of ours to somebody who agreed to it elsewhere, in a call: whether it may be sent at all, and
where a conversation on WhatsApp takes it."""

from __future__ import annotations

from maane.conversations import consent, numbers, ownership, store
from maane.conversations.models import Conversation, Message
from maane.conversations.operations import lock
from maane.conversations.people import SEND_JOB
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction, now
from maane.tenancy.access import Tenant


def wants_none(tx: Transaction, tenant: Tenant, phone: str, conversation_id: int) -> bool:
    """True where this number asked not to be written to, on any channel, or did so in a conversation by
    a word that says nothing else."""
    if numbers.is_stopped(tx, tenant, phone):
        return True
    said = numbers.list_heard(tx, tenant, conversation_id)
    return any(consent.DEFAULT.is_out(text) for text in said)


def find_open(tx: Transaction, tenant: Tenant, phone: str) -> Conversation | None:
    """The WhatsApp conversation of a number that takes free text now and in which no person speaks."""
    found = numbers.find_newest(tx, tenant, "whatsapp", phone)
    if found is None or not ownership.takes_free_text(found):
        return None
    return None if ownership.is_persons(found, now()) else found


def write(
    tx: Transaction, jobs: Jobs, tenant: Tenant, conversation: Conversation, text: str
) -> Message:
    """Keeps a text of the assistant's in a conversation, with the job that sends it."""
    conversation = lock(tx, tenant, conversation.id)
    message = Message(
        business_id=tenant.id,
        conversation_id=conversation.id,
        direction="outbound",
        author="assistant",
        text=text,
        status="pending",
        awaits_answer=False,
        created_at=now(),
    )
    store.add(tx, message)
    ownership.note_said(conversation, message, message.created_at)
    tx.flush()
    line = f"{conversation.channel}:{conversation.contact_key}"
    jobs.enqueue_turn(tx, SEND_JOB, tenant.id, message.id, line)
    return message
