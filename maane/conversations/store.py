"""Every query on conversations and messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from maane.conversations import statements
from maane.conversations.models import (
    WITHHELD,
    Conversation,
    ConversationLead,
    ConversationNote,
    ConversationRead,
    Message,
)
from maane.conversations.reasons import Withheld, withheld
from maane.conversations.search import found
from maane.kit.db import Transaction, page, upsert
from maane.tenancy.access import Tenant


def find_conversation(
    tx: Transaction, tenant: Tenant, channel: str, contact_key: str
) -> Conversation | None:
    """Locked, as by ``lock_conversation``."""
    values = {"business_id": tenant.id, "channel": channel, "contact_key": contact_key}
    return tx.load_one(statements.LOCKED_OF_CONTACT, values)


def get_conversation(tx: Transaction, tenant: Tenant, conversation_id: int) -> Conversation | None:
    values = {"business_id": tenant.id, "id": conversation_id}
    return tx.load_one(statements.CONVERSATION, values)


def lock_conversation(tx: Transaction, tenant: Tenant, conversation_id: int) -> Conversation | None:
    """The conversation as it is now, for the one transaction that may change it. On SQLite the
    transaction holds the only write lock already. An event is locked before its conversation, a message
    and the business after it, never before (decision 0004)."""
    return tx.load_one(statements.LOCKED, {"business_id": tenant.id, "id": conversation_id})


def list_conversations(
    tx: Session,
    tenant: Tenant,
    user_id: int | None,
    *,
    status: str,
    words: str,
    limit: int,
    after: str | None,
) -> tuple[Sequence[Conversation], str | None]:
    """The one that was spoken in last first. ``status``: open, closed, waiting, mine or all."""
    statement = select(Conversation).where(
        Conversation.business_id == tenant.id, Conversation.last_message_id > 0
    )
    if status in ("open", "closed"):
        statement = statement.where(Conversation.status == status)
    elif status == "waiting":
        statement = statement.where(Conversation.is_waiting)
    elif status == "mine":
        statement = statement.where(
            Conversation.assigned_user_id == user_id, Conversation.status == "open"
        )
    if words:
        statement = statement.where(*found(tx, tenant, words))
    return page(tx, statement, Conversation.last_message_id, limit=limit, after=after)


def read_up_to(
    tx: Session, tenant: Tenant, user_id: int | None, conversation_ids: Sequence[int]
) -> dict[int, int]:
    """The last message that a user has read, by conversation; none where they never looked."""
    rows = tx.execute(
        select(ConversationRead.conversation_id, ConversationRead.message_id).where(
            ConversationRead.business_id == tenant.id,
            ConversationRead.user_id == user_id,
            ConversationRead.conversation_id.in_(conversation_ids),
        )
    )
    return {row.conversation_id: row.message_id for row in rows}


def mark_read(
    tx: Session, tenant: Tenant, user_id: int, conversation_id: int, message_id: int
) -> None:
    """Moves a user's marker forward, in one statement: two tabs may do it at once."""
    statement = upsert(tx, ConversationRead).values(
        business_id=tenant.id,
        conversation_id=conversation_id,
        user_id=user_id,
        message_id=message_id,
    )
    is_further = statement.excluded.message_id > ConversationRead.message_id
    further = case((is_further, statement.excluded.message_id), else_=ConversationRead.message_id)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["business_id", "conversation_id", "user_id"],
            set_={"message_id": further},
        )
    )


def lead_of(tx: Transaction, tenant: Tenant, conversation_id: int) -> int | None:
    values = {"business_id": tenant.id, "conversation_id": conversation_id}
    rows = tx.run(statements.LEAD, values)
    return rows[0][0] if rows else None


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


def list_until(
    tx: Transaction, tenant: Tenant, conversation_id: int, last_id: int, *, limit: int
) -> list[Message]:
    """What was said in a conversation up to ``last_id``, oldest first. What was withheld or failed was
    not said."""
    values = {
        "business_id": tenant.id,
        "conversation_id": conversation_id,
        "until_id": last_id,
        "limit": limit,
    }
    return tx.load(statements.UNTIL, values)[::-1]


