"""The way of a message of ours to its customer: claimed, sent, failed, or withheld; never backwards.

What waits to be tried again holds up nothing, so it can be overtaken. It is then either kept back or
waited for: a customer never reads two messages of ours in another order than they were written in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from maane.conversations import away, ownership, store
from maane.conversations.models import STATUS_ORDER, UNCERTAIN, Conversation, Message
from maane.conversations.operations import is_silent, lock
from maane.conversations.reasons import Withheld, withheld
from maane.kit.db import Transaction, now
from maane.kit.errors import NotFound
from maane.kit.text import shortened, wire_length
from maane.tenancy.access import Tenant

WINDOW_CLOSED: Literal["window_closed"] = "window_closed"
"""Why a free text is not sent: WhatsApp takes none so long after the customer's last message."""

LONGEST_UNCERTAIN = timedelta(minutes=5)
"""So long after it was given to its provider a message may be without a word of what became of it."""
LONGEST_ON_THE_WAY = timedelta(hours=1)
"""No message is tried for so long; one that is older and still to be sent is waited for no more."""


def is_on_its_way(message: Message) -> bool:
    """True for a message of ours that is still to be sent, and will be or will fail."""
    return message.status == "pending" and message.created_at > now() - LONGEST_ON_THE_WAY


def is_behind(tx: Transaction, tenant: Tenant, message: Message) -> bool:
    """True while something that was to be said before a message is on its way."""
    before = store.list_pending_before(tx, tenant, message)
    return any(is_on_its_way(row) for row in before)


def is_overtaken(tx: Transaction, tenant: Tenant, message: Message) -> bool:
    """True where something was said to the customer after it."""
    return store.is_followed(tx, tenant, message)


def overtake(tx: Transaction, tenant: Tenant, answer: Message) -> bool:
    """Keeps back an answer that is still to be sent, since its customer wrote more; what it was for
    awaits the next one. The caller has locked its conversation. False where it was claimed by then."""
    if not store.move_status(tx, tenant, answer.id, ("pending",), withheld("overtaken")):
        return False
    message = (
        None if answer.answers_id is None else store.find_message(tx, tenant, answer.answers_id)
    )
    if message is not None:
        message.awaits_answer = True
        tx.flush()
    return True


def barrier(
    tx: Transaction, tenant: Tenant, message: Message
) -> Withheld | Literal["window_closed"] | None:
    """Looks once more, right before a message is claimed, what keeps it from being sent, if anything.

    Where a person has taken over, or the customer asked for silence, what the assistant was about to say
    is withheld, and so is what a closed business was about to say once it is open. Where the provider
    takes no free text any more, the caller says so on it. Either way it stays uncertain where it may
    have left already. The conversation stays locked, so that nobody takes over between this and the
    claim."""
    conversation = lock(tx, tenant, message.conversation_id)
    obstacle: Withheld | None = None
    if away.is_outdated(conversation, message, now()):
        obstacle = "opened"
    elif not (
        message.author == "person"
        or not is_silent(conversation)
        or ownership.is_last_word(conversation, message)
    ):
        is_stopped = conversation.silence_reason == ownership.STOPPED
        obstacle = "stopped" if is_stopped else "taken_over"
    if obstacle is not None:
        if store.move_status(tx, tenant, message.id, ("pending",), withheld(obstacle)):
            ownership.note_unsent(conversation, message.id)
            tx.flush()
        return obstacle
    if message.template is not None or ownership.takes_free_text(conversation):
        return None
    return WINDOW_CLOSED


def outgoing(tx: Transaction, tenant: Tenant, message_id: int) -> tuple[Message, Conversation]:
    """A message that is to be sent, with its conversation. Raises ``NotFound``."""
    message = store.find_message(tx, tenant, message_id)
    if message is None:
        raise NotFound
    conversation = store.get_conversation(tx, tenant, message.conversation_id)
    if conversation is None:
        raise NotFound
    return message, conversation


def claim_sending(tx: Transaction, tenant: Tenant, message_id: int) -> bool:
    """True for the one caller that may now send it: compare and set, from pending to sending."""
    values = {"status": "sending", "error": None, "sending_at": now()}
    return store.move_status(tx, tenant, message_id, ("pending",), values)


