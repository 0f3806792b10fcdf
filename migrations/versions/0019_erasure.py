"""No id of a row that was deleted is ever given to another."""

from __future__ import annotations

from maane.kit.checks import never_reuse_ids

revision = "0019"
down_revision = "0018"

TABLES = (
    "leads",
    "conversations",
    "messages",
    "conversation_notes",
    "inbound_events",
    "business_notifications",
    "notification_deliveries",
    "appointments",
    "attachments",
)


def upgrade() -> None:
    for table in TABLES:
        never_reuse_ids(table)
