"""How long a business keeps conversations, and how each night's deletion went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    # Nobody chose yet, and an upgrade deletes nothing: no value keeps everything.
    check = sa.CheckConstraint(
        "retention_days BETWEEN 1 AND 36500", name=op.f("ck_businesses_retention_days")
    )
    op.add_column("businesses", sa.Column("retention_days", sa.Integer(), check, nullable=True))
    op.add_column(
        "businesses",
        sa.Column("retention_leads", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("businesses", sa.Column("retention_since", Utc(), nullable=True))
    op.create_table(
        "retention_runs",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_retention_runs_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", "day", name="pk_retention_runs"),
    )
    secure_rows("retention_runs")
    allow("retention_runs", "SELECT", "INSERT", "UPDATE")
