"""Who answers in a conversation, the assistant or a person, and what that means for its messages.

These act on a conversation that the caller has locked (``store.lock_conversation``), so a takeover and
a message that is about to leave follow one another: what was claimed before a takeover leaves, nothing
is claimed after it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

from maane.conversations import pinning, store
from maane.conversations.models import Conversation, Message
from maane.kit.db import Transaction, now
from maane.tenancy import audit
from maane.tenancy.access import Caller, Tenant

TAKEOVER_HOURS = 12
STOPPED: Final = "stopped"
"""The customer asked not to be written to: this silence has no end but a person's."""
AWAY: Final = "away"
"""The business is closed and answers by its own text: this silence ends when it opens (``away``)."""
WINDOW_HOURS = 24
"""WhatsApp takes free text for so long after the customer's last message."""


def is_persons(conversation: Conversation, at: datetime) -> bool:
    """True while a person owns the conversation and the assistant is silent; without
    ``owned_until_at`` that has no end."""
    until = conversation.owned_until_at
    return conversation.owner == "person" and (until is None or until > at)


def window_closes_at(conversation: Conversation) -> datetime | None:
    """When free text ends; None where the customer never wrote, and for a call."""
    wrote_at = None if conversation.is_spoken else conversation.last_inbound_at
    return None if wrote_at is None else wrote_at + timedelta(hours=WINDOW_HOURS)


def takes_free_text(conversation: Conversation) -> bool:
    """True while WhatsApp takes what is not a template; never for a call."""
    if conversation.is_spoken:
        return False
    closes_at = window_closes_at(conversation)
    return closes_at is not None and closes_at > now()


def take(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    conversation: Conversation,
    reason: Literal["took_over", "wrote"],
) -> None:
    """Makes the caller the owner for ``TAKEOVER_HOURS`` from now, keeps back what the assistant was
    about to say, and assigns the conversation to the caller where nobody had it."""
    at = now()
    is_stopped = conversation.silence_reason == STOPPED
    if not is_persons(conversation, at) or conversation.owner_user_id != caller.user_id:
        conversation.owner = "person"
        conversation.owner_user_id = caller.user_id
        conversation.owner_name = caller.name
        conversation.owned_at = at
        if not is_stopped:
            conversation.silence_reason, conversation.silence_note = reason, None
        audit.record(tx, caller, "conversation.taken_over", f"conversation:{conversation.id}")
    conversation.owned_until_at = None if is_stopped else at + timedelta(hours=TAKEOVER_HOURS)
    if conversation.assigned_user_id is None:
        conversation.assigned_user_id = caller.user_id
    withheld = store.withhold_answers(tx, tenant, conversation.id, "taken_over")
    if conversation.last_message_id in (conversation.last_inbound_id, *withheld):
        conversation.is_waiting = True


def take_elsewhere(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    conversation: Conversation,
    wrote_at: datetime,
) -> None:
    """What a message that somebody of the business wrote from their own phone at ``wrote_at`` means: what
    the customer had asked by then is answered, and the assistant is silent for ``TAKEOVER_HOURS`` from
    then, of which none may be left. Who of Maane has the conversation keeps it."""
    at = now()
    inbound_at = conversation.last_inbound_at
    is_answered = inbound_at is None or wrote_at >= inbound_at
    if is_answered:
        store.end_waiting(tx, tenant, conversation.id, conversation.last_message_id)
        conversation.is_waiting = False
    reopen(tx, caller, conversation)
    until = wrote_at + timedelta(hours=TAKEOVER_HOURS)
    if until <= at:
        return
    is_stopped = conversation.silence_reason == STOPPED
    until_before = conversation.owned_until_at
    if conversation.silence_reason == AWAY:
        # It would last until the opening, which may be days away; a person's has its own length.
        until_before = None
    is_somebodys = conversation.owner_user_id is not None
    has_it = is_somebodys or conversation.silence_reason == "wrote_elsewhere"
    if not (is_persons(conversation, at) and has_it):
        conversation.owner = "person"
        conversation.owner_user_id = conversation.owner_name = None
        conversation.owned_at = wrote_at
        if not is_stopped:
            conversation.silence_reason, conversation.silence_note = "wrote_elsewhere", None
        audit.record(tx, caller, "conversation.taken_over", f"conversation:{conversation.id}")
    if is_stopped:
        conversation.owned_until_at = None
    else:
        conversation.owned_until_at = max(until_before or until, until)
    withheld = store.withhold_answers(tx, tenant, conversation.id, "taken_over")
    if not is_answered and (withheld or store.list_awaiting(tx, tenant, conversation.id)):
        conversation.is_waiting = True


