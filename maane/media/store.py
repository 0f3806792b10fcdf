"""Every query on files."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from maane.kit.db import upsert
from maane.media.models import Attachment, Recording, RecordingCopy
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
    known: set[str] = set()
    for model in (Attachment, Recording):
        statement = select(model.file_key).where(
            model.business_id == tenant.id, model.file_key.in_(keys)
        )
        if model is Recording:
            statement = statement.where(Recording.status != "deleted")
        known |= set(tx.scalars(statement))
    return known


def stored_bytes(tx: Session, tenant: Tenant) -> int:
    """How much the files of a business take up."""
    sizes = [
        tx.scalar(
            select(func.sum(model.size)).where(
                model.business_id == tenant.id, model.status == "stored"
            )
        )
        for model in (Attachment, Recording)
    ]
    return sum(int(size or 0) for size in sizes)


def find_recording(tx: Session, tenant: Tenant, recording_id: int) -> Recording | None:
    return tx.scalars(
        select(Recording).where(Recording.business_id == tenant.id, Recording.id == recording_id)
    ).one_or_none()


def recording_of(tx: Session, tenant: Tenant, call_id: int, *, locks: bool) -> Recording | None:
    """The recording of a call; with ``locks`` for the one transaction that may change it."""
    statement = select(Recording).where(
        Recording.business_id == tenant.id, Recording.call_id == call_id
    )
    return tx.scalars(statement.with_for_update() if locks else statement).one_or_none()


def add_recording(tx: Session, row: Recording) -> None:
    tx.add(row)
    tx.flush()


def lock_by_external_id(tx: Session, tenant: Tenant, external_id: str) -> Sequence[Recording]:
    """What the provider knows by this id. It is locked before its copy there."""
    return tx.scalars(
        select(Recording)
        .where(Recording.business_id == tenant.id, Recording.external_id == external_id)
        .with_for_update()
    ).all()


def add_copy(tx: Session, tenant: Tenant, account_sid: str, external_id: str) -> None:
    """Once, whoever else adds the same."""
    tx.execute(
        upsert(tx, RecordingCopy)
        .values(business_id=tenant.id, external_id=external_id, account_sid=account_sid)
        .on_conflict_do_nothing(index_elements=["business_id", "external_id"])
    )


def list_unneeded_copies(
    tx: Session, tenant: Tenant, needed: Sequence[str]
) -> Sequence[RecordingCopy]:
    """Those that are no recording's with a status of ``needed``."""
    is_needed = exists().where(
        Recording.business_id == tenant.id,
        Recording.external_id == RecordingCopy.external_id,
        Recording.status.in_(needed),
    )
    return tx.scalars(
        select(RecordingCopy)
        .where(RecordingCopy.business_id == tenant.id, ~is_needed)
        .order_by(RecordingCopy.external_id)
    ).all()


def delete_copy(tx: Session, tenant: Tenant, external_id: str) -> None:
    tx.execute(
        delete(RecordingCopy)
        .where(RecordingCopy.business_id == tenant.id, RecordingCopy.external_id == external_id)
        .execution_options(synchronize_session=False)
    )
