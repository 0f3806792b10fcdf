"""Shapes of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, cast

from maane.calls.models import CallText as TextRow
from maane.calls.models import CallTransfer as TransferRow
from maane.calls.models import CallTurn as TurnRow
from maane.calls.models import OutgoingCall as OutgoingRow
from maane.calls.reading import Opened, Told
from maane.calls.transfers import Result
from maane.conversations.models import Message
from maane.kit.endpoint import Shape
from maane.media.contract import Reason
from maane.media.models import Recording as RecordingRow
from maane.tenancy.contract import PageQuery

Outcome = Literal["booked", "transferred", "message_taken", "answered", "missed", "failed"]
TextState = Literal["asked", "refused", "queued", "sent", "delivered", "failed"]
Kind = Literal["greeting", "speech", "silence", "transfer", "farewell"]


class CallQuery(PageQuery):
    """``outcome``: ``unanswered`` are the missed and the failed ones."""

    outcome: Literal["all", "answered", "unanswered"] = "all"


class OutgoingDetails(Shape):
    """Of a call that the business made: who speaks with the lead, whose phone is rung first, who asked
    for the call, and what the provider said when it did not take it. ``is_unknown``: it was asked and
    nobody knows whether it did."""

    speaker: Literal["assistant", "person"]
    person_name: str | None
    asked_by: str | None
    error: str | None
    error_code: int | None
    is_unknown: bool


class Call(Shape):
    """``outcome`` is null while it goes on, unless something was booked, a person came or a message was
    taken already. ``end_reason`` says why it ended, or why nobody was answered. ``summary_by`` is null
    while there is no summary."""

    id: int
    conversation_id: int
    lead_id: int | None
    direction: Literal["inbound", "outbound"]
    is_simulated: bool
    contact_phone: str | None
    contact_name: str | None
    engine: Literal["gather", "relay"]
    language: str
    status: str
    outcome: Outcome | None
    end_reason: str | None
    is_recorded: bool
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    duration_s: int | None
    summary: str | None
    summary_by: Literal["assistant", "intake"] | None
    outgoing: OutgoingDetails | None


class CallPage(Shape):
    items: list[Call]
    next: str | None


class CallTurn(Shape):
    """What was heard and what was said to it. ``spoken`` is what of the answer the caller heard, where
    that is not all of it; ``is_said`` is false where none of it was. Times in ms (``calls.models``);
    ``waits`` is how often the caller was told to wait."""

    step: int
    kind: Kind
    heard: str | None
    is_partial: bool
    confidence_percent: int | None
    said: str | None
    said_by: str | None
    is_said: bool
    spoken: str | None
    heard_at: datetime
    waits: int
    first_token_ms: int | None
    first_audio_ms: int | None
    model_ms: int | None
    tools_ms: int | None
    tools: list[str]


class Recording(Shape):
    """What was recorded of a call. It can be played once it is ``stored``; ``absent``: the provider has
    none. ``reason`` is why it failed, or why the last try did while others follow (as of an attachment).
    ``size`` is in bytes. ``is_at_provider``: it was not deleted there yet."""

    status: Literal["waiting", "stored", "absent", "failed", "deleted"]
    reason: Reason | None
    duration_s: int | None
    size: int | None
    is_at_provider: bool
    deleted_at: datetime | None
    deleted_by: str | None


class CallTransfer(Shape):
    """One person who was rung for the call. ``result`` is null while they are; ``declined``: somebody or
    a voicemail picked up, and pressed no key. ``rang_s`` is how long they were rung, ``talked_s`` how
    long they spoke with the caller, both in seconds."""

    number: int
    name: str
    phone: str
    result: Result | None
    rung_at: datetime
    rang_s: int | None
    talked_s: int | None


class CallText(Shape):
    """The text that the caller was offered. ``error`` is why it was not sent, ``detail`` the provider's
    code; ``conversation_id`` is where one by WhatsApp stands."""

    state: TextState
    way: Literal["whatsapp", "sms"] | None
    error: str | None
    detail: str | None
    conversation_id: int | None
    updated_at: datetime


class CallDetail(Shape):
    """``text`` is null where none was offered; ``recording`` where there is none, or nobody told of it
    yet."""

    call: Call
    turns: list[CallTurn]
    transfers: list[CallTransfer]
    text: CallText | None
    recording: Recording | None


def call_of(told: Told) -> Call:
    row = told.call
    return Call(
        id=row.id,
        conversation_id=row.conversation_id,
        lead_id=told.lead_id,
        direction=cast("Literal['inbound', 'outbound']", row.direction),
        is_simulated=told.conversation.channel == "simulator",
        contact_phone=told.conversation.contact_phone,
        contact_name=told.name,
        engine=cast("Literal['gather', 'relay']", row.engine),
        language=row.language,
        status=row.status,
        outcome=cast("Outcome | None", row.outcome),
        end_reason=row.end_reason,
        is_recorded=row.is_recorded,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        duration_s=row.duration_s,
        summary=row.summary,
        summary_by=cast("Literal['assistant', 'intake'] | None", row.summary_by),
        outgoing=None if told.outgoing is None else _outgoing_of(told.outgoing),
    )


def _outgoing_of(row: OutgoingRow) -> OutgoingDetails:
    return OutgoingDetails(
        speaker=cast("Literal['assistant', 'person']", row.speaker),
        person_name=row.person_name,
        asked_by=row.user_name,
        error=row.error,
        error_code=row.error_code,
        is_unknown=row.state == "asked" and row.error is not None,
    )


def detail_of(opened: Opened) -> CallDetail:
    return CallDetail(
        call=call_of(opened.told),
        turns=[_turn_of(opened.told, turn) for turn in opened.turns],
        transfers=[_transfer_of(row) for row in opened.transfers],
        text=None if opened.text is None else _text_of(opened.text, opened.text_message),
        recording=None if opened.recording is None else _recording_of(opened.recording),
    )


def _recording_of(row: RecordingRow) -> Recording:
    return Recording.model_validate(
        {
            "status": row.status,
            "reason": row.reason,
            "duration_s": row.duration_s,
            "size": row.size,
            "is_at_provider": row.is_at_provider,
            "deleted_at": row.deleted_at,
            "deleted_by": row.deleted_by_name,
        }
    )


_STATES = {"pending": "queued", "sending": "queued", "read": "delivered", "withheld": "failed"}
"""States of a message, and of one that is being sent, as those of a text."""


def _text_of(row: TextRow, message: Message | None) -> CallText:
    state, error = row.state, row.error
    if message is not None:
        state = message.status
        error = error or ("by_whatsapp" if state in ("failed", "withheld") else None)
    return CallText(
        state=cast("TextState", _STATES.get(state, state)),
        way=cast("Literal['whatsapp', 'sms'] | None", row.way),
        error=error,
        detail=row.detail,
        conversation_id=None if message is None else message.conversation_id,
        updated_at=row.updated_at,
    )


def _transfer_of(row: TransferRow) -> CallTransfer:
    rung_at = row.rung_at or datetime.min
    until = row.answered_at or row.ended_at
    return CallTransfer(
        number=row.number,
        name=row.name,
        phone=row.phone,
        result=cast("Result | None", row.result),
        rung_at=rung_at,
        rang_s=None if until is None else max(0, round((until - rung_at).total_seconds())),
        talked_s=row.talked_s,
    )


def _turn_of(told: Told, row: TurnRow) -> CallTurn:
    heard = told.messages.get(row.heard_id or 0)
    said = told.messages.get(row.said_id or 0)
    return CallTurn(
        step=row.step,
        kind=cast("Kind", row.kind),
        heard=row.partial if heard is None else heard.text,
        is_partial=row.is_partial or (heard is None and row.partial is not None),
        confidence_percent=row.confidence_percent,
        said=None if said is None else said.text,
        said_by=None if said is None else said.author,
        is_said=said is not None and said.status == "sent",
        spoken=row.spoken,
        heard_at=row.heard_at,
        waits=row.rounds,
        first_token_ms=row.first_token_ms,
        first_audio_ms=row.first_audio_ms,
        model_ms=row.model_ms,
        tools_ms=row.tools_ms,
        tools=row.tools,
    )
