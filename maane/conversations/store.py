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


def lock_conversation(tx: Session, tenant: Tenant, conversation_id: int) -> Conversation:
    """The conversation as it is now; others who lock it wait until this transaction has ended."""
    return tx.scalars(
        select(Conversation)
        .where(Conversation.business_id == tenant.id, Conversation.id == conversation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


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


def list_until(tx: Session, tenant: Tenant, message: Message, *, limit: int) -> list[Message]:
    statement = (
        select(Message)
        .where(
            Message.business_id == tenant.id,
            Message.conversation_id == message.conversation_id,
            Message.id <= message.id,
        )
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return list(reversed(tx.scalars(statement).all()))


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


def conversations_of(tx: Session, tenant: Tenant, external_ids: Sequence[str]) -> dict[str, int]:
    rows = tx.execute(
        select(Message.external_id, Message.conversation_id).where(
            Message.business_id == tenant.id, Message.external_id.in_(external_ids)
        )
    )
    return {external_id: key for external_id, key in rows if external_id is not None}


def list_awaiting(tx: Session, tenant: Tenant, conversation_id: int) -> Sequence[Message]:
    return tx.scalars(
        select(Message)
        .where(
            Message.business_id == tenant.id,
            Message.conversation_id == conversation_id,
            Message.awaits_answer,
        )
        .order_by(Message.id)
    ).all()


def end_waiting(tx: Session, tenant: Tenant, conversation_id: int, last_id: int) -> None:
    """No message of the conversation up to ``last_id`` awaits an answer any more."""
    tx.execute(
        update(Message)
        .where(
            Message.business_id == tenant.id,
            Message.conversation_id == conversation_id,
            Message.id <= last_id,
            Message.awaits_answer,
        )
        .values(awaits_answer=False)
        .execution_options(synchronize_session=False)
    )


def is_answered_after(tx: Session, tenant: Tenant, message: Message) -> bool:
    """True when a later message of the conversation than this one was answered."""
    statement = (
        select(Message.id)
        .where(
            Message.business_id == tenant.id,
            Message.conversation_id == message.conversation_id,
            Message.answers_id > message.id,
        )
        .limit(1)
    )
    return tx.scalars(statement).first() is not None


def add(tx: Session, row: Conversation | Message | ConversationLead) -> None:
    tx.add(row)
    tx.flush()


def add_messages(tx: Session, rows: Sequence[Message]) -> None:
    """Adds messages whose ids rise in the order given."""
    tx.add_all(rows)
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
