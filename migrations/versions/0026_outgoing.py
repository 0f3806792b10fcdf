"""Calls that a business makes to its leads, and the limits of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.checks import replace_check
from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0026"
down_revision = "0025"

KINDS = (
    "kind IN ('created', 'moved', 'changed', 'intake', 'merged')",
    "kind IN ('created', 'moved', 'changed', 'intake', 'merged', 'called')",
)


def upgrade() -> None:
    op.create_table(
        "outgoing_calls",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("call_id", BigId, autoincrement=False, nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("person_name", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("dial_status", sa.Text(), nullable=True),
        sa.Column("dial_s", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "speaker IN ('assistant', 'person')", name=op.f("ck_outgoing_calls_speaker")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'placed', 'refused')", name=op.f("ck_outgoing_calls_state")
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_outgoing_calls_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "call_id"],
            ["calls.business_id", "calls.id"],
            name="fk_outgoing_calls_business_id_call_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("business_id", "call_id", name="pk_outgoing_calls"),
        sa.UniqueConstraint(
            "business_id", "idempotency_key", name="uq_outgoing_calls_business_id_idempotency_key"
        ),
    )
    op.create_table(
        "outgoing_settings",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("countries", sa.JSON(), nullable=False),
        sa.Column("daily_limit", sa.Integer(), nullable=False),
        sa.Column("quiet_from_min", sa.Integer(), nullable=False),
        sa.Column("quiet_until_min", sa.Integer(), nullable=False),
        sa.Column("quiet_on_closed_days", sa.Boolean(), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("counted_on", sa.Text(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "daily_limit BETWEEN 0 AND 1000", name=op.f("ck_outgoing_settings_daily_limit")
        ),
        sa.CheckConstraint(
            "quiet_from_min BETWEEN 0 AND 1439", name=op.f("ck_outgoing_settings_quiet_from_min")
        ),
        sa.CheckConstraint(
            "quiet_until_min BETWEEN 0 AND 1439", name=op.f("ck_outgoing_settings_quiet_until_min")
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_outgoing_settings_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", name="pk_outgoing_settings"),
    )
    for table in ("outgoing_calls", "outgoing_settings"):
        secure_rows(table)
        allow(table, "SELECT", "INSERT", "UPDATE", "DELETE")
    replace_check("lead_events", "ck_lead_events_kind", *KINDS)
