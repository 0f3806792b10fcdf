"""A closed business may answer by a text of its own, and escalation counts from the opening."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.checks import replace_check
from maane.kit.db import Utc

revision = "0022"
down_revision = "0021"

REASONS = (
    "silence_reason IN ('took_over', 'wrote', 'handed_over', 'stopped', 'wrote_elsewhere')",
    "silence_reason IN ('took_over', 'wrote', 'handed_over', 'stopped', 'wrote_elsewhere', 'away')",
)
KINDS = (
    "kind IN ('handed_over', 'escalated', 'message_taken', 'unanswered', 'booked', "
    "'booking_cancelled')",
    "kind IN ('handed_over', 'away', 'escalated', 'message_taken', 'unanswered', 'booked', "
    "'booking_cancelled')",
)


def upgrade() -> None:
    op.add_column(
        "business_hours",
        sa.Column("says_away", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "business_hours", sa.Column("away_text", sa.Text(), nullable=False, server_default="")
    )
    op.add_column("conversations", sa.Column("away_at", Utc(), nullable=True))
    op.add_column(
        "business_notifications", sa.Column("escalate_after_min", sa.Integer(), nullable=True)
    )
    replace_check("conversations", "ck_conversations_silence_reason", *REASONS)
    replace_check("business_notifications", "ck_business_notifications_kind", *KINDS)
