"""A person on the phone: whom a business has rung, who was rung for a call, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.checks import never_reuse_ids, replace_check
from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0028"
down_revision = "0027"

KINDS = (
    "kind IN ('greeting', 'speech', 'silence', 'farewell')",
    "kind IN ('greeting', 'speech', 'silence', 'transfer', 'farewell')",
)
OUTCOMES = (
    "outcome IN ('booked', 'message_taken', 'answered', 'missed', 'failed')",
    "outcome IN ('booked', 'transferred', 'message_taken', 'answered', 'missed', 'failed')",
)
NOTICES = (
    "kind IN ('handed_over', 'away', 'escalated', 'message_taken', 'unanswered', 'booked', "
    "'booking_cancelled')",
    "kind IN ('handed_over', 'away', 'transfer_missed', 'escalated', 'message_taken', "
    "'unanswered', 'booked', 'booking_cancelled')",
)


def upgrade() -> None:
    replace_check("call_turns", "ck_call_turns_kind", *KINDS)
    replace_check("calls", "ck_calls_outcome", *OUTCOMES)
    replace_check("business_notifications", "ck_business_notifications_kind", *NOTICES)
    op.add_column(
        "call_turns",
        sa.Column("transfers", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "voice_transfers",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("ring_s", sa.Integer(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.CheckConstraint("ring_s BETWEEN 5 AND 60", name=op.f("ck_voice_transfers_ring_s")),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_voice_transfers_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", name="pk_voice_transfers"),
    )
    op.create_table(
        "call_transfers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("call_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("rung_at", Utc(), nullable=True),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("accepted_at", Utc(), nullable=True),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("talked_s", sa.Integer(), nullable=True),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "result IN ('connected', 'no_answer', 'busy', 'failed', 'declined', 'canceled')",
            name=op.f("ck_call_transfers_result"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_call_transfers_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "call_id"],
            ["calls.business_id", "calls.id"],
            name="fk_call_transfers_business_id_call_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_call_transfers"),
        sa.UniqueConstraint("business_id", "id", name="uq_call_transfers_business_id_id"),
        sa.UniqueConstraint(
            "business_id",
            "call_id",
            "number",
            name="uq_call_transfers_business_id_call_id_number",
        ),
    )
    for table in ("voice_transfers", "call_transfers"):
        secure_rows(table)
        allow(table, "SELECT", "INSERT", "UPDATE", "DELETE")
    never_reuse_ids("call_transfers")
