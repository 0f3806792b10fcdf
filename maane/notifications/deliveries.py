"""The way of one delivery: claimed by compare and set, sent, failed; never twice, never silently not.

The two jobs share these steps and differ in who carries the words. A worker that was killed after its
claim leaves ``sending`` behind; whoever finds that says so and sends nothing, as with a message to a
customer. The bell in the app shows the notification all the same, and an escalation tells anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from maane.kit.db import Transaction
from maane.notifications import store, words
from maane.notifications.operations import INTERRUPTED
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is to be sent: to whom, and what."""

    recipient: str
    letter: words.Letter


def due(tx: Transaction, tenant: Tenant, settings: Settings, delivery_id: int) -> Due | None:
    """What is to be sent; None where there is nothing (any more), and then the delivery says why."""
    delivery = store.find_delivery(tx, tenant, delivery_id)
    if delivery is None or delivery.status in ("sent", "failed"):
        return None
    if delivery.status == "sending":
        fail(tx, tenant, delivery_id, INTERRUPTED)
        return None
    if not tenancy.is_active(tx, tenant):
        fail(tx, tenant, delivery_id, "suspended")
        return None
    notification = store.find_notification(tx, tenant, delivery.notification_id)
    if notification is None:
        return None
    about = store.conversations_of(tx, tenant, [notification.conversation_id])
    conversation = about[notification.conversation_id]
    origin = settings.public_url or min(settings.own_origins)
    is_handover = notification.handed_over_at is not None
    is_same = is_handover and conversation.owned_at == notification.handed_over_at
    return Due(
        delivery.recipient,
        words.letter(
            tenant.language,
            notification.kind,
            tenant.name,
            conversation.contact_name or conversation.contact_phone,
            conversation.silence_note if is_same else None,
            f"{origin}/conversations/{conversation.id}",
        ),
    )


def claim(tx: Transaction, tenant: Tenant, delivery_id: int) -> bool:
    """True for the one caller that may now send it."""
    values = {"status": "sending", "reason": None, "detail": None}
    return store.move_delivery(tx, tenant, delivery_id, ("pending",), values)


def release(
    tx: Transaction, tenant: Tenant, delivery_id: int, reason: str, detail: str | None = None
) -> None:
    """Takes the claim back, to send it later. ``reason`` is why it has to be."""
    values = {"status": "pending", "reason": reason, "detail": detail}
    store.move_delivery(tx, tenant, delivery_id, ("sending",), values)


def mark_sent(
    tx: Transaction, tenant: Tenant, delivery_id: int, external_id: str | None = None
) -> None:
    values = {"status": "sent", "external_id": external_id, "reason": None, "detail": None}
    store.move_delivery(tx, tenant, delivery_id, ("sending",), values)


def fail(
    tx: Transaction, tenant: Tenant, delivery_id: int, reason: str, detail: str | None = None
) -> None:
    """Says why it will not be sent."""
    values = {"status": "failed", "reason": reason, "detail": detail}
    store.move_delivery(tx, tenant, delivery_id, ("pending", "sending"), values)


def give_up(tx: Transaction, tenant: Tenant, delivery_id: int) -> None:
    """Says that it was tried to the end, with the last reason."""
    delivery = store.find_delivery(tx, tenant, delivery_id)
    if delivery is not None:
        fail(tx, tenant, delivery_id, delivery.reason or "not_made", delivery.detail)
