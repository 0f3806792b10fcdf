"""A conversation that is spoken, on the phone: a call is one, from its ring to its end.

Whoever speaks to a caller must go on speaking, so nothing here asks who owns the conversation: a handover
brings a person later, and until the call ends the assistant takes what there is to take. Words of the
caller never end automatic messages either; nobody is written to here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from maane.conversations import consent, ownership, store
from maane.conversations.models import Conversation, Message
from maane.conversations.opening import Contact, new_conversation
from maane.conversations.operations import Incoming, add_to, is_silent, lock
from maane.conversations.reasons import withheld
from maane.kit.db import Transaction, now
from maane.tenancy.access import Tenant

_NO_WORDS = consent.words_of((), ())


def begin(tx: Transaction, tenant: Tenant, contact: Contact, at: datetime) -> Conversation:
    """A new conversation. The caller has made sure that there is none."""
    conversation = new_conversation(tenant, contact, at)
    store.add(tx, conversation)
    return conversation


def hear(
    tx: Transaction, tenant: Tenant, conversation: Conversation, key: str, text: str, at: datetime
) -> Message:
    """Keeps what the caller said, once for each ``key``, as a message that awaits its answer."""
    incoming = Incoming(key, text, at, at, awaits_answer=True)
    if new := add_to(tx, tenant, conversation, [incoming], _NO_WORDS):
        return new[0]
    message = store.find_by_external_id(tx, tenant, key)
    if message is None:
        raise LookupError("what was taken in is not there")
    return message


def answer(
    tx: Transaction,
    tenant: Tenant,
    conversation: Conversation,
    message: Message,
    author: Literal["assistant", "intake"],
    text: str,
    version: int,
) -> Message:
    """Keeps the one answer to what the caller said, before it is spoken. The conversation is locked."""
    known = store.find_answer(tx, tenant, message.id)
    if known is not None:
        return known
    row = _say(tx, conversation, author, text, answers_id=message.id, version=version)
    store.end_waiting(tx, tenant, conversation.id, message.id)
    if not is_silent(conversation):
        conversation.is_waiting = False
    return row


def say(tx: Transaction, tenant: Tenant, conversation_id: int, text: str) -> Message:
    """Keeps what is said without having been asked: a greeting, a question to somebody silent."""
    conversation = lock(tx, tenant, conversation_id)
    row = _say(tx, conversation, "assistant", text)
    tx.flush()
    return row


def _say(
    tx: Transaction,
    conversation: Conversation,
    author: str,
    text: str,
    *,
    answers_id: int | None = None,
    version: int | None = None,
) -> Message:
    row = Message(
        business_id=conversation.business_id,
        conversation_id=conversation.id,
        answers_id=answers_id,
        direction="outbound",
        author=author,
        text=text,
        status="sending",
        prompt_version=version,
        awaits_answer=False,
        created_at=now(),
    )
    store.add(tx, row)
    ownership.note_said(conversation, row, row.created_at)
    return row


def mark_spoken(tx: Transaction, tenant: Tenant, message_id: int) -> None:
    """Its audio has begun to leave."""
    store.move_status(tx, tenant, message_id, ("sending",), {"status": "sent"})


def mark_unspoken(tx: Transaction, tenant: Tenant, message_id: int) -> None:
    """The call ended before it was said."""
    store.move_status(tx, tenant, message_id, ("sending",), withheld("call_ended"))


def cut(tx: Transaction, tenant: Tenant, message_id: int, heard: str) -> None:
    """Keeps of what we said what was heard. Of what nobody heard the words stay, and are not history."""
    message = store.find_message(tx, tenant, message_id)
    if message is None:
        return
    if heard:
        message.text = heard
    else:
        values = withheld("interrupted")
        message.status, message.error = values["status"], values["error"]
    tx.flush()


def end(tx: Transaction, tenant: Tenant, conversation_id: int, *, is_settled: bool) -> None:
    """The call is over: nothing in it awaits an answer any more. It is closed where nothing is left to
    do for a person (``is_settled``), and open where something is, also when that is known later."""
    conversation = lock(tx, tenant, conversation_id)
    store.end_waiting(tx, tenant, conversation.id, conversation.last_message_id)
    if not is_settled:
        conversation.status = "open"
    elif not is_silent(conversation):
        conversation.status = "closed"
        conversation.is_waiting = False
    tx.flush()
