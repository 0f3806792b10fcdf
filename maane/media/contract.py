"""Shapes of attachments."""

from __future__ import annotations

from typing import Literal, cast

from maane.kit.endpoint import Shape
from maane.media.models import Attachment as AttachmentRow
from maane.media.models import Kind
from maane.media.names import file_name

Reason = Literal[
    "too_large",
    "wrong_type",
    "foreign_host",
    "gone",
    "no_room",
    "not_kept",
    "not_connected",
    "provider_refused",
    "unreachable",
]


class Attachment(Shape):
    """A file of a message. It can be fetched once its ``status`` is ``stored``; else ``reason`` says why
    it is not there: ``too_large``, ``wrong_type`` (its bytes are not what it was sent as),
    ``foreign_host`` (its address is none of the provider's), ``gone`` (the provider has it no more),
    ``no_room`` (the business's files take up all they may), ``not_kept`` (it could not be written
    here), ``not_connected``, ``provider_refused``, ``unreachable``. ``size`` is in bytes. Audio has a
    ``transcript_status``; it is ``off`` where no transcription is configured."""

    id: int
    kind: Kind
    status: Literal["waiting", "stored", "refused", "failed"]
    reason: Reason | None
    file_name: str | None
    content_type: str | None
    size: int | None
    caption: str
    transcript_status: Literal["waiting", "done", "failed", "off"] | None
    transcript: str | None


def attachment_of(row: AttachmentRow) -> Attachment:
    return Attachment.model_validate(
        {
            "id": row.id,
            "kind": row.kind,
            "status": row.status,
            "reason": cast("Reason | None", row.reason),
            "file_name": None if row.file_name is None else file_name(row.file_name),
            "content_type": row.content_type,
            "size": row.size,
            "caption": row.caption,
            "transcript_status": row.transcript_status,
            "transcript": row.transcript,
        }
    )
