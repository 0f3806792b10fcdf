"""When a business is there. Nothing is said at first, and so it is always there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import BigId, Utc
from maane.tenancy.protection import allow, secure_rows

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column(
        "businesses",
        sa.Column("keeps_hours", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "business_hours",
        sa.Column("business_id", BigId, autoincrement=False, nullable=False),
        sa.Column("week", sa.JSON(), nullable=True),
        sa.Column("holidays", sa.JSON(), nullable=False),
        sa.Column("eve_closes_min", sa.Integer(), nullable=True),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("updated_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "eve_closes_min BETWEEN 0 AND 1439", name=op.f("ck_business_hours_eve_closes_min")
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name="fk_business_hours_business_id"
        ),
        sa.PrimaryKeyConstraint("business_id", name="pk_business_hours"),
    )
    secure_rows("business_hours")
    allow("business_hours", "SELECT", "INSERT", "UPDATE")
