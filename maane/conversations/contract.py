"""Shapes of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field

from maane.conversations import ownership
from maane.conversations.models import Conversation as ConversationRow
from maane.conversations.models import ConversationNote as NoteRow
from maane.conversations.models import Message as MessageRow
from maane.conversations.reading import Listed
from maane.kit.db import now
from maane.kit.endpoint import LARGEST_ID, Shape
from maane.kit.text import Line, Text
from maane.media.contract import Attachment, attachment_of
from maane.media.models import Attachment as AttachmentRow
from maane.media.models import Kind
from maane.tenancy.contract import PageQuery


def _has_words(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


Words = Annotated[Text, Field(min_length=1, max_length=4096), AfterValidator(_has_words)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class ConversationQuery(PageQuery):
    """``q`` is looked for in names, phone numbers and the newest messages."""

    status: Literal["open", "closed", "waiting", "mine", "all"] = "all"
    q: Annotated[Line, Field(max_length=100)] = ""


class MessageBody(Shape):
    """``idempotency_key`` is made by the client for each message: posting it again sends nothing."""

    text: Words
    idempotency_key: Annotated[Line, Field(min_length=1, max_length=64)]


class NoteBody(Shape):
    text: Words


class AssigneeBody(Shape):
    """Null for nobody."""

    user_id: Id | None


class ReadBody(Shape):
    """The last message that was seen."""

    message_id: Id


class Takeover(Shape):
    """Who answers in the assistant's place, and until when it is silent: without an end
    where its customer asked for silence. ``note`` is why the assistant handed over, in its words;
    ``escalated_at`` is when nobody had come for that."""

    user_id: int | None
    name: str | None
    reason: str
    note: str | None
    escalated_at: datetime | None
    started_at: datetime
    ends_at: datetime | None


class Assignee(Shape):
    id: int
    name: str


class LastMessage(Shape):
    """The beginning of the last message; of one with a file its caption, or what was said in it, which
    ``kind`` then names."""

    text: str
    kind: Kind | None
    author: str
    status: str


class Conversation(Shape):
    """``takeover`` is there while ``owner`` is ``person``. Free text ends at ``window_closes_at``.
    A takeover lasts ``takeover_hours`` from the person's last message. ``prompt_version`` is the one
    that the conversation runs on; 0 while it has none and its next answer takes the newest. A call
    (``is_call``) takes no text."""

    id: int
    channel: str
    is_call: bool
    status: str
    contact_phone: str | None
    contact_name: str | None
    lead_id: int | None
    prompt_version: int
    newest_prompt_version: int
    owner: str
    takeover: Takeover | None
    takeover_hours: int
    window_closes_at: datetime | None
    assigned_to: Assignee | None
    is_waiting: bool
    is_unread: bool
    last_message: LastMessage | None
    last_message_at: datetime
    created_at: datetime


class ConversationPage(Shape):
    items: list[Conversation]
    next: str | None


class RelatedList(Shape):
    """The newest first."""

    items: list[Conversation]


class Source(Shape):
    """A conversation that a lead came from. ``is_stopped``: the person asked there for no more automatic
    messages."""

    id: int
    channel: str
    is_stopped: bool
    last_message_at: datetime


class SourceList(Shape):
    items: list[Source]


class Message(Shape):
    """``is_echo``: a person wrote it from the business's own phone, not in Maane. ``text`` is all of it
    in words, files in brackets; where there are ``attachments``, they say the same for the screen.
    ``is_template``: it was sent by a template, outside the 24 hours of free text as well."""

    id: int
    direction: str
    author: str
    author_name: str | None
    text: str
    attachments: list[Attachment]
    status: str
    error: str | None
    is_echo: bool
    is_template: bool
    prompt_version: int | None
    created_at: datetime


class MessagePage(Shape):
    items: list[Message]
    next: str | None


class Note(Shape):
    id: int
    author_name: str
    text: str
    created_at: datetime


class NotePage(Shape):
    items: list[Note]
    next: str | None


class ReadMarker(Shape):
    message_id: int


def conversation_of(listed: Listed) -> Conversation:
    row = listed.row
    is_persons = ownership.is_persons(row, now())
    return Conversation(
        id=row.id,
        channel=row.channel,
        is_call=row.is_spoken,
        status=row.status,
        contact_phone=row.contact_phone,
        contact_name=listed.name,
        lead_id=listed.lead_id,
        prompt_version=row.prompt_version,
        newest_prompt_version=listed.newest_prompt_version,
        owner="person" if is_persons else "assistant",
        takeover=_takeover_of(row) if is_persons else None,
        takeover_hours=ownership.TAKEOVER_HOURS,
        window_closes_at=ownership.window_closes_at(row),
        assigned_to=None
        if row.assigned_user_id is None or listed.assignee_name is None
        else Assignee(id=row.assigned_user_id, name=listed.assignee_name),
        is_waiting=row.is_waiting,
        is_unread=listed.is_unread,
        last_message=None
        if listed.last is None
        else LastMessage(
            text=listed.last.text,
            kind=cast("Kind | None", listed.last.kind),
            author=listed.last.author,
            status=_shown_status(listed.last.status),
        ),
        last_message_at=row.last_message_at,
        created_at=row.created_at,
    )


def source_of(row: ConversationRow) -> Source:
    return Source(
        id=row.id,
        channel=row.channel,
        is_stopped=row.silence_reason == ownership.STOPPED,
        last_message_at=row.last_message_at,
    )


def message_of(row: MessageRow, files: Sequence[AttachmentRow] = ()) -> Message:
    return Message(
        id=row.id,
        direction=row.direction,
        author=row.author,
        author_name=row.author_name,
        text=row.text,
        attachments=[attachment_of(file) for file in files],
        status=_shown_status(row.status),
        error=row.error,
        is_echo=row.is_echo,
        is_template=row.template is not None,
        prompt_version=row.prompt_version,
        created_at=row.created_at,
    )


def note_of(row: NoteRow) -> Note:
    return Note(id=row.id, author_name=row.author_name, text=row.text, created_at=row.created_at)


def _takeover_of(row: ConversationRow) -> Takeover | None:
    if row.owned_at is None:
        return None
    return Takeover(
        user_id=row.owner_user_id,
        name=row.owner_name,
        reason=row.silence_reason or "",
        note=row.silence_note,
        escalated_at=row.escalated_at,
        started_at=row.owned_at,
        ends_at=row.owned_until_at,
    )


def _shown_status(status: str) -> str:
    # Being sent is a state of ours; who looks sees that it was not sent yet.
    return "pending" if status == "sending" else status
