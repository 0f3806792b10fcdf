"""A conversation at its beginning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from maane.conversations.models import Conversation
from maane.kit.db import now
from maane.tenancy.access import Tenant


@dataclass(frozen=True, slots=True)
class Contact:
    """The person on the other side, as the channel knows them. ``phone`` is E.164 or None."""

    channel: str
    key: str
    phone: str | None
    name: str | None


def new_conversation(tenant: Tenant, contact: Contact, at: datetime) -> Conversation:
    """One in which nothing was said yet, as a row to add. ``at``: when it begins."""
    return Conversation(
        business_id=tenant.id,
        channel=contact.channel,
        contact_key=contact.key,
        contact_phone=contact.phone,
        contact_name=contact.name,
        prompt_version=0,
        stale_rounds=0,
        status="open",
        owner="assistant",
        is_waiting=False,
        last_message_id=0,
        last_inbound_id=0,
        last_message_at=at,
        created_at=now(),
    )
