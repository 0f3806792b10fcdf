"""Calls over sockets: the token of one, which is its last, and what of a turn was not heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import Utc

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("socket_number", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("calls", sa.Column("socket_token", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("socket_token_until", Utc(), nullable=True))
    op.add_column("call_turns", sa.Column("untold", sa.Text(), nullable=True))
