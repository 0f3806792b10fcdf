"""Take in what a person wrote, and keep what is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from maane.conversations import away, consent, ownership, pinning, store
from maane.conversations.consent import Words
from maane.conversations.models import Conversation, ConversationLead, Message
from maane.conversations.opening import Contact as Contact
from maane.conversations.opening import new_conversation
from maane.hours.calendar import Hours
from maane.kit.db import Transaction, now
from maane.kit.errors import NotFound
from maane.media.words import with_transcript
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, caller_for_job

HISTORY = 40
STALE_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that came in. ``at`` is the provider's instant, ``received_at`` ours. ``is_echo``: the
    business wrote it to the customer from its own phone; with ``takes_over`` it said something."""

    external_id: str
    text: str
    at: datetime
    received_at: datetime
    awaits_answer: bool
    is_echo: bool = False
    takes_over: bool = False


def take_in(
    tx: Transaction,
    tenant: Tenant,
    contact: Contact,
    incoming: Sequence[Incoming],
    words: Words = consent.DEFAULT,
    hours: Hours | None = None,
) -> Conversation:
    """Stores what a person wrote, and what was written to them from the business's phone, in this
    order, once for each ``external_id``, and returns their conversation, which is opened where there
    was none or it was closed. A takeover that ran out ends here, and an echo begins one; so does, by
    ``words``, the silence that a customer asks for, and the one of a closed business (``away``)."""
    conversation = store.find_conversation(tx, tenant, contact.channel, contact.key)
    if conversation is None:
        # Two workers may hold the same first message for a moment; the second finds the first's.
        tenancy.lock_and_look(tx, tenant)
        conversation = store.find_conversation(tx, tenant, contact.channel, contact.key)
    if conversation is None:
        conversation = new_conversation(tenant, contact, incoming[0].at)
        store.add(tx, conversation)
    if add_to(tx, tenant, conversation, incoming, words, hours):
        conversation.contact_name = contact.name or conversation.contact_name
        conversation.contact_phone = contact.phone or conversation.contact_phone
        tx.flush()
    return conversation


def add_to(
    tx: Transaction,
    tenant: Tenant,
    conversation: Conversation,
    incoming: Sequence[Incoming],
    words: Words = consent.DEFAULT,
    hours: Hours | None = None,
) -> list[Message]:
    """As ``take_in``, into a conversation that is locked. Returns the messages that are new in it."""
    known = store.conversations_of(tx, tenant, [message.external_id for message in incoming])
    new = [
        message
        for message in incoming
        if message.external_id not in known
        and not (message.is_echo and _is_own_echo(tx, tenant, conversation, message))
    ]
    if not new:
        return []
    at = now()
    # A provider whose clock is ahead must hold neither the window nor a wish open.
    new = [replace(message, at=min(message.at, at)) for message in new]
    was_stopped = conversation.silence_reason == ownership.STOPPED
    since = conversation.wish_at
    new = [
        replace(m, awaits_answer=False)
        if words.is_needless(m.text, m.at, since, is_stopped=was_stopped)
        else m
        for m in new
    ]
    rows = [_row_of(conversation, message) for message in new]
    store.add_messages(tx, rows)
    pinning.note_return(conversation, min(message.at for message in new))
    caller = caller_for_job(tenant)
    away.look_again(tx, tenant, conversation, hours, at)
    was_left = conversation.owner == "person" or conversation.status == "closed"
    is_waiting = False
    for message, row in zip(new, rows, strict=True):
        ownership.note_said(conversation, row, message.at)
        is_waiting = is_waiting or message.awaits_answer
        if message.takes_over:
            ownership.take_elsewhere(tx, tenant, caller, conversation, message.at)
            is_waiting = False
    wish = words.newest([(m.at, m.text) for m in new if not m.is_echo], since)
    if wish is not None:
        conversation.wish_at = wish.wrote_at
        if wish.is_out and not was_stopped:
            ownership.stop(tx, tenant, caller, conversation)
            is_waiting = False
        elif was_stopped and not wish.is_out:
            ownership.resume(tx, caller, conversation)
    if not ownership.is_persons(conversation, at):
        ownership.give_back(tx, caller, conversation, reason="ran out")
        if was_left and is_waiting:
            away.resume(tx, caller, conversation, hours, at)
    elif is_waiting:
        conversation.is_waiting = True
    ownership.reopen(tx, caller, conversation)
    return rows