def find_message(tx: Transaction, tenant: Tenant, message_id: int) -> Message | None:
    return tx.load_one(statements.MESSAGE, {"business_id": tenant.id, "id": message_id})


def messages_by_ids(tx: Session, tenant: Tenant, message_ids: Sequence[int]) -> Sequence[Message]:
    return tx.scalars(
        select(Message).where(Message.business_id == tenant.id, Message.id.in_(message_ids))
    ).all()


def find_by_external_id(tx: Transaction, tenant: Tenant, external_id: str) -> Message | None:
    values = {"business_id": tenant.id, "external_id": external_id}
    return tx.load_one(statements.OF_EXTERNAL_ID, values)


def find_by_idempotency_key(
    tx: Session, tenant: Tenant, conversation_id: int, key: str
) -> Message | None:
    return tx.scalars(
        select(Message).where(
            Message.business_id == tenant.id,
            Message.conversation_id == conversation_id,
            Message.idempotency_key == key,
        )
    ).one_or_none()


def find_sending(tx: Session, tenant: Tenant, conversation_id: int, words: str) -> Message | None:
    """The oldest message of a conversation with this text that is being sent."""
    return tx.scalars(
        select(Message)
        .where(
            Message.business_id == tenant.id,
            Message.conversation_id == conversation_id,
            Message.status == "sending",
            Message.text == words,
        )
        .order_by(Message.id)
        .limit(1)
    ).one_or_none()


def find_answer(tx: Transaction, tenant: Tenant, message_id: int) -> Message | None:
    return tx.load_one(statements.ANSWER, {"business_id": tenant.id, "answers_id": message_id})


def conversations_of(
    tx: Transaction, tenant: Tenant, external_ids: Sequence[str]
) -> dict[str, int]:
    """By the ids of messages at the provider; without those that no message bears."""
    found = [find_by_external_id(tx, tenant, external_id) for external_id in external_ids]
    return {m.external_id: m.conversation_id for m in found if m and m.external_id is not None}


def list_awaiting(tx: Transaction, tenant: Tenant, conversation_id: int) -> Sequence[Message]:
    values = {"business_id": tenant.id, "conversation_id": conversation_id}
    return tx.load(statements.AWAITING, values)


def end_waiting(tx: Transaction, tenant: Tenant, conversation_id: int, last_id: int) -> None:
    """No message of the conversation up to ``last_id`` awaits an answer any more."""
    values = {
        "business_id": tenant.id,
        "of_conversation_id": conversation_id,
        "until_id": last_id,
    }
    tx.run(statements.END_WAITING, values)


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


def list_pending_before(tx: Session, tenant: Tenant, message: Message) -> Sequence[Message]:
    """What is still to be sent of what was to be said before a message of the conversation."""
    return tx.scalars(
        select(Message).where(
            Message.business_id == tenant.id,
            Message.conversation_id == message.conversation_id,
            Message.id < message.id,
            Message.status == "pending",
        )
    ).all()


def is_followed(tx: Session, tenant: Tenant, message: Message) -> bool:
    """True when the business said more in the conversation after a message of its own."""
    statement = (
        select(Message.id)
        .where(
            Message.business_id == tenant.id,
            Message.conversation_id == message.conversation_id,
            Message.id > message.id,
            Message.direction == "outbound",
            Message.status.not_in((WITHHELD, "failed")),
        )
        .limit(1)
    )
    return tx.scalars(statement).first() is not None


def add(tx: Session, row: Conversation | Message | ConversationLead | ConversationNote) -> None:
    tx.add(row)
    tx.flush()


def add_messages(tx: Session, rows: Sequence[Message]) -> None:
    """Adds messages whose ids rise in the order given."""
    tx.add_all(rows)
    tx.flush()


