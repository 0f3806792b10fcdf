"""Every query on conversations by the number of whom they are with."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from maane.conversations.models import Conversation, Message
from maane.conversations.ownership import STOPPED
from maane.tenancy.access import Tenant


def ids_with_phones(tx: Session, tenant: Tenant, phones: Sequence[str], *, limit: int) -> set[int]:
    """The newest conversations with somebody who has one of these numbers."""
    return set(
        tx.scalars(
            select(Conversation.id)
            .where(Conversation.business_id == tenant.id, Conversation.contact_phone.in_(phones))
            .order_by(Conversation.id.desc())
            .limit(limit)
        )
    )


def find_newest(tx: Session, tenant: Tenant, channel: str, phone: str) -> Conversation | None:
    """The conversation on a channel in which a number wrote last."""
    return tx.scalars(
        select(Conversation)
        .where(
            Conversation.business_id == tenant.id,
            Conversation.channel == channel,
            Conversation.contact_phone == phone,
            Conversation.last_inbound_at.is_not(None),
        )
        .order_by(Conversation.last_inbound_at.desc())
        .limit(1)
    ).one_or_none()


def is_stopped(tx: Session, tenant: Tenant, phone: str) -> bool:
    """True where a number asked for silence in any of its conversations."""
    found = tx.scalars(
        select(Conversation.id)
        .where(
            Conversation.business_id == tenant.id,
            Conversation.contact_phone == phone,
            Conversation.silence_reason == STOPPED,
        )
        .limit(1)
    )
    return found.one_or_none() is not None


def list_heard(tx: Session, tenant: Tenant, conversation_id: int) -> Sequence[str]:
    """What the other side said in a conversation."""
    return tx.scalars(
        select(Message.text).where(
            Message.business_id == tenant.id,
            Message.conversation_id == conversation_id,
            Message.direction == "inbound",
        )
    ).all()
