"""What a business that is closed says in the assistant's place, and the silence that follows.

The text is said once for each time that the business is closed. From then on the conversation waits for a
person, and the assistant is silent until the business opens; what the customer writes after that it
answers again. These act on a conversation that the caller has locked.

Whether it is still the same closed time is computed from the hours as they are now. When it is seen to be
over that is noted (``away_at`` becomes None), so that hours which are changed later do not join two.
"""

from __future__ import annotations

from datetime import datetime

from maane.conversations import ownership, store
from maane.conversations.models import Conversation, Message
from maane.hours import calendar
from maane.hours.calendar import Hours, State
from maane.kit.db import Transaction, now
from maane.tenancy.access import Caller, Tenant, caller_for_job


def owed(conversation: Conversation, hours: Hours | None) -> State | None:
    """How it is closed, where the customer is to be told so now; else None: it is open, lets the
    assistant answer, or told them before, and whoever gave the conversation back since then wants it
    answered."""
    if hours is None or hours.away is None or conversation.away_at is not None:
        return None
    state = calendar.state_at(hours, now())
    return None if state.is_open else state


def begin(
    tx: Transaction,
    tenant: Tenant,
    conversation: Conversation,
    answer: Message,
    until: datetime | None,
) -> None:
    """The silence after the text, which was just decided on in this transaction."""
    conversation.away_at = answer.created_at
    _fall_silent(tx, caller_for_job(tenant), conversation, until)
    tx.flush()


def look_again(
    tx: Transaction, tenant: Tenant, conversation: Conversation, hours: Hours | None, at: datetime
) -> None:
    """Ends this silence, or moves its end, as the hours now say. What was not sent of it when it ended is
    kept back: it would say that the business is closed."""
    told_at = conversation.away_at
    if told_at is None:
        return
    says_away = hours is not None and hours.away is not None
    is_over = hours is None or not calendar.is_closed_since(hours, told_at, at)
    if is_over:
        conversation.away_at = None
    if conversation.silence_reason != ownership.AWAY:
        return
    if is_over or not says_away or hours is None:
        conversation.owned_until_at = at
        store.withhold_answers(tx, tenant, conversation.id, "opened")
    else:
        conversation.owned_until_at = calendar.state_at(hours, at).until


def follow_hours(tx: Transaction, tenant: Tenant, hours: Hours) -> None:
    """Gives these silences the end that hours which were just changed have for them, so that the screen
    says it; whether a customer is answered is computed again when they write (``look_again``)."""
    at = now()
    state = calendar.state_at(hours, at)
    until = at if state.is_open or hours.away is None else state.until
    store.move_silences(tx, tenant, ownership.AWAY, until, at)


def resume(
    tx: Transaction, caller: Caller, conversation: Conversation, hours: Hours | None, at: datetime
) -> None:
    """Silent again, without a word, where a person had the conversation or it was closed meanwhile, and
    the customer was told before that the business is closed."""
    if hours is None or hours.away is None or conversation.away_at is None:
        return
    _fall_silent(tx, caller, conversation, calendar.state_at(hours, at).until)


def _fall_silent(
    tx: Transaction, caller: Caller, conversation: Conversation, until: datetime | None
) -> None:
    ownership.fall_silent(tx, caller, conversation, ownership.AWAY, None)
    conversation.owned_until_at = until
    # People were told once, of this instant, and by it one who still waits is escalated once.
    conversation.owned_at = conversation.away_at


def is_outdated(conversation: Conversation, message: Message, at: datetime) -> bool:
    """True for a text that says that the business is closed and that did not leave before it opened."""
    until = conversation.owned_until_at
    return (
        conversation.silence_reason == ownership.AWAY
        and message.created_at == conversation.owned_at
        and until is not None
        and until <= at
    )
