"""Expect a file, note what became of it, and what was said in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maane.kit.db import Transaction, now
from maane.kit.errors import NotFound
from maane.media import store
from maane.media.files import new_key
from maane.media.models import Attachment
from maane.tenancy.access import Tenant


@dataclass(frozen=True, slots=True)
class InboundFile:
    """A file that a message tells of. ``source`` is what the provider knows it by."""

    kind: str
    source: str
    declared_type: str
    file_name: str | None = None
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a file once it was written."""

    content_type: str
    size: int
    sha256: str


def expect(
    tx: Transaction,
    tenant: Tenant,
    message_id: int,
    provider: str,
    files: Sequence[InboundFile],
    *,
    is_transcribed: bool,
) -> list[int]:
    """Notes the files of a message, once, whoever asks again. Returns the ids of those that were not
    there yet. The message's conversation is locked by the caller."""
    known = {row.position for row in store.of_messages(tx, tenant, [message_id])}
    rows = [
        Attachment(
            business_id=tenant.id,
            message_id=message_id,
            position=position,
            provider=provider,
            source=file.source,
            kind=file.kind,
            declared_type=file.declared_type,
            file_name=file.file_name,
            caption=file.caption,
            file_key=new_key(),
            status="waiting",
            transcript_status=_first_transcript_status(file.kind, is_transcribed),
            created_at=now(),
        )
        for position, file in enumerate(files)
        if position not in known
    ]
    store.add(tx, rows)
    return [row.id for row in rows]


def get(tx: Transaction, tenant: Tenant, attachment_id: int) -> Attachment:
    """Raises ``NotFound``, also for one of another business."""
    row = store.find(tx, tenant, attachment_id)
    if row is None:
        raise NotFound
    return row


def find(tx: Transaction, tenant: Tenant, attachment_id: int) -> Attachment | None:
    return store.find(tx, tenant, attachment_id)


def of_messages(
    tx: Transaction, tenant: Tenant, message_ids: Sequence[int]
) -> dict[int, list[Attachment]]:
    """The files of these messages, in their order, by message."""
    found: dict[int, list[Attachment]] = {}
    for row in store.of_messages(tx, tenant, message_ids):
        found.setdefault(row.message_id, []).append(row)
    return found


def stored_bytes(tx: Transaction, tenant: Tenant) -> int:
    """How much the files of a business take up."""
    return store.stored_bytes(tx, tenant)


def note_stored(tx: Transaction, row: Attachment, stored: Stored) -> None:
    row.status, row.reason = "stored", None
    row.content_type, row.size, row.sha256 = stored.content_type, stored.size, stored.sha256
    tx.flush()


def note_lost(tx: Transaction, row: Attachment, status: str, reason: str) -> None:
    """``status`` is ``refused``, which stays so, or ``failed``. What is not there is not heard."""
    row.status, row.reason = status, reason
    if row.transcript_status == "waiting":
        row.transcript_status = "failed"
    tx.flush()


def note_transcript(tx: Transaction, row: Attachment, transcript: str | None) -> None:
    """What was said in it; None where nobody could tell."""
    row.transcript_status = "failed" if transcript is None else "done"
    row.transcript = transcript
    tx.flush()


def _first_transcript_status(kind: str, is_transcribed: bool) -> str | None:
    if kind != "audio":
        return None
    return "waiting" if is_transcribed else "off"
