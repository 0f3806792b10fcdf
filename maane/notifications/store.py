"""Every query on notifications, their deliveries and their settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from maane.conversations.models import Conversation
from maane.kit.db import now, page, upsert
from maane.kit.endpoint import LARGEST_ID
from maane.notifications.models import (
    Delivery,
    Notification,
    NotificationRead,
    NotificationSettings,
)
from maane.tenancy.access import Tenant

COUNTED = 200
"""What is unread is looked for among so many of the newest: counting must have an end."""


def find_settings(tx: Session, tenant: Tenant) -> NotificationSettings | None:
    return tx.scalars(
        select(NotificationSettings).where(NotificationSettings.business_id == tenant.id)
    ).one_or_none()


def add_settings(tx: Session, row: NotificationSettings) -> None:
    tx.add(row)
    tx.flush()


def add_once(tx: Session, tenant: Tenant, values: dict[str, Any]) -> int | None:
    """The id of a new notification; None where its kind was told of that message already."""
    statement = (
        upsert(tx, Notification)
        .values(business_id=tenant.id, **values)
        .on_conflict_do_nothing(index_elements=["business_id", "kind", "message_id"])
        .returning(Notification.id)
    )
    return tx.scalars(statement).one_or_none()


def add_deliveries(
    tx: Session, tenant: Tenant, notification_id: int, recipients: Sequence[tuple[str, str]]
) -> list[tuple[int, str]]:
    """Ids and ways of the new deliveries, one for each way and address given."""
    if not recipients:
        return []
    at = now()
    rows = tx.execute(
        insert(Delivery)
        .values(
            [
                {
                    "business_id": tenant.id,
                    "notification_id": notification_id,
                    "way": way,
                    "recipient": recipient,
                    "status": "pending",
                    "updated_at": at,
                }
                for way, recipient in recipients
            ]
        )
        .returning(Delivery.id, Delivery.way)
    )
    return [(key, way) for key, way in rows]


def find_notification(tx: Session, tenant: Tenant, notification_id: int) -> Notification | None:
    return tx.scalars(
        select(Notification).where(
            Notification.business_id == tenant.id, Notification.id == notification_id
        )
    ).one_or_none()


def is_told(tx: Session, tenant: Tenant, kind: str, message_id: int) -> bool:
    statement = select(Notification.id).where(
        Notification.business_id == tenant.id,
        Notification.kind == kind,
        Notification.message_id == message_id,
    )
    return tx.scalars(statement).first() is not None


def is_told_of(tx: Session, tenant: Tenant, message_id: int) -> bool:
    statement = select(Notification.id).where(
        Notification.business_id == tenant.id, Notification.message_id == message_id
    )
    return tx.scalars(statement).first() is not None


def newest_of(
    tx: Session, tenant: Tenant, conversation_id: int, kinds: Sequence[str]
) -> int | None:
    """The id of the newest notification of these kinds about a conversation."""
    statement = select(func.max(Notification.id)).where(
        Notification.business_id == tenant.id,
        Notification.conversation_id == conversation_id,
        Notification.kind.in_(kinds),
    )
    return tx.scalar(statement)


def list_due_after(tx: Session, tenant: Tenant, at: datetime) -> Sequence[Notification]:
    """Handovers whose look is still to come."""
    return tx.scalars(
        select(Notification)
        .where(Notification.business_id == tenant.id, Notification.escalates_at > at)
        .order_by(Notification.id)
    ).all()


def list_notifications(
    tx: Session, tenant: Tenant, *, limit: int, after: str | None
) -> tuple[Sequence[Notification], str | None]:
    statement = select(Notification).where(Notification.business_id == tenant.id)
    return page(tx, statement, Notification.id, limit=limit, after=after)


def deliveries_of(
    tx: Session, tenant: Tenant, notification_ids: Sequence[int]
) -> dict[int, list[Delivery]]:
    """In the order in which they were added, by notification."""
    rows = tx.scalars(
        select(Delivery)
        .where(Delivery.business_id == tenant.id, Delivery.notification_id.in_(notification_ids))
        .order_by(Delivery.id)
    )
    found: dict[int, list[Delivery]] = defaultdict(list)
    for row in rows:
        found[row.notification_id].append(row)
    return found


def conversations_of(
    tx: Session, tenant: Tenant, conversation_ids: Sequence[int]
) -> dict[int, Conversation]:
    rows = tx.scalars(
        select(Conversation).where(
            Conversation.business_id == tenant.id, Conversation.id.in_(conversation_ids)
        )
    )
    return {row.id: row for row in rows}


def read_by(
    tx: Session, tenant: Tenant, user_id: int | None, notification_ids: Sequence[int]
) -> set[int]:
    """Which of these a user has read."""
    return set(
        tx.scalars(
            select(NotificationRead.notification_id).where(
                NotificationRead.business_id == tenant.id,
                NotificationRead.user_id == user_id,
                NotificationRead.notification_id.in_(notification_ids),
            )
        )
    )


def count_unread(tx: Session, tenant: Tenant, user_id: int | None) -> int:
    """How many of the newest ``COUNTED`` a user has not read."""
    return len(list_unread(tx, tenant, user_id, LARGEST_ID))


def list_unread(tx: Session, tenant: Tenant, user_id: int | None, up_to: int) -> Sequence[int]:
    """Which of the newest ``COUNTED`` up to one a user has not read."""
    newest = (
        select(Notification.id)
        .where(Notification.business_id == tenant.id)
        .order_by(Notification.id.desc())
        .limit(COUNTED)
    )
    read = select(NotificationRead.notification_id).where(
        NotificationRead.business_id == tenant.id, NotificationRead.user_id == user_id
    )
    keys = tx.scalars(newest).all()
    known = set(tx.scalars(read.where(NotificationRead.notification_id.in_(keys))))
    return [key for key in keys if key <= up_to and key not in known]


def mark_read(tx: Session, tenant: Tenant, user_id: int, notification_ids: Sequence[int]) -> None:
    """Two tabs may do it at once."""
    for start in range(0, len(notification_ids), 500):
        rows = [
            {"business_id": tenant.id, "user_id": user_id, "notification_id": key}
            for key in notification_ids[start : start + 500]
        ]
        tx.execute(
            upsert(tx, NotificationRead)
            .values(rows)
            .on_conflict_do_nothing(index_elements=["business_id", "user_id", "notification_id"])
        )


def find_delivery(tx: Session, tenant: Tenant, delivery_id: int) -> Delivery | None:
    return tx.scalars(
        select(Delivery).where(Delivery.business_id == tenant.id, Delivery.id == delivery_id)
    ).one_or_none()


def find_delivery_at_provider(tx: Session, tenant: Tenant, external_id: str) -> Delivery | None:
    return tx.scalars(
        select(Delivery).where(
            Delivery.business_id == tenant.id, Delivery.external_id == external_id
        )
    ).first()


def move_delivery(
    tx: Session, tenant: Tenant, delivery_id: int, before: Sequence[str], values: dict[str, Any]
) -> bool:
    """Changes a delivery only while its status is one of ``before``; True when it was."""
    statement = (
        update(Delivery)
        .where(
            Delivery.business_id == tenant.id,
            Delivery.id == delivery_id,
            Delivery.status.in_(before),
        )
        .values(**values, updated_at=now())
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return tx.execute(statement).first() is not None


def find_conversation_of_phone(tx: Session, tenant: Tenant, phone: str) -> Conversation | None:
    """The WhatsApp conversation in which this number wrote last."""
    return tx.scalars(
        select(Conversation)
        .where(
            Conversation.business_id == tenant.id,
            Conversation.channel == "whatsapp",
            Conversation.contact_phone == phone,
            Conversation.last_inbound_at.is_not(None),
        )
        .order_by(Conversation.last_inbound_at.desc())
        .limit(1)
    ).one_or_none()
