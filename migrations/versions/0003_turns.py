"""Turns that wait for a pause, and events that failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import all_rows, allow, secure_rows

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "whatsapp_settings",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("pause_s", sa.Integer(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.CheckConstraint("pause_s BETWEEN 0 AND 15", name="ck_whatsapp_settings_pause_s"),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_whatsapp_settings_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", name="pk_whatsapp_settings"),
    )
    secure_rows("whatsapp_settings")
    allow("whatsapp_settings", "SELECT", "INSERT", "UPDATE", "DELETE")

    op.add_column("inbound_events", sa.Column("contact_key", sa.Text(), nullable=True))
    op.add_column("inbound_events", sa.Column("failed_at", Utc(), nullable=True))
    op.add_column("inbound_events", sa.Column("failure", sa.Text(), nullable=True))
    op.add_column(
        "inbound_events", sa.Column("retries", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_index(
        "ix_inbound_events_waiting",
        "inbound_events",
        ["business_id", "provider", "contact_key"],
        sqlite_where=sa.text("processed_at IS NULL"),
        postgresql_where=sa.text("processed_at IS NULL"),
    )
    op.create_index(
        "ix_inbound_events_failed",
        "inbound_events",
        ["business_id", "id"],
        sqlite_where=sa.text("failed_at IS NOT NULL"),
        postgresql_where=sa.text("failed_at IS NOT NULL"),
    )

    op.add_column(
        "conversations",
        sa.Column("stale_rounds", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column(
        "messages",
        sa.Column("awaits_answer", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    # A turn that was under way when the program was stopped for this must find that it is not done.
    with all_rows("messages"):
        op.execute(
            "UPDATE messages SET awaits_answer = true WHERE direction = 'inbound' AND id > "
            "(SELECT COALESCE(MAX(answers_id), 0) FROM messages AS answers "
            "WHERE answers.business_id = messages.business_id "
            "AND answers.conversation_id = messages.conversation_id)"
        )
    op.create_index(
        "ix_messages_awaiting",
        "messages",
        ["business_id", "conversation_id"],
        sqlite_where=sa.text("awaits_answer = 1"),
        postgresql_where=sa.text("awaits_answer"),
    )
