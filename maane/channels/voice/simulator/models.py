"""Simulated calls of the page, while they go on: what the page and the thread that calls tell each other.

What was said is in the call's conversation, like any call's; this is only how it got there. A day later
it is gone.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys

STATES = ("ringing", "going", "over", "failed")
OVER = frozenset({"over", "failed"})


class SimulatedCall(TenantOwned, Base):
    """One call that a page makes. ``external_id`` is what stands for Twilio's CallSid, ``call_id`` the
    call that it is, once that was answered. ``engine`` is the one in use, None until it is known.
    ``reason`` says why it failed or who ended it. ``lines`` counts its lines. ``alive_at`` is when the
    thread that calls last said that it lives."""

    __tablename__ = "simulated_calls"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "call_id"], ["calls.business_id", "calls.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("business_id", "external_id"),
        CheckConstraint("state IN ('ringing', 'going', 'over', 'failed')", name="state"),
        CheckConstraint("engine IN ('gather', 'relay')", name="engine"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    external_id: Mapped[str] = mapped_column(Text)
    call_id: Mapped[int | None] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(Text)
    engine: Mapped[str | None] = mapped_column(Text)
    is_listening: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    lines: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(Utc)
    alive_at: Mapped[datetime] = mapped_column(Utc)


class SimulatedLine(TenantOwned, Base):
    """One thing that was done or said in it, numbered from 1 in the order in which all see them.

    ``by_caller``: the page asks for it. ``kind``: of the caller ``speech``, ``partial`` (words that may
    still change), ``keys``, ``silence``, ``interrupt`` (with what was heard by then) and ``hang_up``; of
    the business as in ``talk.Event``, and ``unheard`` for what the caller did while nobody listened.
    ``took_ms`` is from the end of the caller's words; ``is_last`` ends what is said in one turn.
    """

    __tablename__ = "simulated_lines"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "simulated_call_id"],
            ["simulated_calls.business_id", "simulated_calls.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("business_id", "simulated_call_id", "number"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    simulated_call_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    by_caller: Mapped[bool]
    kind: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    took_ms: Mapped[int | None]
    is_last: Mapped[bool]
    at: Mapped[datetime] = mapped_column(Utc)
