"""When a customer wrote the newest word that ends or begins automatic messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maane.kit.db import Utc

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("wish_at", Utc(), nullable=True))
