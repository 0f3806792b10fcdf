"""What the assistant may tell and do: a business's facts, and why it handed over or fell silent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.checks import replace_check
from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0006"
down_revision = "0005"

REASONS = (
    "silence_reason IN ('took_over', 'wrote')",
    "silence_reason IN ('took_over', 'wrote', 'handed_over', 'stopped')",
)


def upgrade() -> None:
    op.create_table(
        "business_facts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "kind IN ('hours', 'service', 'price', 'answer')",
            name=op.f("ck_business_facts_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_business_facts_business_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_business_facts"),
        sa.UniqueConstraint("business_id", "id", name="uq_business_facts_business_id_id"),
    )
    op.create_index(
        "ix_business_facts_business_id_position",
        "business_facts",
        ["business_id", "position", "id"],
    )
    secure_rows("business_facts")
    allow("business_facts", "SELECT", "INSERT", "UPDATE", "DELETE")

    op.add_column("conversations", sa.Column("silence_note", sa.Text(), nullable=True))
    replace_check("conversations", "ck_conversations_silence_reason", *REASONS)
