"""Conversations and their messages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys

STATUS_ORDER = ("pending", "sending", "sent", "delivered", "read", "failed")
"""An outbound message moves forward along these and never back; ``failed`` is the end."""

WITHHELD = "withheld"
"""A message that was decided on and kept back; ``error`` is why (``reasons``)."""

UNCERTAIN = "uncertain"
"""Why a message failed whose provider never said what became of it: it may have arrived all the same."""

CALL_PREFIX = "CA"
"""Twilio's ids of calls begin so."""


class Conversation(TenantOwned, Base):
    """One person on one channel. ``contact_key`` is what the channel knows them by.

    ``owner`` is who answers. The columns of the owner stay as they are when a takeover runs out at
    ``owned_until_at``; the customer's next message ends it for good. ``last_message_id`` orders the
    inbox: a message lies in one conversation, so it is unique, and 0 while nothing was said. A
    conversation waits (``is_waiting``) when the customer was left without an answer that somebody has
    to give: a person owns it, or what was to be sent failed. ``escalated_at`` is when nobody had come
    for a handover. ``away_at`` is when the customer was told, in place of the assistant's answer, that
    the business is closed, while it is (``away.py``). ``wish_at`` is when they wrote the newest word that
    ends or begins automatic messages (``consent.py``). ``stale_rounds`` counts the answers that were
    dropped since the last one because the customer wrote meanwhile. ``prompt_version`` is the version
    of the prompts that it runs on, 0 while none is pinned (``pinning.py``).
    """

    __tablename__ = "conversations"
    __table_args__ = tenant_keys(
        UniqueConstraint("business_id", "channel", "contact_key"),
        CheckConstraint("channel IN ('whatsapp', 'phone', 'simulator')", name="channel"),
        CheckConstraint("status IN ('open', 'closed')", name="status"),
        CheckConstraint("owner IN ('assistant', 'person')", name="owner"),
        CheckConstraint(
            "silence_reason IN ('took_over', 'wrote', 'handed_over', 'stopped', 'wrote_elsewhere', "
            "'away')",
            name="silence_reason",
        ),
        Index("ix_conversations_business_id_last_message_id", "business_id", "last_message_id"),
        Index(
            "ix_conversations_business_id_status_last_message_id",
            "business_id",
            "status",
            "last_message_id",
        ),
        Index("ix_conversations_business_id_contact_phone", "business_id", "contact_phone"),
        Index(
            "ix_conversations_waiting",
            "business_id",
            "last_message_id",
            sqlite_where=text("is_waiting = 1"),
            postgresql_where=text("is_waiting"),
        ),
        Index(
            "ix_conversations_assigned",
            "business_id",
            "assigned_user_id",
            "last_message_id",
            sqlite_where=text("assigned_user_id IS NOT NULL"),
            postgresql_where=text("assigned_user_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(Text)
    contact_key: Mapped[str] = mapped_column(Text)
    contact_phone: Mapped[str | None] = mapped_column(Text)
    contact_name: Mapped[str | None] = mapped_column(Text)
    prompt_version: Mapped[int] = mapped_column(default=0)
    stale_rounds: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(Text, default="open")
    owner: Mapped[str] = mapped_column(Text, default="assistant")
    owner_user_id: Mapped[int | None] = mapped_column(BigId)
    owner_name: Mapped[str | None] = mapped_column(Text)
    owned_at: Mapped[datetime | None] = mapped_column(Utc)
    owned_until_at: Mapped[datetime | None] = mapped_column(Utc)
    silence_reason: Mapped[str | None] = mapped_column(Text)
    silence_note: Mapped[str | None] = mapped_column(Text)
    escalated_at: Mapped[datetime | None] = mapped_column(Utc)
    away_at: Mapped[datetime | None] = mapped_column(Utc)
    wish_at: Mapped[datetime | None] = mapped_column(Utc)
    assigned_user_id: Mapped[int | None] = mapped_column(BigId)
    is_waiting: Mapped[bool] = mapped_column(default=False)
    last_message_id: Mapped[int] = mapped_column(BigId, default=0)
    last_message_at: Mapped[datetime] = mapped_column(Utc)
    last_inbound_id: Mapped[int] = mapped_column(BigId, default=0)
    last_inbound_at: Mapped[datetime | None] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)

    @property
    def is_spoken(self) -> bool:
        """True for a call, which takes no text. A simulated one is known by its key: the provider's id
        of a call, where others have a number."""
        is_simulated = self.channel == "simulator" and self.contact_key.startswith(CALL_PREFIX)
        return self.channel == "phone" or is_simulated


class Message(TenantOwned, Base):
    """One message. ``external_id`` is the provider's; an answer points at the newest message that it
    answers, and no two point at the same.

    People write in bursts, and one answer is for all of a burst. Which older messages it covers is not
    stored: it would say again what the order says. What is stored is the one thing that the next turn
    asks, ``awaits_answer``: True from the moment a customer's message is taken in until an answer for
    it is decided, in that answer's transaction, or until a person answers or its job is given up.

    ``idempotency_key`` is the writer's own: a person's message that is posted twice is one.
    ``is_echo``: a person wrote it in another app, from the business's own phone; the provider told.
    ``template``: what is sent in place of the text, in its channel's own words; the text is what the
    customer sees of it. ``sending_at``: when it was last given to its provider.
    """

    __tablename__ = "messages"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
        ),
        ForeignKeyConstraint(
            ["business_id", "answers_id"], ["messages.business_id", "messages.id"]
        ),
        UniqueConstraint("business_id", "external_id"),
        UniqueConstraint("business_id", "answers_id"),
        CheckConstraint("direction IN ('inbound', 'outbound')", name="direction"),
        CheckConstraint("author IN ('customer', 'assistant', 'intake', 'person')", name="author"),
        CheckConstraint(
            "status IN ('received', 'simulated', 'pending', 'sending', 'sent', 'delivered', "
            "'read', 'failed', 'withheld')",
            name="status",
        ),
        Index("ix_messages_business_id_conversation_id_id", "business_id", "conversation_id", "id"),
        Index(
            "ix_messages_awaiting",
            "business_id",
            "conversation_id",
            sqlite_where=text("awaits_answer = 1"),
            postgresql_where=text("awaits_answer"),
        ),
        Index(
            "ux_messages_idempotency_key",
            "business_id",
            "conversation_id",
            "idempotency_key",
            unique=True,
            sqlite_where=text("idempotency_key IS NOT NULL"),
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigId)
    answers_id: Mapped[int | None] = mapped_column(BigId)
    direction: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    author_user_id: Mapped[int | None] = mapped_column(BigId)
    author_name: Mapped[str | None] = mapped_column(Text)
    idempotency_key: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    sending_at: Mapped[datetime | None] = mapped_column(Utc)
    external_id: Mapped[str | None] = mapped_column(Text)
    prompt_version: Mapped[int | None]
    is_echo: Mapped[bool] = mapped_column(default=False)
    template: Mapped[str | None] = mapped_column(Text)
    awaits_answer: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Utc)


class ConversationLead(TenantOwned, Base):
    """The lead that a conversation opened. A row of its own: deleting the lead removes the tie and
    leaves the conversation."""

    __tablename__ = "conversation_leads"
    __table_args__ = (
        ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["business_id", "lead_id"], ["leads.business_id", "leads.id"], ondelete="CASCADE"
        ),
        Index("ix_conversation_leads_business_id_lead_id", "business_id", "lead_id"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    lead_id: Mapped[int] = mapped_column(BigId)


class ConversationRead(TenantOwned, Base):
    """How far one user has read a conversation: up to and with ``message_id``."""

    __tablename__ = "conversation_reads"
    __table_args__ = (
        ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            ondelete="CASCADE",
        ),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    message_id: Mapped[int] = mapped_column(BigId)


class ConversationNote(TenantOwned, Base):
    """What people of the business write to each other. Neither the customer nor a model gets it."""

    __tablename__ = "conversation_notes"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            ondelete="CASCADE",
        ),
        Index(
            "ix_conversation_notes_business_id_conversation_id_id",
            "business_id",
            "conversation_id",
            "id",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigId)
    user_id: Mapped[int | None] = mapped_column(BigId)
    author_name: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)
