"""Recordings that lie at the provider, known for as long as they do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId
from maane.tenancy.protection import all_rows, allow, secure_rows

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "recording_copies",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_recording_copies_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", "external_id", name="pk_recording_copies"),
    )
    with all_rows("recordings"), all_rows("calls"):
        op.execute(
            """
            INSERT INTO recording_copies (business_id, external_id, account_sid)
            SELECT DISTINCT recordings.business_id, recordings.external_id, calls.account_sid
            FROM recordings
            JOIN calls ON calls.business_id = recordings.business_id
                AND calls.id = recordings.call_id
            WHERE recordings.is_at_provider AND recordings.external_id IS NOT NULL
            """
        )
    secure_rows("recording_copies")
    allow("recording_copies", "SELECT", "INSERT", "DELETE")
