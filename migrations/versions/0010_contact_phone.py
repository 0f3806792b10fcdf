"""All conversations with one phone number are found at once."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index(
        "ix_conversations_business_id_contact_phone",
        "conversations",
        ["business_id", "contact_phone"],
    )
