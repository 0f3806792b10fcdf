"""How the last message of a conversation reads in the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from maane.conversations.models import Message
from maane.media.models import Attachment
from maane.tenancy.access import Tenant

PREVIEW = 200


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a conversation's last message. ``kind`` is that of its file, if it has one; the
    text is then what was said in it or stands beside it."""

    text: str
    author: str
    status: str
    kind: str | None


def previews_of(tx: Session, tenant: Tenant, message_ids: Sequence[int]) -> dict[int, Preview]:
    """The beginnings of these messages, by their ids."""
    is_first_file = and_(
        Attachment.business_id == Message.business_id,
        Attachment.message_id == Message.id,
        Attachment.position == 0,
    )
    of_file = func.coalesce(Attachment.transcript, Attachment.caption)
    words = case((Attachment.id.is_(None), Message.text), else_=of_file)
    rows = tx.execute(
        select(
            Message.id,
            func.substr(words, 1, PREVIEW),
            Message.author,
            Message.status,
            Attachment.kind,
        )
        .outerjoin(Attachment, is_first_file)
        .where(Message.business_id == tenant.id, Message.id.in_(message_ids))
    )
    return {key: Preview(text, author, status, kind) for key, text, author, status, kind in rows}
