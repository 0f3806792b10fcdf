"""What is too old is deleted with everything else, appointments too."""

from __future__ import annotations

from maane.tenancy.protection import allow

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    allow("appointments", "DELETE")
