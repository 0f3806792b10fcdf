"""What the business writes from its own phone: marked on the message, and a reason to be silent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.checks import replace_check

revision = "0011"
down_revision = "0010"

REASONS = (
    "silence_reason IN ('took_over', 'wrote', 'handed_over', 'stopped')",
    "silence_reason IN ('took_over', 'wrote', 'handed_over', 'stopped', 'wrote_elsewhere')",
)


def upgrade() -> None:
    op.add_column(
        "messages", sa.Column("is_echo", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    replace_check("conversations", "ck_conversations_silence_reason", *REASONS)
