"""Who is told that a customer waits, how each telling went, and when nobody came for a handover."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _make_settings()
    _make_notifications()
    _make_deliveries()
    op.add_column("conversations", sa.Column("escalated_at", Utc(), nullable=True))


def _make_settings() -> None:
    op.create_table(
        "notification_settings",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("emails", sa.JSON(), nullable=False),
        sa.Column("owner_phone", sa.Text(), nullable=True),
        sa.Column("escalate_after_min", sa.Integer(), nullable=False),
        sa.Column("escalation_email", sa.Text(), nullable=True),
        sa.Column("tested_at", Utc(), nullable=True),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "escalate_after_min BETWEEN 1 AND 1440",
            name=op.f("ck_notification_settings_escalate_after_min"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_notification_settings_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", name="pk_notification_settings"),
    )
    secure_rows("notification_settings")
    allow("notification_settings", "SELECT", "INSERT", "UPDATE")


def _make_notifications() -> None:
    op.create_table(
        "business_notifications",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("conversation_id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("handed_over_at", Utc(), nullable=True),
        sa.Column("escalates_at", Utc(), nullable=True),
        sa.Column("customer_told", sa.Text(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "kind IN ('handed_over', 'escalated', 'message_taken', 'unanswered')",
            name=op.f("ck_business_notifications_kind"),
        ),
        sa.CheckConstraint(
            "customer_told IN ('queued', 'window_closed')",
            name=op.f("ck_business_notifications_customer_told"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_business_notifications_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            name="fk_business_notifications_business_id_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "message_id"],
            ["messages.business_id", "messages.id"],
            name="fk_business_notifications_business_id_message_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_business_notifications"),
        sa.UniqueConstraint("business_id", "id", name="uq_business_notifications_business_id_id"),
        sa.UniqueConstraint(
            "business_id",
            "kind",
            "message_id",
            name="uq_business_notifications_business_id_kind_message_id",
        ),
    )
    for column in ("conversation_id", "message_id"):
        op.create_index(
            f"ix_business_notifications_business_id_{column}",
            "business_notifications",
            ["business_id", column],
        )
    secure_rows("business_notifications")
    allow("business_notifications", "SELECT", "INSERT", "UPDATE", "DELETE")
    op.create_table(
        "notification_reads",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("notification_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "notification_id"],
            ["business_notifications.business_id", "business_notifications.id"],
            name="fk_notification_reads_business_id_notification_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name="fk_notification_reads_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "business_id", "user_id", "notification_id", name="pk_notification_reads"
        ),
    )
    secure_rows("notification_reads")
    allow("notification_reads", "SELECT", "INSERT", "UPDATE", "DELETE")


def _make_deliveries() -> None:
    op.create_table(
        "notification_deliveries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("notification_id", BigId, nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "way IN ('email', 'whatsapp')", name=op.f("ck_notification_deliveries_way")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'sending', 'sent', 'failed')",
            name=op.f("ck_notification_deliveries_status"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_notification_deliveries_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "notification_id"],
            ["business_notifications.business_id", "business_notifications.id"],
            name="fk_notification_deliveries_business_id_notification_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notification_deliveries"),
        sa.UniqueConstraint("business_id", "id", name="uq_notification_deliveries_business_id_id"),
        sa.UniqueConstraint(
            "business_id",
            "notification_id",
            "way",
            "recipient",
            name="uq_notification_deliveries_address",
        ),
    )
    has_id = sa.text("external_id IS NOT NULL")
    op.create_index(
        "ix_notification_deliveries_external_id",
        "notification_deliveries",
        ["business_id", "external_id"],
        sqlite_where=has_id,
        postgresql_where=has_id,
    )
    secure_rows("notification_deliveries")
    allow("notification_deliveries", "SELECT", "INSERT", "UPDATE", "DELETE")
