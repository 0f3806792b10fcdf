"""The constant statements of a turn, compiled once (``kit.prepared``). ``store`` sends them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnExpressionArgument, Select, bindparam, or_, select, update

from maane.conversations.models import UNCERTAIN, WITHHELD, Conversation, ConversationLead, Message
from maane.kit.prepared import Prepared, PreparedQuery

_MESSAGES: Any = Message.__table__


def _conversations(*where: ColumnExpressionArgument[bool]) -> Select[Conversation]:
    return select(Conversation).where(Conversation.business_id == bindparam("business_id"), *where)


def _messages(*where: ColumnExpressionArgument[bool]) -> Select[Message]:
    return select(Message).where(Message.business_id == bindparam("business_id"), *where)


_BY_ID = _conversations(Conversation.id == bindparam("id"))
_BY_CONTACT = _conversations(
    Conversation.channel == bindparam("channel"),
    Conversation.contact_key == bindparam("contact_key"),
)
_IN_CONVERSATION = Message.conversation_id == bindparam("conversation_id")

CONVERSATION = PreparedQuery(_BY_ID)
LOCKED = PreparedQuery(_BY_ID.with_for_update(key_share=True), is_fresh=True)
LOCKED_OF_CONTACT = PreparedQuery(_BY_CONTACT.with_for_update(key_share=True))

MESSAGE = PreparedQuery(_messages(Message.id == bindparam("id")))
OF_EXTERNAL_ID = PreparedQuery(_messages(Message.external_id == bindparam("external_id")))
ANSWER = PreparedQuery(_messages(Message.answers_id == bindparam("answers_id")))
AWAITING = PreparedQuery(_messages(_IN_CONVERSATION, Message.awaits_answer).order_by(Message.id))
UNTIL = PreparedQuery(
    _messages(
        _IN_CONVERSATION,
        Message.id <= bindparam("until_id"),
        Message.status != WITHHELD,
        # What failed was not said, unless nobody knows.
        or_(Message.status != "failed", Message.error == UNCERTAIN),
    )
    .order_by(Message.id.desc())
    .limit(bindparam("limit"))
)
LEAD = Prepared(
    select(ConversationLead.__table__.c.lead_id).where(
        ConversationLead.__table__.c.business_id == bindparam("business_id"),
        ConversationLead.__table__.c.conversation_id == bindparam("conversation_id"),
    )
)

END_WAITING = Prepared(
    update(_MESSAGES)
    .where(
        _MESSAGES.c.business_id == bindparam("business_id"),
        _MESSAGES.c.conversation_id == bindparam("of_conversation_id"),
        _MESSAGES.c.id <= bindparam("until_id"),
        _MESSAGES.c.awaits_answer,
    )
    .values(awaits_answer=False)
)


def move_status(before: Sequence[str], changed: Sequence[str]) -> Prepared:
    """Changes the columns ``changed``, given as ``new_…``, of a message whose status is one of
    ``before``; its id comes back where it was."""
    return _move_status(tuple(before), tuple(sorted(changed)))


@cache
def _move_status(before: tuple[str, ...], changed: tuple[str, ...]) -> Prepared:
    columns = _MESSAGES.c
    return Prepared(
        update(_MESSAGES)
        .where(
            columns.business_id == bindparam("business_id"),
            columns.id == bindparam("message_id"),
            or_(*(columns.status == status for status in before)),
        )
        .values({key: bindparam(f"new_{key}") for key in changed})
        .returning(columns.id)
    )
