"""The files that customers send, and what was said in their voice notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("declared_type", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("size", BigId, nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("transcript_status", sa.Text(), nullable=True),
        sa.Column("transcript", sa.Text(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "kind IN ('image', 'audio', 'video', 'document', 'sticker')",
            name=op.f("ck_attachments_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'stored', 'refused', 'failed')",
            name=op.f("ck_attachments_status"),
        ),
        sa.CheckConstraint(
            "transcript_status IN ('waiting', 'done', 'failed', 'off')",
            name=op.f("ck_attachments_transcript_status"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_attachments_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "message_id"],
            ["messages.business_id", "messages.id"],
            name="fk_attachments_business_id_message_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sa.UniqueConstraint("business_id", "id", name="uq_attachments_business_id_id"),
        sa.UniqueConstraint("business_id", "file_key", name="uq_attachments_business_id_file_key"),
        sa.UniqueConstraint(
            "business_id",
            "message_id",
            "position",
            name="uq_attachments_business_id_message_id_position",
        ),
    )
    secure_rows("attachments")
    allow("attachments", "SELECT", "INSERT", "UPDATE", "DELETE")
