"""The way of a message of ours to its customer: claimed, sent, failed, or withheld; never backwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from maane.conversations import ownership, store
from maane.conversations.models import STATUS_ORDER, WITHHELD, Conversation, Message
from maane.conversations.operations import is_silent, lock
from maane.kit.db import Transaction
from maane.kit.errors import NotFound
from maane.tenancy.access import Tenant

WINDOW_CLOSED: Literal["window_closed"] = "window_closed"
"""Why a free text is not sent: WhatsApp takes none so long after the customer's last message."""


def barrier(
    tx: Transaction, tenant: Tenant, message: Message
) -> Literal["taken_over", "window_closed"] | None:
    """Looks once more, right before a message is claimed, what keeps it from being sent, if anything.

    Where a person has taken over, what the assistant was about to say is withheld. Where the provider
    takes no free text any more, the caller says so on it. Either way it stays uncertain where it may
    have left already. The conversation stays locked, so that nobody takes over between this and the
    claim."""
    conversation = lock(tx, tenant, message.conversation_id)
    if not (
        message.author == "person"
        or not is_silent(conversation)
        or ownership.is_last_word(conversation, message)
    ):
        if store.move_status(tx, tenant, message.id, ("pending",), {"status": WITHHELD}):
            ownership.note_unsent(conversation, message.id)
            tx.flush()
        return "taken_over"
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
    """Says on a message why it was not sent; the customer then waits for somebody."""
    message = store.find_message(tx, tenant, message_id)
    if message is not None:
        values = {"status": "failed", "error": error}
        _fail(tx, tenant, message, ("pending", "sending"), values)


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
    if status == "failed":
        _fail(tx, tenant, message, before, values)
    else:
        store.move_status(tx, tenant, message.id, before, values)
    return True


def give_up_answer(tx: Transaction, tenant: Tenant, message: Message, error: str) -> bool:
    """Says on the answer to a message that it will not be sent, unless it has a reason already; a
    message without an answer awaits none any more. True when there was an answer."""
    answer = store.find_answer(tx, tenant, message.id)
    if answer is None:
        conversation = lock(tx, tenant, message.conversation_id)
        message.awaits_answer = False
        ownership.note_unsent(conversation, message.id)
        tx.flush()
        return False
    mark_failed(tx, tenant, answer.id, answer.error or error)
    return True


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
) -> None:
    conversation = lock(tx, tenant, message.conversation_id)
    if store.move_status(tx, tenant, message.id, before, values):
        ownership.note_unsent(conversation, message.id)
        tx.flush()
