"""What each table holds of a person, and how it is found. A table that is not declared here fails a test,
so neither the export nor the erasure of a person can forget one.

``HOLDINGS`` stand in the order in which rows can be deleted: what points at others goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from maane.appointments.models import Appointment, AppointmentLead
from maane.calls.models import Call, CallText, CallTransfer, CallTurn, OutgoingCall
from maane.channels.inbox import InboundEvent
from maane.channels.voice.simulator.models import SimulatedCall, SimulatedLine
from maane.conversations.models import (
    Conversation,
    ConversationLead,
    ConversationNote,
    ConversationRead,
    Message,
)
from maane.conversations.ownership import STOPPED
from maane.leads.models import Lead, LeadEvent
from maane.media.models import Attachment, Recording
from maane.notifications.models import Delivery, Notification, NotificationRead
from maane.tenancy.models import AuditEvent


@dataclass(frozen=True, slots=True)
class Subject:
    """One person in one business, by everything that rows know them by. ``lead_ids`` hold those that
    were merged away too."""

    business_id: int
    lead_ids: Collection[int]
    conversation_ids: Collection[int]
    phones: Collection[str]
    contact_keys: Collection[str]


@dataclass(frozen=True, slots=True)
class Age:
    """How old a row is: by ``since``. Rows are looked at in ``order``, in which the oldest come first
    unless it is not ``is_sorted``; so a night without old rows costs one page. ``unless`` keeps a
    row whatever its age."""

    since: Any
    order: Any
    is_sorted: bool = True
    unless: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A table with rows of a person. ``of`` finds them. ``age``: when a row is old; without one it goes
    with the row that it belongs to. ``stays`` is why an erasure leaves its rows. ``loosen`` is called
    before rows with these ids go, while others of the table stay."""

    model: Any
    of: Callable[[Subject], ColumnElement[bool]]
    age: Age | None = None
    stays: str | None = None
    loosen: Callable[[Session, int, Sequence[int]], None] | None = None

    @property
    def table(self) -> str:
        name: str = self.model.__tablename__
        return name


def _in_conversations(column: Any) -> Callable[[Subject], ColumnElement[bool]]:
    return lambda subject: column.in_(subject.conversation_ids)


def _of_notifications(column: Any) -> Callable[[Subject], ColumnElement[bool]]:
    return lambda subject: column.in_(
        select(Notification.id).where(
            Notification.business_id == subject.business_id,
            Notification.conversation_id.in_(subject.conversation_ids),
        )
    )


def _events(subject: Subject) -> ColumnElement[bool]:
    """By whom they came from; those of an old version, which have nobody, by their messages."""
    taken_in = select(Message.external_id).where(
        Message.business_id == subject.business_id,
        Message.conversation_id.in_(subject.conversation_ids),
        Message.external_id.is_not(None),
    )
    return or_(
        InboundEvent.contact_key.in_(subject.contact_keys), InboundEvent.external_id.in_(taken_in)
    )


def _appointments(subject: Subject) -> ColumnElement[bool]:
    of_leads = select(AppointmentLead.appointment_id).where(
        AppointmentLead.business_id == subject.business_id,
        AppointmentLead.lead_id.in_(subject.lead_ids),
    )
    return or_(
        Appointment.conversation_id.in_(subject.conversation_ids),
        Appointment.phone.in_(subject.phones),
        Appointment.id.in_(of_leads),
    )


def _attachments(subject: Subject) -> ColumnElement[bool]:
    return Attachment.message_id.in_(
        select(Message.id).where(
            Message.business_id == subject.business_id,
            Message.conversation_id.in_(subject.conversation_ids),
        )
    )


def _of_calls(column: Any) -> Callable[[Subject], ColumnElement[bool]]:
    return lambda subject: column.in_(
        select(Call.id).where(
            Call.business_id == subject.business_id,
            Call.conversation_id.in_(subject.conversation_ids),
        )
    )


def _simulated(subject: Subject) -> ColumnElement[bool]:
    return SimulatedCall.call_id.in_(
        select(Call.id).where(
            Call.business_id == subject.business_id,
            Call.conversation_id.in_(subject.conversation_ids),
        )
    )


def _simulated_lines(subject: Subject) -> ColumnElement[bool]:
    return SimulatedLine.simulated_call_id.in_(
        select(SimulatedCall.id).where(
            SimulatedCall.business_id == subject.business_id, _simulated(subject)
        )
    )


def _audited(subject: Subject) -> ColumnElement[bool]:
    names = [f"lead:{key}" for key in sorted(subject.lead_ids)]
    names += [f"conversation:{key}" for key in sorted(subject.conversation_ids)]
    column = AuditEvent.subject
    return or_(*(way for name in names for way in (column == name, column.startswith(f"{name} "))))


