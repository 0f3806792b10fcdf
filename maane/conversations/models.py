"""Conversations and their messages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys

STATUS_ORDER = ("pending", "sending", "sent", "delivered", "read", "failed")
"""An outbound message moves forward along these and never back; ``failed`` is the end."""


class Conversation(TenantOwned, Base):
    """One person on one channel. ``contact_key`` is what the channel knows them by. ``stale_rounds``
    counts the answers that were dropped since the last one because the person wrote meanwhile."""

    __tablename__ = "conversations"
    __table_args__ = tenant_keys(
        UniqueConstraint("business_id", "channel", "contact_key"),
        CheckConstraint("channel IN ('whatsapp', 'simulator')", name="channel"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(Text)
    contact_key: Mapped[str] = mapped_column(Text)
    contact_phone: Mapped[str | None] = mapped_column(Text)
    contact_name: Mapped[str | None] = mapped_column(Text)
    prompt_version: Mapped[int] = mapped_column(default=0)
    stale_rounds: Mapped[int] = mapped_column(default=0)
    last_message_at: Mapped[datetime] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)


class Message(TenantOwned, Base):
    """One message. ``external_id`` is the provider's; an answer points at the newest message that it
    answers, and no two point at the same.

    People write in bursts, and one answer is for all of a burst. Which older messages it covers is not
    stored: it would say again what the order says. What is stored is the one thing that the next turn
    asks, ``awaits_answer``: True from the moment a customer's message is taken in until an answer for
    it is decided, in that answer's transaction, or until its job is given up.
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
        CheckConstraint("author IN ('customer', 'assistant', 'intake')", name="author"),
        CheckConstraint(
            "status IN ('received', 'simulated', 'pending', 'sending', 'sent', 'delivered', "
            "'read', 'failed')",
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
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigId)
    answers_id: Mapped[int | None] = mapped_column(BigId)
    direction: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    prompt_version: Mapped[int | None]
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
