"""Shapes of notifications and of who gets them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, EmailStr, Field

from maane.kit.endpoint import LARGEST_ID, Shape
from maane.kit.text import Phone
from maane.notifications.models import Delivery as DeliveryRow
from maane.notifications.models import Kind
from maane.notifications.operations import Chosen, Listed


def _is_ascii(value: str) -> str:
    if not value.isascii():
        raise ValueError("must be written in Latin letters")
    return value


def _is_international(value: str) -> str:
    if not value.startswith("+"):
        raise ValueError("must be a whole number with its country")
    return value


def _without_repeats(values: list[str]) -> list[str]:
    first: dict[str, str] = {}
    for value in values:
        first.setdefault(value.lower(), value)
    return list(first.values())


Address = Annotated[EmailStr, Field(max_length=254), AfterValidator(_is_ascii)]
Addresses = Annotated[list[Address], Field(max_length=10), AfterValidator(_without_repeats)]
Reason = Literal[
    "smtp_not_set",
    "unreachable",
    "busy",
    "refused",
    "interrupted",
    "not_connected",
    "window_closed",
    "suspended",
    "not_made",
]


class SettingsBody(Shape):
    """``emails`` are told of everything, ``escalation_email`` when nobody came in time."""

    emails: Addresses
    owner_phone: Annotated[Phone, AfterValidator(_is_international)] | None
    escalate_after_min: Annotated[int, Field(ge=1, le=1440)]
    escalation_email: Address | None


class NotificationSettings(Shape):
    """``has_smtp``: whether this installation can send e-mail at all. ``phone_until``: until when
    WhatsApp takes free text to the owner's phone; null where it does not now."""

    emails: list[str]
    owner_phone: str | None
    escalate_after_min: int
    escalation_email: str | None
    has_smtp: bool
    phone_until: datetime | None


class TestEmailBody(Shape):
    """One of the addresses that are saved."""

    email: Address


class TestEmail(Shape):
    """``answer`` is what the mail server said, word by word; null where there was none."""

    result: Literal["accepted", "refused", "busy", "unreachable", "interrupted", "smtp_not_set"]
    answer: str | None


class Delivery(Shape):
    """``reason`` says why it is not sent (yet), ``detail`` what the other side said. ``sending`` is
    shown as ``pending``."""

    way: Literal["email", "whatsapp"]
    recipient: str
    status: Literal["pending", "sent", "failed"]
    reason: Reason | None
    detail: str | None


class Notification(Shape):
    """``is_waiting``: whether the customer still waits. ``escalates_at``: when a handover escalates if
    nobody comes. ``customer_told``: after an escalation, whether the customer was written to, or could
    not be."""

    id: int
    kind: Kind
    conversation_id: int
    contact_name: str | None
    contact_phone: str | None
    is_waiting: bool
    is_read: bool
    escalates_at: datetime | None
    customer_told: Literal["queued", "window_closed"] | None
    deliveries: list[Delivery]
    created_at: datetime


class NotificationPage(Shape):
    items: list[Notification]
    next: str | None


class Unread(Shape):
    """How many of the newest 200 the caller has not read; ``newest_id`` is 0 where there is none."""

    unread: int
    newest_id: int


class ReadUpToBody(Shape):
    """Everything up to and with this notification."""

    notification_id: Annotated[int, Field(ge=1, le=LARGEST_ID)]


def settings_of(
    chosen: Chosen, *, has_smtp: bool, phone_until: datetime | None
) -> NotificationSettings:
    return NotificationSettings(
        emails=list(chosen.emails),
        owner_phone=chosen.owner_phone,
        escalate_after_min=chosen.escalate_after_min,
        escalation_email=chosen.escalation_email,
        has_smtp=has_smtp,
        phone_until=phone_until,
    )


def notification_of(listed: Listed) -> Notification:
    row, conversation = listed.row, listed.conversation
    return Notification(
        id=row.id,
        kind=cast("Kind", row.kind),
        conversation_id=row.conversation_id,
        contact_name=conversation.contact_name,
        contact_phone=conversation.contact_phone,
        is_waiting=conversation.is_waiting,
        is_read=listed.is_read,
        escalates_at=row.escalates_at,
        customer_told=cast("Literal['queued', 'window_closed'] | None", row.customer_told),
        deliveries=[_delivery_of(delivery) for delivery in listed.deliveries],
        created_at=row.created_at,
    )


def _delivery_of(row: DeliveryRow) -> Delivery:
    status = "pending" if row.status == "sending" else row.status
    return Delivery(
        way=cast("Literal['email', 'whatsapp']", row.way),
        recipient=row.recipient,
        status=cast("Literal['pending', 'sent', 'failed']", status),
        reason=cast("Reason | None", row.reason),
        detail=row.detail,
    )