def _loosen_answers(tx: Session, business_id: int, message_ids: Sequence[int]) -> None:
    """What answered one of these answers nothing that is there."""
    tx.execute(
        update(Message)
        .where(Message.business_id == business_id, Message.answers_id.in_(message_ids))
        .values(answers_id=None)
        .execution_options(synchronize_session=False)
    )


HOLDINGS: tuple[Holding, ...] = (
    Holding(NotificationRead, _of_notifications(NotificationRead.notification_id)),
    Holding(Delivery, _of_notifications(Delivery.notification_id)),
    Holding(
        Notification,
        _in_conversations(Notification.conversation_id),
        Age(Notification.created_at, Notification.id),
    ),
    Holding(
        ConversationNote,
        _in_conversations(ConversationNote.conversation_id),
        Age(ConversationNote.created_at, ConversationNote.id),
    ),
    Holding(
        Appointment,
        _appointments,
        Age(Appointment.ends_at, Appointment.starts_at),
    ),
    Holding(AppointmentLead, lambda subject: AppointmentLead.lead_id.in_(subject.lead_ids)),
    Holding(ConversationRead, _in_conversations(ConversationRead.conversation_id)),
    Holding(InboundEvent, _events, Age(InboundEvent.received_at, InboundEvent.id)),
    # The files themselves follow their rows (media.sweep).
    Holding(Attachment, _attachments, Age(Attachment.created_at, Attachment.id)),
    # These go with their calls, and in any case after a day.
    Holding(SimulatedLine, _simulated_lines),
    Holding(SimulatedCall, _simulated),
    Holding(Recording, _of_calls(Recording.call_id), Age(Recording.created_at, Recording.id)),
    # These go with what was said in them, and their calls with the conversations.
    Holding(CallText, _of_calls(CallText.call_id)),
    Holding(CallTransfer, _of_calls(CallTransfer.call_id)),
    Holding(CallTurn, _of_calls(CallTurn.call_id)),
    Holding(OutgoingCall, _of_calls(OutgoingCall.call_id)),
    Holding(Call, _in_conversations(Call.conversation_id)),
    Holding(
        Message,
        _in_conversations(Message.conversation_id),
        Age(Message.created_at, Message.id),
        loosen=_loosen_answers,
    ),
    Holding(
        ConversationLead,
        lambda subject: or_(
            ConversationLead.conversation_id.in_(subject.conversation_ids),
            ConversationLead.lead_id.in_(subject.lead_ids),
        ),
    ),
    Holding(
        Conversation,
        _in_conversations(Conversation.id),
        Age(
            Conversation.last_message_at,
            Conversation.last_message_id,
            unless=or_(
                # Whoever asked not to be written to is remembered longer than what they said.
                Conversation.silence_reason.is_not_distinct_from(STOPPED),
                exists().where(
                    Message.business_id == Conversation.business_id,
                    Message.conversation_id == Conversation.id,
                ),
                exists().where(
                    Appointment.business_id == Conversation.business_id,
                    Appointment.conversation_id == Conversation.id,
                ),
            ),
        ),
    ),
    Holding(
        LeadEvent,
        lambda subject: LeadEvent.lead_id.in_(subject.lead_ids),
        stays="append-only; names stages, fields and people of the business, never the customer",
    ),
    Holding(
        Lead,
        lambda subject: Lead.id.in_(subject.lead_ids),
        Age(
            Lead.updated_at,
            Lead.id,
            is_sorted=False,
            unless=or_(
                exists().where(
                    ConversationLead.business_id == Lead.business_id,
                    ConversationLead.lead_id == Lead.id,
                ),
                exists().where(
                    AppointmentLead.business_id == Lead.business_id,
                    AppointmentLead.lead_id == Lead.id,
                ),
            ),
        ),
    ),
    Holding(
        AuditEvent,
        _audited,
        stays="append-only; says who of the business did what to which id, never to whom",
    ),
)

HOLDS_NONE: dict[str, str] = {
    "appointment_availability": "when the business has time",
    "assignments": "join people who serve businesses with businesses",
    "businesses": "the business itself",
    "channel_numbers": "numbers of businesses",
    "business_hours": "when the business is there",
    "business_facts": "what the business says of itself",
    "lead_stages": "names of stages",
    "login_throttles": "counts sign-ins of people who serve businesses",
    "notification_settings": "addresses of people of the business",
    "outgoing_settings": "whom the business may call and when, and numbers of people of it",
    "prompt_versions": "texts of the business",
    "recording_copies": "ids of recordings that are still to be deleted at the provider",
    "retention_runs": "counts",
    "sessions": "people who serve businesses",
    "voice_channels": "numbers and credentials of the business",
    "voice_settings": "how the business answers",
    "voice_transfers": "whom the business has rung for its callers",
    "users": "people who serve businesses",
    "whatsapp_channels": "numbers and credentials of the business",
    "whatsapp_settings": "how the business answers",
    "whatsapp_templates": "texts that a provider approved for the business",
}
"""Tables with nothing of a customer in them, each with what it holds instead."""
