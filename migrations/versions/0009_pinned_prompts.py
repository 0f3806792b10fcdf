"""Versions of the prompts that nobody can change or delete: conversations are pinned to them."""

from __future__ import annotations

from maane.tenancy.protection import make_append_only

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    # A conversation's prompt_version was that of its last answer, which is what it is pinned to now.
    make_append_only("prompt_versions")
