"""Shapes of conversations."""

from __future__ import annotations

from datetime import datetime

from maane.conversations.models import Conversation as ConversationRow
from maane.conversations.models import Message as MessageRow
from maane.kit.endpoint import Shape


class Conversation(Shape):
    id: int
    channel: str
    contact_phone: str | None
    contact_name: str | None
    lead_id: int | None
    prompt_version: int
    last_message_at: datetime
    created_at: datetime


class ConversationPage(Shape):
    items: list[Conversation]
    next: str | None


class Message(Shape):
    id: int
    direction: str
    author: str
    text: str
    status: str
    error: str | None
    prompt_version: int | None
    created_at: datetime


class MessagePage(Shape):
    items: list[Message]
    next: str | None


def conversation_of(row: ConversationRow, lead_id: int | None) -> Conversation:
    return Conversation(
        id=row.id,
        channel=row.channel,
        contact_phone=row.contact_phone,
        contact_name=row.contact_name,
        lead_id=lead_id,
        prompt_version=row.prompt_version,
        last_message_at=row.last_message_at,
        created_at=row.created_at,
    )


def message_of(row: MessageRow) -> Message:
    return Message(
        id=row.id,
        direction=row.direction,
        author=row.author,
        text=row.text,
        # Being sent is a state of ours; who looks sees that it was not sent yet.
        status="pending" if row.status == "sending" else row.status,
        error=row.error,
        prompt_version=row.prompt_version,
        created_at=row.created_at,
    )
