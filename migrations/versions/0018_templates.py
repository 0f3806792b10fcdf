"""Message templates: what a number may send outside the 24 hours, and what a message was sent by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    for column in (
        sa.Column("waba_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("templates_synced_at", Utc(), nullable=True),
        sa.Column("templates_failure", sa.Text(), nullable=True),
        sa.Column("templates_detail", sa.Text(), nullable=True),
    ):
        op.add_column("whatsapp_channels", column)
    op.add_column("messages", sa.Column("template", sa.Text(), nullable=True))
    op.create_table(
        "whatsapp_templates",
        sa.Column("id", BigId, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("footer", sa.Text(), nullable=False),
        sa.Column("buttons", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("obstacle", sa.Text(), nullable=True),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "provider IN ('meta', 'twilio')", name=op.f("ck_whatsapp_templates_provider")
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_whatsapp_templates_business_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_whatsapp_templates"),
        sa.UniqueConstraint("business_id", "id", name="uq_whatsapp_templates_business_id_id"),
        sa.UniqueConstraint(
            "business_id",
            "provider",
            "number",
            "external_id",
            name="uq_whatsapp_templates_business_id_provider_number_external_id",
        ),
    )
    secure_rows("whatsapp_templates")
    allow("whatsapp_templates", "SELECT", "INSERT", "UPDATE", "DELETE")
