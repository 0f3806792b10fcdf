"""Files: one row for each that a customer sent, and for each recording of a call."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from maane.kit.db import Base, BigId, Utc
from maane.tenancy.models import TenantOwned, tenant_keys

Kind = Literal["image", "audio", "video", "document", "sticker"]
KINDS = ("image", "audio", "video", "document", "sticker")


class Attachment(TenantOwned, Base):
    """One file of one message. ``source`` is what the provider knows it by: Meta's id of it, or its
    address at Twilio.

    ``declared_type`` is what the provider says it is, ``content_type`` what its bytes are; only the
    second is ever served. ``file_key`` names the file on disk; the customer's name of it, ``file_name``,
    is for people only. ``reason`` is a word of ours for why it was refused or failed. The transcript
    columns are those of audio: ``off`` where no transcription is configured.
    """

    __tablename__ = "attachments"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "message_id"],
            ["messages.business_id", "messages.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("business_id", "message_id", "position"),
        UniqueConstraint("business_id", "file_key"),
        CheckConstraint("kind IN ('image', 'audio', 'video', 'document', 'sticker')", name="kind"),
        CheckConstraint("status IN ('waiting', 'stored', 'refused', 'failed')", name="status"),
        CheckConstraint(
            "transcript_status IN ('waiting', 'done', 'failed', 'off')", name="transcript_status"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]
    provider: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    declared_type: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str | None] = mapped_column(Text)
    caption: Mapped[str] = mapped_column(Text)
    file_key: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    content_type: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigId)
    sha256: Mapped[str | None] = mapped_column(Text)
    transcript_status: Mapped[str | None] = mapped_column(Text)
    transcript: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)


class Recording(TenantOwned, Base):
    """What was recorded of a call; one a call. ``external_id`` is the provider's, unknown until it tells.

    ``status``: ``waiting`` until the file was fetched, then ``stored``; ``absent`` where the provider
    has none, ``failed`` where it could not be had (``reason`` is a word of ours for why), ``deleted``
    once the business deleted it, which ``deleted_at`` and ``deleted_by_name`` tell. ``is_at_provider``:
    it was not deleted there yet, or nobody knows. ``attempt`` counts how often people asked to fetch it
    again.
    """

    __tablename__ = "recordings"
    __table_args__ = tenant_keys(
        ForeignKeyConstraint(
            ["business_id", "call_id"], ["calls.business_id", "calls.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("business_id", "call_id"),
        UniqueConstraint("business_id", "file_key"),
        CheckConstraint(
            "status IN ('waiting', 'stored', 'absent', 'failed', 'deleted')", name="status"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(BigId)
    external_id: Mapped[str | None] = mapped_column(Text)
    file_key: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    is_at_provider: Mapped[bool]
    attempt: Mapped[int] = mapped_column(default=0)
    duration_s: Mapped[int | None]
    content_type: Mapped[str | None] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigId)
    sha256: Mapped[str | None] = mapped_column(Text)
    deleted_at: Mapped[datetime | None] = mapped_column(Utc)
    deleted_by_user_id: Mapped[int | None] = mapped_column(BigId)
    deleted_by_name: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Utc)


class RecordingCopy(TenantOwned, Base):
    """A recording that lies at the provider, from when its id is known until it was deleted there.

    It belongs to no call and says nothing of anybody, so it outlives both: what is left to delete there
    is known when the call, its recording and its person are gone from here.
    """

    __tablename__ = "recording_copies"
    __table_args__ = (ForeignKeyConstraint(["business_id"], ["businesses.id"]),)

    business_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    external_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_sid: Mapped[str] = mapped_column(Text)
