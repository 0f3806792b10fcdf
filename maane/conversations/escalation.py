"""What happens in a conversation that was handed over and for which nobody came."""

from __future__ import annotations

from maane.conversations import ownership, store
from maane.conversations.models import Conversation, Message
from maane.conversations.people import SEND_JOB
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction, now
from maane.tenancy import audit
from maane.tenancy.access import Tenant, caller_for_job


def last_words(tx: Transaction, tenant: Tenant, conversation: Conversation) -> str:
    """What the customer wrote last; nothing where they never wrote."""
    message = store.find_message(tx, tenant, conversation.last_inbound_id)
    return "" if message is None else message.text


def escalate(
    tx: Transaction, jobs: Jobs, tenant: Tenant, conversation: Conversation, text: str
) -> Message | None:
    """Notes on a conversation that the caller has locked that nobody came, and says ``text`` to the
    customer, who goes on waiting. None where WhatsApp takes no free text any more: nothing is said.

    It is the assistant's last word in this silence (``ownership.is_last_word``), so it leaves although
    a person owns the conversation, and is withheld when one comes before it left.
    """
    at = now()
    conversation.escalated_at = at
    caller = caller_for_job(tenant)
    audit.record(tx, caller, "conversation.escalated", f"conversation:{conversation.id}")
    if not ownership.takes_free_text(conversation):
        tx.flush()
        return None
    message = Message(
        business_id=tenant.id,
        conversation_id=conversation.id,
        direction="outbound",
        author="assistant",
        text=text,
        status="pending",
        awaits_answer=False,
        created_at=at,
    )
    store.add(tx, message)
    ownership.note_said(conversation, message, at)
    tx.flush()
    jobs.enqueue_turn(
        tx, SEND_JOB, tenant.id, message.id, f"{conversation.channel}:{conversation.contact_key}"
    )
    return message
