"""Recordings of calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.checks import never_reuse_ids
from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("call_id", BigId, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("is_at_provider", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("size", BigId, nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("deleted_at", Utc(), nullable=True),
        sa.Column("deleted_by_user_id", BigId, nullable=True),
        sa.Column("deleted_by_name", sa.Text(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting', 'stored', 'absent', 'failed', 'deleted')",
            name=op.f("ck_recordings_status"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_recordings_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "call_id"],
            ["calls.business_id", "calls.id"],
            name="fk_recordings_business_id_call_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
        sa.UniqueConstraint("business_id", "id", name="uq_recordings_business_id_id"),
        sa.UniqueConstraint("business_id", "call_id", name="uq_recordings_business_id_call_id"),
        sa.UniqueConstraint("business_id", "file_key", name="uq_recordings_business_id_file_key"),
    )
    secure_rows("recordings")
    allow("recordings", "SELECT", "INSERT", "UPDATE", "DELETE")
    never_reuse_ids("recordings")
