"""Channels, inbound events, conversations and their messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "channel_numbers",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("external_number", sa.Text(), nullable=False),
        sa.Column("business_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_channel_numbers_business_id"
        ),
        sa.PrimaryKeyConstraint("provider", "external_number", name="pk_channel_numbers"),
    )
    op.create_index(
        "ix_channel_numbers_business_id", "channel_numbers", ["business_id"], unique=False
    )
    op.create_table(
        "conversations",
        sa.Column("id", BigId, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("prompt_version", sa.Integer(), nullable=False),
        sa.Column("last_message_at", Utc(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint("channel IN ('whatsapp', 'simulator')", name="ck_conversations_channel"),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_conversations_business_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint(
            "business_id",
            "channel",
            "contact_key",
            name="uq_conversations_business_id_channel_contact_key",
        ),
        sa.UniqueConstraint("business_id", "id", name="uq_conversations_business_id_id"),
    )
    op.create_table(
        "inbound_events",
        sa.Column("id", BigId, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("processed_at", Utc(), nullable=True),
        sa.Column("business_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_inbound_events_business_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_events"),
        sa.UniqueConstraint("business_id", "id", name="uq_inbound_events_business_id_id"),
        sa.UniqueConstraint(
            "business_id",
            "provider",
            "external_id",
            name="uq_inbound_events_business_id_provider_external_id",
        ),
    )
    op.create_table(
        "whatsapp_channels",
        sa.Column("id", BigId, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("phone_number_id", sa.Text(), nullable=False),
        sa.Column("access_token", sa.Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "provider IN ('meta', 'simulator')", name="ck_whatsapp_channels_provider"
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_whatsapp_channels_business_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_whatsapp_channels"),
        sa.UniqueConstraint("business_id", "id", name="uq_whatsapp_channels_business_id_id"),
        sa.UniqueConstraint(
            "business_id", "provider", name="uq_whatsapp_channels_business_id_provider"
        ),
    )
    op.create_table(
        "conversation_leads",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("conversation_id", BigId, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            name="fk_conversation_leads_business_id_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "lead_id"],
            ["leads.business_id", "leads.id"],
            name="fk_conversation_leads_business_id_lead_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("business_id", "conversation_id", name="pk_conversation_leads"),
    )
    op.create_index(
        "ix_conversation_leads_business_id_lead_id",
        "conversation_leads",
        ["business_id", "lead_id"],
        unique=False,
    )
    op.create_table(
        "messages",
        sa.Column("id", BigId, nullable=False),
        sa.Column("conversation_id", BigId, nullable=False),
        sa.Column("answers_id", BigId, nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("prompt_version", sa.Integer(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "author IN ('customer', 'assistant', 'intake')", name="ck_messages_author"
        ),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="ck_messages_direction"),
        sa.CheckConstraint(
            "status IN ('received', 'simulated', 'pending', 'sending', 'sent', 'delivered', "
            "'read', 'failed')",
            name="ck_messages_status",
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "answers_id"],
            ["messages.business_id", "messages.id"],
            name="fk_messages_business_id_answers_id",
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "conversation_id"],
            ["conversations.business_id", "conversations.id"],
            name="fk_messages_business_id_conversation_id",
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_messages_business_id"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("business_id", "answers_id", name="uq_messages_business_id_answers_id"),
        sa.UniqueConstraint(
            "business_id", "external_id", name="uq_messages_business_id_external_id"
        ),
        sa.UniqueConstraint("business_id", "id", name="uq_messages_business_id_id"),
    )
    op.create_index(
        "ix_messages_business_id_conversation_id_id",
        "messages",
        ["business_id", "conversation_id", "id"],
        unique=False,
    )

    for table in ("whatsapp_channels", "inbound_events", "conversations", "messages"):
        secure_rows(table)
        allow(table, "SELECT", "INSERT", "UPDATE", "DELETE")
    secure_rows("conversation_leads")
    allow("conversation_leads", "SELECT", "INSERT", "UPDATE", "DELETE")
    allow("channel_numbers", "SELECT", "INSERT", "UPDATE", "DELETE")
