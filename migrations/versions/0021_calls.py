"""The phone: a business's number, how it answers, calls and their turns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.checks import never_reuse_ids, replace_check
from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0021"
down_revision = "0020"

CHECK = "ck_conversations_channel"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Earlier migrations let the naming convention put its prefix before a name that had it.
        doubled = "ck_conversations_ck_conversations_channel"
        op.execute(f"ALTER TABLE conversations RENAME CONSTRAINT {doubled} TO {CHECK}")
    replace_check(
        "conversations",
        CHECK,
        "channel IN ('whatsapp', 'simulator')",
        "channel IN ('whatsapp', 'phone', 'simulator')",
    )
    _channels()
    _calls()
    _turns()
    for table in ("voice_channels", "voice_settings", "calls", "call_turns"):
        secure_rows(table)
        allow(table, "SELECT", "INSERT", "UPDATE", "DELETE")
    for table in ("calls", "call_turns"):
        never_reuse_ids(table)


def _channels() -> None:
    op.create_table(
        "voice_channels",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("auth_token", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_voice_channels_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", name="pk_voice_channels"),
    )
    op.create_table(
        "voice_settings",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("greeting", sa.Text(), nullable=False),
        sa.Column("is_recorded", sa.Boolean(), nullable=False),
        sa.Column("say_language", sa.Text(), nullable=True),
        sa.Column("voice", sa.Text(), nullable=True),
        sa.Column("hear_language", sa.Text(), nullable=True),
        sa.Column("speech_model", sa.Text(), nullable=True),
        sa.Column("speech_timeout_s", sa.Integer(), nullable=True),
        sa.Column("hints", sa.Text(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.CheckConstraint("engine IN ('gather', 'relay')", name=op.f("ck_voice_settings_engine")),
        sa.CheckConstraint(
            "language IN ('he', 'en', 'ar', 'ru')", name=op.f("ck_voice_settings_language")
        ),
        sa.CheckConstraint(
            "speech_timeout_s BETWEEN 1 AND 10", name=op.f("ck_voice_settings_speech_timeout_s")
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_voice_settings_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", name="pk_voice_settings"),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", BigId, nullable=False),
        sa.Column("conversation_id", BigId, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("from_number", sa.Text(), nullable=False),
        sa.Column("to_number", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("silences", sa.Integer(), nullable=False),
        sa.Column("is_recorded", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("summary_by", sa.Text(), nullable=True),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("last_heard_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name=op.f("ck_calls_direction")),
        sa.CheckConstraint("engine IN ('gather', 'relay')", name=op.f("ck_calls_engine")),
        sa.CheckConstraint(
            "status IN ('queued', 'initiated', 'ringing', 'in-progress', 'completed', 'busy', "
            "'failed', 'no-answer', 'canceled')",
            name=op.f("ck_calls_status"),
        ),
        sa.CheckConstraint(
            "outcome IN ('booked', 'message_taken', 'answered', 'missed', 'failed')",
            name=op.f("ck_calls_outcome"),
        ),
        sa.CheckConstraint(
            "summary_by IN ('assistant', 'intake')", name=op.f("ck_calls_summary_by")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_calls_business_id"),
        sa.ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            name="fk_calls_business_id_conversation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("business_id", "id", name="uq_calls_business_id_id"),
        sa.UniqueConstraint("business_id", "external_id", name="uq_calls_business_id_external_id"),
        sa.UniqueConstraint(
            "business_id", "conversation_id", name="uq_calls_business_id_conversation_id"
        ),
    )
    op.create_index(
        "ix_calls_business_id_outcome_id", "calls", ["business_id", "outcome", "id"], unique=False
    )


def _turns() -> None:
    op.create_table(
        "call_turns",
        sa.Column("id", BigId, nullable=False),
        sa.Column("call_id", BigId, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("heard_id", BigId, nullable=True),
        sa.Column("said_id", BigId, nullable=True),
        sa.Column("spoken", sa.Text(), nullable=True),
        sa.Column("partial", sa.Text(), nullable=True),
        sa.Column("is_partial", sa.Boolean(), nullable=False),
        sa.Column("ends_call", sa.Boolean(), nullable=False),
        sa.Column("confidence_percent", sa.Integer(), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("heard_at", Utc(), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("first_token_ms", sa.Integer(), nullable=True),
        sa.Column("first_audio_ms", sa.Integer(), nullable=True),
        sa.Column("model_ms", sa.Integer(), nullable=True),
        sa.Column("tools_ms", sa.Integer(), nullable=True),
        sa.Column("tools", sa.JSON(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "kind IN ('greeting', 'speech', 'silence', 'farewell')", name=op.f("ck_call_turns_kind")
        ),
        sa.CheckConstraint(
            "state IN ('listening', 'thinking', 'decided', 'said')",
            name=op.f("ck_call_turns_state"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_call_turns_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "call_id"],
            ["calls.business_id", "calls.id"],
            name="fk_call_turns_business_id_call_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "heard_id"],
            ["messages.business_id", "messages.id"],
            name="fk_call_turns_business_id_heard_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "said_id"],
            ["messages.business_id", "messages.id"],
            name="fk_call_turns_business_id_said_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_call_turns"),
        sa.UniqueConstraint("business_id", "id", name="uq_call_turns_business_id_id"),
        sa.UniqueConstraint(
            "business_id", "call_id", "step", name="uq_call_turns_business_id_call_id_step"
        ),
    )
    for column in ("heard_id", "said_id"):
        op.create_index(
            f"ix_call_turns_business_id_{column}",
            "call_turns",
            ["business_id", column],
            unique=False,
        )
