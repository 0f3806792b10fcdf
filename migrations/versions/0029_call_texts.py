"""The text that a caller agreed to get after a call in which nobody came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.checks import never_reuse_ids
from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "call_texts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("call_id", BigId, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("message_id", BigId, nullable=True),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'refused', 'queued', 'sending', 'sent', 'delivered', 'failed')",
            name=op.f("ck_call_texts_state"),
        ),
        sa.CheckConstraint("way IN ('whatsapp', 'sms')", name=op.f("ck_call_texts_way")),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_call_texts_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "call_id"],
            ["calls.business_id", "calls.id"],
            name="fk_call_texts_business_id_call_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_call_texts"),
        sa.UniqueConstraint("business_id", "id", name="uq_call_texts_business_id_id"),
        sa.UniqueConstraint("business_id", "call_id", name="uq_call_texts_business_id_call_id"),
    )
    secure_rows("call_texts")
    allow("call_texts", "SELECT", "INSERT", "UPDATE", "DELETE")
    never_reuse_ids("call_texts")