def fit(tx: Transaction, tenant: Tenant, message: Message, longest: int) -> bool:
    """True where a message that was just claimed is no longer than its provider takes. The assistant's is
    made so, and kept as it is sent; a person's words are not shortened."""
    if message.template is not None or wire_length(message.text) <= longest:
        return True
    if message.author == "person":
        return False
    message.text = shortened(message.text, longest)
    store.move_status(tx, tenant, message.id, ("sending",), {"text": message.text})
    return True


def release_sending(tx: Transaction, tenant: Tenant, message_id: int, error: str | None) -> None:
    """Takes the claim back, so that the message can be sent again. ``error`` is why it has to be."""
    values = {"status": "pending", "error": error}
    store.move_status(tx, tenant, message_id, ("sending",), values)


def uncertain_for(message: Message) -> timedelta:
    """How much longer it may be unknown what became of a message that is being sent."""
    return (message.sending_at or message.created_at) + LONGEST_UNCERTAIN - now()


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


def mark_failed(tx: Transaction, tenant: Tenant, message_id: int, error: str) -> bool:
    """Says on a message why it was not sent; the customer then waits for somebody. False where more is
    known of it by now."""
    message = store.find_message(tx, tenant, message_id)
    if message is None:
        return False
    values = {"status": "failed", "error": error}
    return _fail(tx, tenant, message, ("pending", "sending"), values)


def advance_status(
    tx: Transaction,
    tenant: Tenant,
    external_id: str,
    own_id: int | None,
    status: str,
    error: str | None,
) -> Message | None:
    """What the provider says of a message of ours; never backwards, but for one that failed because
    nobody knew. The message, where this is news of whether it failed; mostly None."""
    message = store.find_outbound(tx, tenant, external_id, own_id)
    if message is None:
        return None
    before = STATUS_ORDER[: STATUS_ORDER.index(status)]
    values = {"status": status, "external_id": external_id, "error": error}
    was_uncertain = message.status == "failed" and message.error == UNCERTAIN
    if was_uncertain:
        before = (*before, "failed")
    if status == "failed":
        return message if _fail(tx, tenant, message, before, values) else None
    if not store.move_status(tx, tenant, message.id, before, values) or not was_uncertain:
        return None
    ownership.note_resumed(lock(tx, tenant, message.conversation_id), message.id)
    tx.flush()
    return message


def give_up_answer(tx: Transaction, tenant: Tenant, message: Message, error: str) -> str | None:
    """Says on the answer to a message that it will not be sent, unless it has a reason already, and
    returns the reason. A message without an answer awaits none any more: None."""
    answer = store.find_answer(tx, tenant, message.id)
    if answer is not None:
        return give_up(tx, tenant, answer, error)
    if message.awaits_answer:
        conversation = lock(tx, tenant, message.conversation_id)
        message.awaits_answer = False
        ownership.note_unsent(conversation, message.id)
        tx.flush()
    return None


def give_up(tx: Transaction, tenant: Tenant, message: Message, error: str) -> str:
    """Says on a message of ours that it will not be sent, and returns why."""
    reason = UNCERTAIN if message.status == "sending" else message.error or error
    mark_failed(tx, tenant, message.id, reason)
    return reason


def resume_answer(tx: Transaction, tenant: Tenant, message: Message) -> None:
    """Takes back that a message was given up: an answer that failed will be sent after all, and where
    there is none the message awaits one, unless a later one was answered and so it as well."""
    answer = store.find_answer(tx, tenant, message.id)
    if answer is not None:
        conversation = lock(tx, tenant, message.conversation_id)
        ownership.note_resumed(conversation, answer.id)
        tx.flush()
        store.move_status(tx, tenant, answer.id, ("failed",), {"status": "pending", "error": None})
    elif not store.is_answered_after(tx, tenant, message):
        message.awaits_answer = True
        tx.flush()


def _fail(
    tx: Transaction,
    tenant: Tenant,
    message: Message,
    before: Sequence[str],
    values: dict[str, Any],
) -> bool:
    conversation = lock(tx, tenant, message.conversation_id)
    if not store.move_status(tx, tenant, message.id, before, values):
        return False
    ownership.note_unsent(conversation, message.id)
    tx.flush()
    return True