def fall_silent(
    tx: Transaction,
    caller: Caller,
    conversation: Conversation,
    reason: Literal["handed_over", "stopped", "away"],
    note: str | None,
) -> None:
    """The assistant gives the conversation to whoever of the business comes first. What it said until
    now still leaves. A conversation that was handed over waits, and so does one of a closed business,
    for which the caller (``away``) knows an end; one whose customer asked for silence does not, and its
    silence does not run out."""
    at = now()
    conversation.owner = "person"
    conversation.owner_user_id = conversation.owner_name = None
    conversation.owned_at = at
    conversation.escalated_at = None
    conversation.silence_reason, conversation.silence_note = reason, note
    if reason == STOPPED:
        conversation.owned_until_at = None
    else:
        conversation.owned_until_at = at + timedelta(hours=TAKEOVER_HOURS)
        conversation.is_waiting = True
    audit.record(tx, caller, f"conversation.{reason}", f"conversation:{conversation.id}")


def stop(tx: Transaction, tenant: Tenant, caller: Caller, conversation: Conversation) -> None:
    """What a customer's word that ends automatic messages means: the silence has no end, and what was
    about to be said is kept back. Who of the business has the conversation keeps it."""
    has_it = is_persons(conversation, now())
    holder = (conversation.owner_user_id, conversation.owner_name) if has_it else (None, None)
    fall_silent(tx, caller, conversation, STOPPED, None)
    conversation.owner_user_id, conversation.owner_name = holder
    conversation.is_waiting = False
    store.withhold_answers(tx, tenant, conversation.id, "stopped")


def resume(tx: Transaction, caller: Caller, conversation: Conversation) -> None:
    """What the word that takes it back means: a person who has the conversation keeps it for
    ``TAKEOVER_HOURS``, else the assistant answers again."""
    if conversation.owner_user_id is None:
        give_back(tx, caller, conversation, reason="the customer asked")
        return
    conversation.silence_reason = "took_over"
    conversation.owned_until_at = now() + timedelta(hours=TAKEOVER_HOURS)
    subject = f"conversation:{conversation.id}"
    audit.record(tx, caller, "conversation.resumed", subject)


def is_last_word(conversation: Conversation, message: Message) -> bool:
    """True for what the assistant said with its falling silent, or before it: that still leaves. After a
    handover for which nobody came, its last word is the one that said so."""
    by_itself = conversation.silence_reason in ("handed_over", STOPPED, AWAY)
    last_at = conversation.escalated_at or conversation.owned_at
    return by_itself and last_at is not None and message.created_at <= last_at


def give_back(
    tx: Transaction, caller: Caller, conversation: Conversation, *, reason: str | None = None
) -> None:
    """Makes the assistant the owner again, where it is not. Whether the customer waits stays."""
    if conversation.owner == "assistant":
        return
    conversation.owner = "assistant"
    conversation.owner_user_id = conversation.owner_name = None
    conversation.owned_at = conversation.owned_until_at = conversation.silence_reason = None
    conversation.silence_note = conversation.escalated_at = None
    subject = f"conversation:{conversation.id}"
    audit.record(tx, caller, "conversation.handed_back", subject, reason=reason)


def reopen(tx: Transaction, caller: Caller, conversation: Conversation) -> None:
    """Opens a closed conversation, which starts anew: with the newest prompts."""
    if conversation.status == "open":
        return
    conversation.status = "open"
    pinning.unpin(conversation)
    audit.record(tx, caller, "conversation.reopened", f"conversation:{conversation.id}")


def note_said(conversation: Conversation, message: Message, at: datetime) -> None:
    """Puts a message at the end of its conversation."""
    conversation.last_message_id = message.id
    conversation.last_message_at = max(conversation.last_message_at, at)
    if message.direction == "inbound":
        conversation.last_inbound_id = message.id
        conversation.last_inbound_at = max(conversation.last_inbound_at or at, at)


def note_unsent(conversation: Conversation, message_id: int) -> None:
    """The customer waits when the last thing that was to be said was not."""
    if conversation.last_message_id == message_id:
        conversation.is_waiting = True


def note_resumed(conversation: Conversation, message_id: int) -> None:
    """What was not sent will be tried again."""
    if conversation.last_message_id == message_id:
        conversation.is_waiting = False
