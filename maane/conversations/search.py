"""What a search in the inbox looks at."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from maane.conversations.models import Conversation, ConversationLead, Message
from maane.leads.models import Lead
from maane.tenancy.access import Tenant

SEARCHED_CONVERSATIONS = 20_000
SEARCHED_MESSAGES = 20_000
SEARCHED_LEADS = 20_000
"""A search looks at the newest of a business only: without a full-text index, which the two databases
do not share, its cost must have an end (docs/decisions/0009-inbox.md)."""
FEWEST_DIGITS = 3


def found(tx: Session, tenant: Tenant, words: str) -> list[ColumnElement[bool]]:
    """Conditions for conversations whose name, phone number or messages hold the words, or the name on
    their lead, by which they are shown."""
    oldest_conversation = _oldest(
        tx, tenant, Conversation, Conversation.last_message_id, SEARCHED_CONVERSATIONS
    )
    oldest_message = _oldest(tx, tenant, Message, Message.id, SEARCHED_MESSAGES)
    oldest_lead = _oldest(tx, tenant, Lead, Lead.id, SEARCHED_LEADS)
    named = (
        select(ConversationLead.conversation_id)
        .join(
            Lead,
            (Lead.business_id == ConversationLead.business_id)
            & (Lead.id == ConversationLead.lead_id),
        )
        .where(
            Lead.business_id == tenant.id,
            Lead.id > oldest_lead,
            func.lower(Lead.name).contains(words.lower(), autoescape=True),
        )
    )
    said = select(Message.conversation_id).where(
        Message.business_id == tenant.id,
        Message.id > oldest_message,
        func.lower(Message.text).contains(words.lower(), autoescape=True),
    )
    ways: list[ColumnElement[bool]] = [
        func.lower(Conversation.contact_name).contains(words.lower(), autoescape=True),
        Conversation.id.in_(said),
        Conversation.id.in_(named),
    ]
    # A number is kept as +972…, and people type 052-….
    digits = re.sub(r"\D", "", words).lstrip("0")
    if len(digits) >= FEWEST_DIGITS and not re.search(r"[^\W\d]", words):
        ways.append(Conversation.contact_phone.contains(digits, autoescape=True))
    return [Conversation.last_message_id > oldest_conversation, or_(*ways)]


def _oldest(
    tx: Session,
    tenant: Tenant,
    table: type[Conversation | Message | Lead],
    key: InstrumentedAttribute[int],
    searched: int,
) -> int:
    """Whatever has this key, or a smaller one, is too old to be looked at; 0 where nothing is."""
    statement = select(key).where(table.business_id == tenant.id).order_by(key.desc())
    return tx.scalar(statement.offset(searched).limit(1)) or 0
