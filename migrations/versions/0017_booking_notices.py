"""People of the business are told of appointments that the assistant booked and cancelled."""

from __future__ import annotations

from maane.kit.checks import replace_check

revision = "0017"
down_revision = "0016"

BEFORE = "kind IN ('handed_over', 'escalated', 'message_taken', 'unanswered')"
AFTER = (
    "kind IN ('handed_over', 'escalated', 'message_taken', 'unanswered', 'booked', "
    "'booking_cancelled')"
)


def upgrade() -> None:
    replace_check("business_notifications", "ck_business_notifications_kind", BEFORE, AFTER)