def _row_of(conversation: Conversation, message: Incoming) -> Message:
    return Message(
        business_id=conversation.business_id,
        conversation_id=conversation.id,
        direction="outbound" if message.is_echo else "inbound",
        author="person" if message.is_echo else "customer",
        text=message.text,
        status="sent" if message.is_echo else "received",
        external_id=message.external_id,
        is_echo=message.is_echo,
        awaits_answer=message.awaits_answer,
        created_at=message.received_at,
    )


def _is_own_echo(
    tx: Transaction, tenant: Tenant, conversation: Conversation, echo: Incoming
) -> bool:
    """True for the echo of a message of ours whose id at the provider is not known yet, because it is
    being sent or nobody knows whether it was; the echo says that it was."""
    sending = store.find_sending(tx, tenant, conversation.id, echo.text)
    if sending is None:
        return False
    values = {"status": "sent", "external_id": echo.external_id, "error": None}
    return store.move_status(tx, tenant, sending.id, ("sending",), values)


def awaiting(tx: Transaction, tenant: Tenant, conversation_id: int) -> Sequence[Message]:
    """The messages of a conversation that still await an answer, oldest first."""
    return store.list_awaiting(tx, tenant, conversation_id)


def find(tx: Transaction, tenant: Tenant, conversation_id: int) -> Conversation:
    """Raises ``NotFound``."""
    conversation = store.get_conversation(tx, tenant, conversation_id)
    if conversation is None:
        raise NotFound
    return conversation


def lock(tx: Transaction, tenant: Tenant, conversation_id: int) -> Conversation:
    """A conversation as it is now. Others who decide on an answer in it, or take it over, wait for
    this transaction. Raises ``NotFound``."""
    conversation = store.lock_conversation(tx, tenant, conversation_id)
    if conversation is None:
        raise NotFound
    return conversation


def may_go_stale(tx: Transaction, conversation: Conversation) -> bool:
    """True where a reply may be dropped because the person wrote more, and counts that it was. After
    ``STALE_ROUNDS`` it may not: somebody who never stops writing is answered in between."""
    if conversation.stale_rounds >= STALE_ROUNDS:
        return False
    conversation.stale_rounds += 1
    tx.flush()
    return True


def history(tx: Transaction, tenant: Tenant, message: Message) -> list[Message]:
    """What was said in the message's conversation up to it, by people of the business too, oldest
    first, at most ``HISTORY``. What was withheld or failed was not said."""
    return store.list_until(tx, tenant, message.conversation_id, message.id, limit=HISTORY)


def history_to_answer(tx: Transaction, tenant: Tenant, conversation: Conversation) -> list[Message]:
    """The same of a whole conversation, with what awaits an answer last: something may have been said
    after it was taken in that does not answer it."""
    newest_id = conversation.last_message_id
    said = store.list_until(tx, tenant, conversation.id, newest_id, limit=HISTORY)
    return sorted(said, key=lambda message: message.awaits_answer)


def contact_names(tx: Transaction, tenant: Tenant, conversation_id: int) -> set[str | None]:
    """What the channel calls the person of a conversation."""
    conversation = store.get_conversation(tx, tenant, conversation_id)
    if conversation is None:
        return set()
    return {conversation.contact_name, conversation.contact_phone, conversation.contact_key}


def message_of_event(tx: Transaction, tenant: Tenant, external_id: str) -> Message | None:
    """The message that an event of the provider became."""
    return store.find_by_external_id(tx, tenant, external_id)


def find_message(tx: Transaction, tenant: Tenant, message_id: int) -> Message | None:
    return store.find_message(tx, tenant, message_id)


