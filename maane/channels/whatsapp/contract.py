"""Shapes of the WhatsApp channel and its simulator."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import Field

from maane.channels.inbox import InboundEvent
from maane.kit.endpoint import Shape
from maane.kit.text import Line, Phone, Text


class ModelState(Shape):
    is_connected: bool
    name: str | None


class WhatsappState(Shape):
    is_connected: bool
    phone_number_id: str | None


class Assistant(Shape):
    """Whether a model answers, or intake; and whether a WhatsApp number is connected."""

    model: ModelState
    whatsapp: WhatsappState


class WhatsappSettings(Shape):
    """``pause_s``: how long a person must have stopped writing before they are answered."""

    pause_s: Annotated[int, Field(ge=0, le=15)]


class SimulatorMessageBody(Shape):
    from_phone: Phone
    text: Annotated[Text, Field(min_length=1, max_length=4096)]
    name: Annotated[Line, Field(max_length=100)] = ""


class SimulatorMessage(Shape):
    conversation_phone: str
    event: str


Failure = Literal["not_made", "not_sent", "refused", "not_connected"]


class FailedEvent(Shape):
    """A message whose answer was given up. ``reason``: ``not_made`` (an error that the log names),
    ``not_sent`` (tried to the end), ``refused`` (by the provider) or ``not_connected``."""

    id: int
    provider: str
    conversation_id: int | None
    reason: Failure
    retries: int
    received_at: datetime
    failed_at: datetime


class FailedEventPage(Shape):
    items: list[FailedEvent]
    next: str | None


class Retried(Shape):
    id: int


def failed_event_of(row: InboundEvent, conversation_id: int | None) -> FailedEvent:
    return FailedEvent(
        id=row.id,
        provider=row.provider,
        conversation_id=conversation_id,
        reason=cast("Failure", row.failure),
        retries=row.retries,
        received_at=row.received_at,
        failed_at=row.failed_at or row.received_at,
    )
