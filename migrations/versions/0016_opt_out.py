"""The words by which customers end automatic messages; without a value the defaults hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for column in ("opt_out_words", "opt_in_words"):
        op.add_column("whatsapp_settings", sa.Column(column, sa.JSON(), nullable=True))