def add_transcript(tx: Transaction, tenant: Tenant, message_id: int, transcript: str) -> None:
    """Puts what was said in a voice note into its message, for all who read only words."""
    message = store.find_message(tx, tenant, message_id)
    if message is not None:
        lock(tx, tenant, message.conversation_id)
        message.text = with_transcript(message.text, transcript)
        tx.flush()


def conversations_of_events(
    tx: Transaction, tenant: Tenant, external_ids: Sequence[str]
) -> dict[str, int]:
    """The conversations that events of the provider went into, by the events' external ids."""
    return store.conversations_of(tx, tenant, external_ids)


def answer_to(tx: Transaction, tenant: Tenant, message_id: int) -> Message | None:
    """The answer that was decided on for a message, whether sent or not."""
    return store.find_answer(tx, tenant, message_id)


def is_silent(conversation: Conversation) -> bool:
    """True while a person owns the conversation: the assistant says nothing."""
    return ownership.is_persons(conversation, now())


def owes_last_word(conversation: Conversation, awaiting: Sequence[Message], words: Words) -> bool:
    """True while a customer who ended automatic messages by a word was not told that they did."""
    is_stopped = conversation.silence_reason == ownership.STOPPED
    return is_stopped and any(words.is_out(message.text) for message in awaiting)


def decide_answer(
    tx: Transaction,
    tenant: Tenant,
    message: Message,
    author: str,
    text: str,
    version: int | None,
    *,
    is_last_word: bool = False,
) -> Message | None:
    """Keeps the one answer to a message and to all before it that await one, before it is sent. The
    database refuses a second one. None when a person has taken over since the turn began, or has
    answered and handed back. ``is_last_word``: it says that there will be no more of them, and there is
    none when that is not so any more."""
    conversation = lock(tx, tenant, message.conversation_id)
    still = {row.id for row in store.list_awaiting(tx, tenant, message.conversation_id)}
    may_speak = not is_silent(conversation)
    if is_last_word:
        may_speak = conversation.silence_reason == ownership.STOPPED
    if not may_speak or message.id not in still:
        return None
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
    conversation.stale_rounds = 0
    conversation.is_waiting = False
    if is_last_word:
        conversation.owned_at = answer.created_at
    ownership.note_said(conversation, answer, answer.created_at)
    tx.flush()
    return answer


def begin_with(tx: Transaction, answer: Message, words: str) -> None:
    """Puts words before those of an answer that was decided on in this transaction."""
    answer.text = f"{words}\n\n{answer.text}".strip()
    tx.flush()


def fall_silent(
    tx: Transaction,
    tenant: Tenant,
    conversation_id: int,
    reason: Literal["handed_over", "stopped"],
    note: str | None = None,
) -> None:
    """The assistant answers no more in a conversation until a person gives it back. Raises
    ``NotFound``."""
    conversation = lock(tx, tenant, conversation_id)
    if is_silent(conversation):
        return
    ownership.fall_silent(tx, caller_for_job(tenant), conversation, reason, note)
    if reason == ownership.STOPPED:
        conversation.wish_at = conversation.last_inbound_at
    tx.flush()


def lead_id_of(tx: Transaction, tenant: Tenant, conversation_id: int) -> int | None:
    return store.lead_of(tx, tenant, conversation_id)


def tie_lead(tx: Transaction, tenant: Tenant, conversation_id: int, lead_id: int) -> None:
    store.add(
        tx,
        ConversationLead(business_id=tenant.id, conversation_id=conversation_id, lead_id=lead_id),
    )


def messages_by_id(
    tx: Transaction, tenant: Tenant, message_ids: Sequence[int]
) -> dict[int, Message]:
    return {row.id: row for row in store.messages_by_ids(tx, tenant, message_ids)}


def with_leads(
    tx: Transaction, tenant: Tenant, conversation_ids: Sequence[int]
) -> dict[int, tuple[Conversation, int | None]]:
    """These conversations with their leads, by their ids."""
    ties = store.leads_of(tx, tenant, conversation_ids)
    rows = store.list_by_ids(tx, tenant, conversation_ids)
    return {row.id: (row, ties.get(row.id)) for row in rows}
