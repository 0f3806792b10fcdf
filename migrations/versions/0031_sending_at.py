"""When a message was given to its provider: for so long nobody has said what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import Utc

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("messages", sa.Column("sending_at", Utc(), nullable=True))
