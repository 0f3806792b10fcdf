"""What a search in the inbox looks at."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from maane.conversations.models import Conversation, Message
from maane.tenancy.access import Tenant

SEARCHED_CONVERSATIONS = 20_000
SEARCHED_MESSAGES = 20_000
"""A search looks at the newest of a business only: without a full-text index, which the two databases
do not share, its cost must have an end (docs/decisions/0009-inbox.md)."""
FEWEST_DIGITS = 3


def found(tx: Session, tenant: Tenant, words: str) -> list[ColumnElement[bool]]:
    """Conditions for conversations whose name, phone number or messages hold the words."""
    oldest_conversation = tx.scalar(
        select(Conversation.last_message_id)
        .where(Conversation.business_id == tenant.id)
        .order_by(Conversation.last_message_id.desc())
        .offset(SEARCHED_CONVERSATIONS)
        .limit(1)
    )
    oldest_message = tx.scalar(
        select(Message.id)
        .where(Message.business_id == tenant.id)
        .order_by(Message.id.desc())
        .offset(SEARCHED_MESSAGES)
        .limit(1)
    )
    said = select(Message.conversation_id).where(
        Message.business_id == tenant.id,
        Message.id > (oldest_message or 0),
        func.lower(Message.text).contains(words.lower(), autoescape=True),
    )
    ways: list[ColumnElement[bool]] = [
        func.lower(Conversation.contact_name).contains(words.lower(), autoescape=True),
        Conversation.id.in_(said),
    ]
    # A number is kept as +972…, and people type 052-….
    digits = re.sub(r"\D", "", words).lstrip("0")
    if len(digits) >= FEWEST_DIGITS and not re.search(r"[^\W\d]", words):
        ways.append(Conversation.contact_phone.contains(digits, autoescape=True))
    return [Conversation.last_message_id > (oldest_conversation or 0), or_(*ways)]
