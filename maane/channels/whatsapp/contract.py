"""Shapes of the WhatsApp channel and its simulator."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, Field, model_validator

from maane.channels.credentials import Credential
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.models import WhatsappChannel
from maane.channels.whatsapp.template_shapes import Obstacle
from maane.channels.whatsapp.templates import Listed
from maane.conversations.consent import bare
from maane.kit.endpoint import LARGEST_ID, Shape
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


TemplateKey = Annotated[str, Field(max_length=70)]
TemplateValue = Annotated[Line, Field(min_length=1, max_length=1024)]
"""One line: Meta refuses a value that has more."""


class MetaConnectionBody(Shape):
    phone_number_id: Annotated[str, Field(pattern=r"^[0-9]{1,32}$")]
    access_token: Credential


class AccountBody(Shape):
    """Meta's id of the WhatsApp Business Account that the number belongs to."""

    waba_id: Annotated[str, Field(pattern=r"^[0-9]{1,32}$")]


class TemplateParameter(Shape):
    """A gap. ``name`` is the key of its value when the template is sent; ``part`` and ``key`` say where
    in the texts it stands as ``{{key}}``."""

    name: str
    part: Literal["header", "body"]
    key: str
    example: str


class MessageTemplate(Shape):
    """``obstacle`` is why it cannot be sent from here; ``is_sendable`` where there is none and the
    provider approved it."""

    id: int
    name: str
    language: str
    category: str
    status: str
    header: str
    body: str
    footer: str
    buttons: list[str]
    parameters: list[TemplateParameter]
    obstacle: Obstacle | None
    is_sendable: bool


class MessageTemplateList(Shape):
    """The last good list. ``failure`` is why the newest try to read it failed, ``detail`` the provider's
    own error; ``is_due`` where it should be read again before it is offered. ``needs_account``: Meta's
    account was not named yet, so there is nothing to read."""

    items: list[MessageTemplate]
    synced_at: datetime | None
    failure: Literal["refused", "unknown_account", "busy", "unreachable", "unreadable"] | None
    detail: str | None
    is_due: bool
    is_connected: bool
    needs_account: bool


class TemplateBody(Shape):
    """``values`` by the parameters' names. ``idempotency_key`` as of a written message."""

    template_id: Annotated[int, Field(ge=1, le=LARGEST_ID)]
    values: Annotated[dict[TemplateKey, TemplateValue], Field(max_length=100)] = {}  # noqa: RUF012
    idempotency_key: Annotated[Line, Field(min_length=1, max_length=64)]


class Webhooks(Shape):
    """The addresses to enter at each provider; one for all businesses."""

    meta: str
    twilio: str


class WhatsappConnection(Shape):
    """Who carries this business's messages, if anybody does. ``number`` is Meta's id of it, or E.164
    at Twilio. ``connected_at``: when the credentials were given; they themselves are never shown."""

    provider: Literal["meta", "twilio"] | None
    number: str | None
    account_sid: str | None
    connected_at: datetime | None
    webhooks: Webhooks


class ConnectionTest(Shape):
    """What the provider said. ``refused``: the credentials; ``unknown_number``: they are good, and the
    number or account is not theirs; ``unreachable``: no answer of its own came; ``not_connected``:
    there is nothing to ask; ``unreadable``: what is stored was encrypted with another key.
    ``name`` is the provider's own name for the number or account."""

    result: Literal["ok", "refused", "unknown_number", "unreachable", "not_connected", "unreadable"]
    name: str | None


class WhatsappSettings(Shape):
    """``pause_s``: how long a person must have stopped writing before they are answered."""

    pause_s: Annotated[int, Field(ge=0, le=15)]


def _is_word(value: str) -> str:
    if not bare(value):
        raise ValueError("must hold a letter or a digit")
    return value


Word = Annotated[Line, Field(min_length=1, max_length=60), AfterValidator(_is_word)]


class OptOutBody(Shape):
    """A message that is one of ``out_words`` ends automatic messages to its writer; one of
    ``back_words`` begins them again. Case, niqqud and punctuation make no difference."""

    out_words: Annotated[list[Word], Field(min_length=1, max_length=100)]
    back_words: Annotated[list[Word], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _are_apart(self) -> Self:
        if {bare(word) for word in self.out_words} & {bare(word) for word in self.back_words}:
            raise ValueError("a word must not mean both")
        return self


class OptOut(Shape):
    out_words: list[str]
    back_words: list[str]
    default_out_words: list[str]
    default_back_words: list[str]


class Writing(Shape):
    """``longest_text``: how much the business's provider takes of one text, in UTF-16 as a browser
    counts."""

    longest_text: int


class SimulatorMessageBody(Shape):
    from_phone: Phone
    text: Annotated[Text, Field(min_length=1, max_length=4096)]
    name: Annotated[Line, Field(max_length=100)] = ""


class SimulatorMessage(Shape):
    conversation_phone: str
    event: str


Failure = Literal["not_made", "not_sent", "refused", "not_connected", "window_closed", "uncertain"]


class FailedEvent(Shape):
    """A message whose answer was given up. ``reason``: ``not_made`` (an error that the log names),
    ``not_sent`` (tried to the end), ``refused`` (by the provider), ``not_connected``, ``window_closed``
    (24 hours had passed, so it was not tried) or ``uncertain`` (it was given to the provider, which never
    said what became of it: it may have arrived)."""

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


def connection_of(channel: WhatsappChannel | None, webhooks: Webhooks) -> WhatsappConnection:
    if channel is None:
        return WhatsappConnection(
            provider=None, number=None, account_sid=None, connected_at=None, webhooks=webhooks
        )
    return WhatsappConnection(
        provider=cast("Literal['meta', 'twilio']", channel.provider),
        number=channel.phone_number_id,
        account_sid=channel.account_sid or None,
        connected_at=channel.updated_at,
        webhooks=webhooks,
    )


def templates_of(listed: Listed) -> MessageTemplateList:
    channel = listed.channel
    return MessageTemplateList(
        items=[
            MessageTemplate(
                id=key,
                name=template.name,
                language=template.language,
                category=template.category,
                status=template.status,
                header=template.header,
                body=template.body,
                footer=template.footer,
                buttons=list(template.buttons),
                parameters=[
                    TemplateParameter(name=p.name, part=p.part, key=p.key, example=p.example)
                    for p in template.parameters
                ],
                obstacle=template.obstacle,
                is_sendable=template.status == "approved" and template.obstacle is None,
            )
            for key, template in listed.templates
        ],
        synced_at=None if channel is None else channel.templates_synced_at,
        failure=None if channel is None else cast("Any", channel.templates_failure),
        detail=None if channel is None else channel.templates_detail,
        is_due=listed.is_due,
        is_connected=channel is not None,
        needs_account=channel is not None and channel.provider == "meta" and not channel.waba_id,
    )


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
