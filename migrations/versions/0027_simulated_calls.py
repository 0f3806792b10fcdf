"""Simulated calls, while they go on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.checks import never_reuse_ids
from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    _calls()
    _lines()
    for table in ("simulated_calls", "simulated_lines"):
        secure_rows(table)
        allow(table, "SELECT", "INSERT", "UPDATE", "DELETE")
        never_reuse_ids(table)


def _calls() -> None:
    op.create_table(
        "simulated_calls",
        sa.Column("id", BigId, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("call_id", BigId, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=True),
        sa.Column("is_listening", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("alive_at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.CheckConstraint(
            "state IN ('ringing', 'going', 'over', 'failed')",
            name=op.f("ck_simulated_calls_state"),
        ),
        sa.CheckConstraint("engine IN ('gather', 'relay')", name=op.f("ck_simulated_calls_engine")),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_simulated_calls_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "call_id"],
            ["calls.business_id", "calls.id"],
            name="fk_simulated_calls_business_id_call_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_simulated_calls"),
        sa.UniqueConstraint("business_id", "id", name="uq_simulated_calls_business_id_id"),
        sa.UniqueConstraint(
            "business_id", "external_id", name="uq_simulated_calls_business_id_external_id"
        ),
    )


def _lines() -> None:
    op.create_table(
        "simulated_lines",
        sa.Column("id", BigId, nullable=False),
        sa.Column("simulated_call_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by_caller", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("business_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_simulated_lines_business_id"
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "simulated_call_id"],
            ["simulated_calls.business_id", "simulated_calls.id"],
            name="fk_simulated_lines_business_id_simulated_call_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_simulated_lines"),
        sa.UniqueConstraint("business_id", "id", name="uq_simulated_lines_business_id_id"),
        sa.UniqueConstraint(
            "business_id",
            "simulated_call_id",
            "number",
            name="uq_simulated_lines_business_id_simulated_call_id_number",
        ),
    )
