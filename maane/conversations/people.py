"""What people of the business do in a conversation: answer, take over, hand back, close, assign, note."""

from __future__ import annotations

from collections.abc import Sequence

from maane.conversations import ownership, store
from maane.conversations.models import Conversation, ConversationNote, Message
from maane.conversations.operations import lock
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, Invalid, NotFound
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

SEND_JOB = "send message of a person"


def write_message(
    tx: Transaction,
    jobs: Jobs,
    tenant: Tenant,
    caller: Caller,
    conversation_id: int,
    text: str,
    idempotency_key: str,
    *,
    template: str | None = None,
) -> Message:
    """Keeps a person's message, with the job that sends it, and takes the conversation over.
    ``template`` is what its channel sends in the text's place, which the customer sees as the text; it
    may be sent at any time.

    A message that was posted before under the same key is returned as it is now. Raises ``NotFound``,
    and ``Conflict``: ``call`` for a call, which takes no text, ``window_closed`` when WhatsApp takes no
    free text any more, ``key_reused`` for another text under a key.
    """
    conversation = lock(tx, tenant, conversation_id)
    if conversation.is_spoken:
        raise Conflict("call")
    known = store.find_by_idempotency_key(tx, tenant, conversation_id, idempotency_key)
    if known is not None:
        if (known.text, known.template) != (text, template):
            raise Conflict("key_reused")
        return known
    at = now()
    if template is None and not ownership.takes_free_text(conversation):
        raise Conflict("window_closed")
    ownership.reopen(tx, caller, conversation)
    ownership.take(tx, tenant, caller, conversation, "wrote")
    # What the customer asked is answered now, by a person.
    store.end_waiting(tx, tenant, conversation_id, conversation.last_message_id)
    message = Message(
        business_id=tenant.id,
        conversation_id=conversation_id,
        direction="outbound",
        author="person",
        author_user_id=caller.user_id,
        author_name=caller.name,
        idempotency_key=idempotency_key,
        text=text,
        template=template,
        status="pending",
        awaits_answer=False,
        created_at=at,
    )
    store.add(tx, message)
    ownership.note_said(conversation, message, at)
    conversation.is_waiting = False
    tx.flush()
    # A partition of its own: a person does not wait for a turn that waits for its model.
    jobs.enqueue_turn(
        tx, SEND_JOB, tenant.id, message.id, f"{conversation.channel}:{conversation.contact_key}"
    )
    audit.record(tx, caller, "conversation.answered", f"conversation:{conversation_id}")
    return message


def take_over(
    tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int
) -> Conversation:
    """Silences the assistant before anything is written. Raises ``NotFound``."""
    conversation = lock(tx, tenant, conversation_id)
    ownership.reopen(tx, caller, conversation)
    ownership.take(tx, tenant, caller, conversation, "took_over")
    tx.flush()
    return conversation


def hand_back(
    tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int
) -> Conversation:
    """The assistant answers from the customer's next message on, and knows what was said meanwhile.
    A customer whom nobody answered goes on waiting. Raises ``NotFound``."""
    conversation = lock(tx, tenant, conversation_id)
    ownership.give_back(tx, caller, conversation)
    tx.flush()
    return conversation


def close(tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int) -> Conversation:
    """Ends a conversation until its customer writes again; the assistant then answers, unless the
    customer asked for silence. Raises ``NotFound``."""
    conversation = lock(tx, tenant, conversation_id)
    if conversation.status == "closed":
        return conversation
    conversation.status = "closed"
    conversation.is_waiting = False
    store.end_waiting(tx, tenant, conversation_id, conversation.last_message_id)
    audit.record(tx, caller, "conversation.closed", f"conversation:{conversation_id}")
    if conversation.silence_reason != ownership.STOPPED:
        ownership.give_back(tx, caller, conversation)
    tx.flush()
    return conversation


def reopen(tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int) -> Conversation:
    """Raises ``NotFound``."""
    conversation = lock(tx, tenant, conversation_id)
    ownership.reopen(tx, caller, conversation)
    tx.flush()
    return conversation


def assign(
    tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int, user_id: int | None
) -> Conversation:
    """Gives the conversation to a user of the business, or to nobody. Raises ``NotFound``, and
    ``Invalid`` for anybody else but the caller."""
    conversation = lock(tx, tenant, conversation_id)
    if user_id not in {None, caller.user_id, *(u.id for u in tenancy.list_users(tx, tenant))}:
        raise Invalid.field("user_id", "unknown", "is no user of this business")
    if conversation.assigned_user_id == user_id:
        return conversation
    conversation.assigned_user_id = user_id
    tx.flush()
    audit.record(tx, caller, "conversation.assigned", f"conversation:{conversation_id}")
    return conversation


def mark_read(
    tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int, message_id: int
) -> int:
    """Notes that the caller has read up to this message; never backwards, and never past what was
    said. Returns the message that the marker was moved to. Raises ``NotFound``."""
    conversation = store.get_conversation(tx, tenant, conversation_id)
    if conversation is None:
        raise NotFound
    up_to = min(message_id, conversation.last_message_id)
    if caller.user_id is not None:
        store.mark_read(tx, tenant, caller.user_id, conversation_id, up_to)
    return up_to


def add_note(
    tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int, text: str
) -> ConversationNote:
    """Raises ``NotFound``."""
    lock(tx, tenant, conversation_id)
    note = ConversationNote(
        business_id=tenant.id,
        conversation_id=conversation_id,
        user_id=caller.user_id,
        author_name=caller.name or "",
        text=text,
        created_at=now(),
    )
    store.add(tx, note)
    audit.record(tx, caller, "conversation.noted", f"conversation:{conversation_id}")
    return note


def list_notes(
    tx: Transaction, tenant: Tenant, conversation_id: int, *, limit: int, after: str | None
) -> tuple[Sequence[ConversationNote], str | None]:
    """Newest first. Raises ``NotFound``."""
    if store.get_conversation(tx, tenant, conversation_id) is None:
        raise NotFound
    return store.list_notes(tx, tenant, conversation_id, limit=limit, after=after)
