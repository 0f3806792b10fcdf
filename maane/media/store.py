"""Every query on attachments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from maane.media.models import Attachment
from maane.tenancy.access import Tenant


def add(tx: Session, rows: Sequence[Attachment]) -> None:
    tx.add_all(rows)
    tx.flush()


def find(tx: Session, tenant: Tenant, attachment_id: int) -> Attachment | None:
    return tx.scalars(
        select(Attachment).where(
            Attachment.business_id == tenant.id, Attachment.id == attachment_id
        )
    ).one_or_none()


def of_messages(tx: Session, tenant: Tenant, message_ids: Sequence[int]) -> Sequence[Attachment]:
    return tx.scalars(
        select(Attachment)
        .where(Attachment.business_id == tenant.id, Attachment.message_id.in_(message_ids))
        .order_by(Attachment.message_id, Attachment.position)
    ).all()


def known_keys(tx: Session, tenant: Tenant, keys: Sequence[str]) -> set[str]:
    """Those of the keys that are a file's of this business."""
    return set(
        tx.scalars(
            select(Attachment.file_key).where(
                Attachment.business_id == tenant.id, Attachment.file_key.in_(keys)
            )
        )
    )


def stored_bytes(tx: Session, tenant: Tenant) -> int:
    """How much the files of a business take up."""
    statement = select(func.sum(Attachment.size)).where(
        Attachment.business_id == tenant.id, Attachment.status == "stored"
    )
    return int(tx.scalar(statement) or 0)
