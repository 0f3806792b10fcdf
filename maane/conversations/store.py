"""Every query on conversations and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from maane.conversations.models import Conversation, ConversationLead, Message
from maane.kit.db import page
from maane.tenancy.access import Tenant


def find_conversation(
    tx: Session, tenant: Tenant, channel: str, contact_key: str
) -> Conversation | None:
    return tx.scalars(
        select(Conversation).where(
            Conversation.business_id == tenant.id,
            Conversation.channel == channel,
            Conversation.contact_key == contact_key,
        )
    ).one_or_none()


def get_conversation(tx: Session, tenant: Tenant, conversation_id: int) -> Conversation | None:
    return tx.scalars(
        select(Conversation).where(
            Conversation.business_id == tenant.id, Conversation.id == conversation_id
        )
    ).one_or_none()


def list_conversations(
    tx: Session, tenant: Tenant, *, limit: int, after: str | None
) -> tuple[Sequence[Conversation], str | None]:
    statement = select(Conversation).where(Conversation.business_id == tenant.id)
    return page(tx, statement, Conversation.id, limit=limit, after=after)


def leads_of(tx: Session, tenant: Tenant, conversation_ids: Sequence[int]) -> dict[int, int]:
    rows = tx.execute(
        select(ConversationLead.conversation_id, ConversationLead.lead_id).where(
            ConversationLead.business_id == tenant.id,
            ConversationLead.conversation_id.in_(conversation_ids),
        )
    )
    leads: dict[int, int] = {row.conversation_id: row.lead_id for row in rows}
    return leads


def list_messages(
    tx: Session, tenant: Tenant, conversation_id: int, *, limit: int, after: str | None
) -> tuple[Sequence[Message], str | None]:
    statement = select(Message).where(
        Message.business_id == tenant.id, Message.conversation_id == conversation_id
    )
    return page(tx, statement, Message.id, limit=limit, after=after)


def find_message(tx: Session, tenant: Tenant, message_id: int) -> Message | None:
    return tx.scalars(
        select(Message).where(Message.business_id == tenant.id, Message.id == message_id)
    ).one_or_none()


def find_by_external_id(tx: Session, tenant: Tenant, external_id: str) -> Message | None:
    return tx.scalars(
        select(Message).where(Message.business_id == tenant.id, Message.external_id == external_id)
    ).one_or_none()


def find_answer(tx: Session, tenant: Tenant, message_id: int) -> Message | None:
    return tx.scalars(
        select(Message).where(Message.business_id == tenant.id, Message.answers_id == message_id)
    ).one_or_none()


def add(tx: Session, row: Conversation | Message | ConversationLead) -> None:
    tx.add(row)
    tx.flush()


def move_status(
    tx: Session, tenant: Tenant, message_id: int, before: Sequence[str], values: dict[str, Any]
) -> bool:
    """Changes a message only while its status is one of ``before``; True when it was."""
    statement = (
        update(Message)
        .where(
            Message.business_id == tenant.id, Message.id == message_id, Message.status.in_(before)
        )
        .values(**values)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return tx.execute(statement).first() is not None


def find_outbound(
    tx: Session, tenant: Tenant, external_id: str, own_id: int | None
) -> Message | None:
    """An outbound message by the provider's id; else by ours as the provider echoed it, while the
    message has no other id at the provider."""
    known = find_by_external_id(tx, tenant, external_id)
    if known is None and own_id is not None:
        known = find_message(tx, tenant, own_id)
        if known is not None and known.external_id is not None:
            return None
    return known if known is not None and known.direction == "outbound" else None
