"""Calls and their turns."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys

STATUSES = (
    *("queued", "initiated", "ringing", "in-progress"),
    *("completed", "busy", "failed", "no-answer", "canceled"),
)
ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
ASKED = "asked:"
"""So the id of a call begins that no provider knows yet."""
OUTCOMES = ("booked", "transferred", "message_taken", "answered", "missed", "failed")


class Call(TenantOwned, Base):
    """One call; what was said in it are the messages of its conversation.

    ``external_id`` is the provider's (Twilio's CallSid). ``status`` is the provider's word and moves
    forward only, in the order of ``STATUSES``; the last five are ends, of which the first to come stays.
    ``from_number`` and ``to_number`` are E.164, or what the provider wrote in its place. ``outcome`` is
    what became of it, known when it ended (booked, transferred and message_taken already before);
    ``end_reason`` says why it ended, or why nobody was answered. ``summary_by`` is who wrote the summary.
    ``silences`` counts the times that the caller said nothing, one after the other.

    Where the call goes over sockets, ``socket_number`` counts those that were offered, and only the last
    one may write. ``socket_token`` is the hash of the token that opens it once, until
    ``socket_token_until``; None when it was used.
    """

    __tablename__ = "calls"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("business_id", "external_id"),
        UniqueConstraint("business_id", "conversation_id"),
        CheckConstraint("direction IN ('inbound', 'outbound')", name="direction"),
        CheckConstraint("engine IN ('gather', 'relay')", name="engine"),
        CheckConstraint(
            "status IN ('queued', 'initiated', 'ringing', 'in-progress', 'completed', 'busy', "
            "'failed', 'no-answer', 'canceled')",
            name="status",
        ),
        CheckConstraint(
            "outcome IN ('booked', 'transferred', 'message_taken', 'answered', 'missed', 'failed')",
            name="outcome",
        ),
        CheckConstraint("summary_by IN ('assistant', 'intake')", name="summary_by"),
        Index("ix_calls_business_id_outcome_id", "business_id", "outcome", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigId)
    external_id: Mapped[str] = mapped_column(Text)
    account_sid: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(Text)
    from_number: Mapped[str] = mapped_column(Text)
    to_number: Mapped[str] = mapped_column(Text)
    engine: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    silences: Mapped[int] = mapped_column(default=0)
    is_recorded: Mapped[bool] = mapped_column(default=False)
    socket_number: Mapped[int] = mapped_column(default=0, server_default="0")
    socket_token: Mapped[str | None] = mapped_column(Text)
    socket_token_until: Mapped[datetime | None] = mapped_column(Utc)
    outcome: Mapped[str | None] = mapped_column(Text)
    end_reason: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[str | None] = mapped_column(Text)
    summary_by: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    last_heard_at: Mapped[datetime] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    duration_s: Mapped[int | None]
    tokens: Mapped[int] = mapped_column(default=0, server_default="0")


class OutgoingCall(TenantOwned, Base):
    """What only a call has that the business made.

    The call is kept before the provider is asked for it, so that it is asked once: until the provider's
    id is known, its ``external_id`` begins with ``ASKED``. ``state`` is ``asked`` until somebody knows
    what became of that, then ``placed`` or ``refused``; ``error`` is what the provider said, and
    ``error_code`` its own number for it. ``speaker``: who speaks with the lead. For a person their own
    phone (``person_name``) is rung first; ``dial_status`` and ``dial_s`` (seconds) are what became of
    the leg to the lead, ``dialing`` from the pressed key until that is told. ``answered_by`` is who
    answered, as the provider heard it. ``user_id`` and ``user_name`` are who asked for the call, once for
    each ``idempotency_key``.
    """

    __tablename__ = "outgoing_calls"
    __table_args__ = (
        ForeignKeyConstraint(["business_id"], ["businesses.id"]),
        ForeignKeyConstraint(
            ["business_id", "call_id"], ["calls.business_id", "calls.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("business_id", "idempotency_key"),
        CheckConstraint("speaker IN ('assistant', 'person')", name="speaker"),
        CheckConstraint("state IN ('asked', 'placed', 'refused')", name="state"),
    )

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    call_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    speaker: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    idempotency_key: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(BigId)
    user_name: Mapped[str | None] = mapped_column(Text)
    person_name: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(Text)
    dial_status: Mapped[str | None] = mapped_column(Text)
    dial_s: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[int | None]


class CallTurn(TenantOwned, Base):
    """One turn of a call: what was heard, and what was said to it.

    ``step`` counts the turns of a call from 0, which is the greeting; whatever the provider reports of a
    step twice is of the same row. ``state``: ``listening`` while only words that may still change came
    (``partial``), ``thinking``, ``decided`` once it is known what to say, ``said`` when that has left.
    ``partial`` are those words, ``is_partial`` says that nothing better came before the call ended.
    ``spoken`` is what of the answer the caller really heard, where that is not all of it, and ``untold``
    what the turn did and they have not heard of: the next turn begins with it. A turn that was overtaken
    before anything was said of its answer is ``said`` and has none. While it is
    being thought, ``rounds`` counts the answers that told the caller to wait; after ``due_at`` nobody
    thinks any more. ``ends_call``: nothing follows what is said; ``transfers``: a person is rung then
    (``CallTransfer``). Of kind ``transfer`` is what the caller is told when no person came.

    Times in ms: from the end of the caller's speech, as it came to be known here (``heard_at``), to the
    first token of the answer and to its first audio's leaving; and what the model and the tools took.
    """

    __tablename__ = "call_turns"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "call_id"], ["calls.business_id", "calls.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["business_id", "heard_id"],
            ["messages.business_id", "messages.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["business_id", "said_id"],
            ["messages.business_id", "messages.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("business_id", "call_id", "step"),
        CheckConstraint(
            "kind IN ('greeting', 'speech', 'silence', 'transfer', 'farewell')",
            name="kind",
        ),
        CheckConstraint("state IN ('listening', 'thinking', 'decided', 'said')", name="state"),
        Index("ix_call_turns_business_id_heard_id", "business_id", "heard_id"),
        Index("ix_call_turns_business_id_said_id", "business_id", "said_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(BigId)
    step: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    heard_id: Mapped[int | None] = mapped_column(BigId)
    said_id: Mapped[int | None] = mapped_column(BigId)
    spoken: Mapped[str | None] = mapped_column(Text)
    untold: Mapped[str | None] = mapped_column(Text)
    partial: Mapped[str | None] = mapped_column(Text)
    is_partial: Mapped[bool] = mapped_column(default=False)
    ends_call: Mapped[bool] = mapped_column(default=False)
    transfers: Mapped[bool] = mapped_column(default=False, server_default=false())
    confidence_percent: Mapped[int | None]
    rounds: Mapped[int] = mapped_column(default=0)
    heard_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    first_token_ms: Mapped[int | None]
    first_audio_ms: Mapped[int | None]
    model_ms: Mapped[int | None]
    tools_ms: Mapped[int | None]
    tools: Mapped[list[str]] = mapped_column(JSON)


TRANSFER_RESULTS = ("connected", "no_answer", "busy", "failed", "declined", "canceled")


class CallTransfer(TenantOwned, Base):
    """One person who is to be rung for a call, in the order of ``number``, from 1: the next when the one
    before did not take it. A call is transferred once; whom that may ring was decided when it began.

    ``name`` and ``phone`` are the person's, ``reason`` is what they hear. ``rung_at`` is when Twilio was
    told to ring; those without it were never rung. ``answered_at``: somebody or something picked up;
    ``accepted_at``: and pressed a key, which no voicemail does. ``result`` is how it ended: ``declined``
    was picked up and not taken, ``canceled`` is a caller who hung up first. ``talked_s`` is how long
    caller and person spoke.
    """

    __tablename__ = "call_transfers"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "call_id"], ["calls.business_id", "calls.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("business_id", "call_id", "number"),
        CheckConstraint(
            "result IN ('connected', 'no_answer', 'busy', 'failed', 'declined', 'canceled')",
            name="result",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    rung_at: Mapped[datetime | None] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    accepted_at: Mapped[datetime | None] = mapped_column(Utc)
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
    talked_s: Mapped[int | None]


class CallText(TenantOwned, Base):
    """The text that a caller was offered once nobody had come to them, one for each call.

    ``state``: ``asked``, then ``refused``, or from ``queued`` on, when they agreed (``answered_at``),
    what became of it; it moves forward only. ``way`` says by which channel ``text`` went. ``error`` is a
    word of ours for why it was not sent, ``detail`` the provider's code; ``external_id`` is the
    provider's. One by WhatsApp is the message ``message_id`` of the conversation there, and fares as that
    does.
    """

    __tablename__ = "call_texts"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "call_id"], ["calls.business_id", "calls.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("business_id", "call_id"),
        CheckConstraint(
            "state IN ('asked', 'refused', 'queued', 'sending', 'sent', 'delivered', 'failed')",
            name="state",
        ),
        CheckConstraint("way IN ('whatsapp', 'sms')", name="way"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(Text)
    way: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[int | None] = mapped_column(BigId)
    asked_at: Mapped[datetime] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    updated_at: Mapped[datetime] = mapped_column(Utc)