def list_notes(
    tx: Session, tenant: Tenant, conversation_id: int, *, limit: int, after: str | None
) -> tuple[Sequence[ConversationNote], str | None]:
    statement = select(ConversationNote).where(
        ConversationNote.business_id == tenant.id,
        ConversationNote.conversation_id == conversation_id,
    )
    return page(tx, statement, ConversationNote.id, limit=limit, after=after)


def withhold_answers(
    tx: Session, tenant: Tenant, conversation_id: int, reason: Withheld
) -> list[int]:
    """Keeps back what the assistant was about to say; the ids of what was."""
    statement = (
        update(Message)
        .where(
            Message.business_id == tenant.id,
            Message.conversation_id == conversation_id,
            Message.status == "pending",
            Message.author != "person",
        )
        .values(**withheld(reason))
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return list(tx.scalars(statement))


def move_silences(
    tx: Session, tenant: Tenant, reason: str, until: datetime | None, at: datetime
) -> None:
    """Gives the silences of a reason that last beyond ``at`` another end."""
    ends_at = Conversation.owned_until_at
    tx.execute(
        update(Conversation)
        .where(
            Conversation.business_id == tenant.id,
            Conversation.silence_reason == reason,
            or_(ends_at.is_(None), ends_at > at),
        )
        .values(owned_until_at=until)
        .execution_options(synchronize_session=False)
    )


def move_status(
    tx: Transaction, tenant: Tenant, message_id: int, before: Sequence[str], values: dict[str, Any]
) -> bool:
    """Changes a message only while its status is one of ``before``; True when it was. Who has the message
    in hand sees it."""
    given = {f"new_{key}": value for key, value in values.items()}
    moved = tx.run(
        statements.move_status(before, list(values)),
        {"business_id": tenant.id, "message_id": message_id, **given},
    )
    known = tx.identity_map.get(identity_key(Message, message_id)) if moved else None
    if known is not None:
        for key, value in values.items():
            set_committed_value(known, key, value)
    return bool(moved)


def find_outbound(
    tx: Transaction, tenant: Tenant, external_id: str, own_id: int | None
) -> Message | None:
    """An outbound message by the provider's id; else by ours as the provider echoed it, while the
    message has no other id at the provider."""
    known = find_by_external_id(tx, tenant, external_id)
    if known is None and own_id is not None:
        known = find_message(tx, tenant, own_id)
        if known is not None and known.external_id is not None:
            return None
    return known if known is not None and known.direction == "outbound" else None


def list_of_lead(
    tx: Session, tenant: Tenant, lead_id: int, *, limit: int
) -> Sequence[Conversation]:
    tied = select(ConversationLead.conversation_id).where(
        ConversationLead.business_id == tenant.id, ConversationLead.lead_id == lead_id
    )
    return tx.scalars(
        select(Conversation)
        .where(Conversation.business_id == tenant.id, Conversation.id.in_(tied))
        .order_by(Conversation.last_message_id.desc())
        .limit(limit)
    ).all()


def tied_to(tx: Session, tenant: Tenant, lead_ids: Sequence[int], *, limit: int) -> set[int]:
    """The newest conversations of these leads."""
    return set(
        tx.scalars(
            select(ConversationLead.conversation_id)
            .where(
                ConversationLead.business_id == tenant.id, ConversationLead.lead_id.in_(lead_ids)
            )
            .order_by(ConversationLead.conversation_id.desc())
            .limit(limit)
        )
    )


def list_by_ids(
    tx: Session, tenant: Tenant, conversation_ids: Sequence[int]
) -> Sequence[Conversation]:
    """The one that was spoken in last first."""
    return tx.scalars(
        select(Conversation)
        .where(Conversation.business_id == tenant.id, Conversation.id.in_(conversation_ids))
        .order_by(Conversation.last_message_id.desc())
    ).all()


def move_leads(tx: Session, tenant: Tenant, lead_id: int, to_lead_id: int) -> None:
    """Ties the conversations of one lead to another."""
    tx.execute(
        update(ConversationLead)
        .where(ConversationLead.business_id == tenant.id, ConversationLead.lead_id == lead_id)
        .values(lead_id=to_lead_id)
        .execution_options(synchronize_session=False)
    )
