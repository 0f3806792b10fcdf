"""What a call has cost, in tokens, so that one that is taken up again is not counted anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("calls", sa.Column("tokens", sa.Integer(), server_default="0", nullable=False))
