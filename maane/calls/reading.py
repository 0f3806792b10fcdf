"""What a screen shows of calls: each with its conversation's words and its lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from maane.calls import store, transfers
from maane.calls.models import Call, CallText, CallTransfer, CallTurn, OutgoingCall
from maane.calls.operations import get_call
from maane.conversations import operations as conversations
from maane.conversations.leads import shown_names
from maane.conversations.models import Conversation, Message
from maane.kit.db import Transaction
from maane.kit.errors import NotFound
from maane.media import recordings
from maane.media.models import Recording
from maane.tenancy.access import Tenant


@dataclass(frozen=True, slots=True)
class Told:
    """A call with what stands beside it on a screen. ``name`` is the lead's, where there is one.
    ``messages`` are those of its turns, by id, where they were asked for; ``outgoing`` is what it has
    where the business made it."""

    call: Call
    conversation: Conversation
    lead_id: int | None
    name: str | None
    messages: Mapping[int, Message] = field(default_factory=dict)
    outgoing: OutgoingCall | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """One call with its turns and their words, who was rung for it, and the text that was offered;
    ``text_message`` is that text where it is a message of another conversation. ``recording`` is what was
    recorded, where anything was."""

    told: Told
    turns: Sequence[CallTurn]
    transfers: Sequence[CallTransfer]
    text: CallText | None
    text_message: Message | None
    recording: Recording | None


SHOWN: dict[str, tuple[str, ...]] = {
    "all": (),
    "answered": ("booked", "transferred", "message_taken", "answered"),
    "unanswered": ("missed", "failed"),
}


def list_calls(
    tx: Transaction, tenant: Tenant, *, outcome: str, limit: int, after: str | None
) -> tuple[list[Told], str | None]:
    """Newest first. ``outcome`` is a key of ``SHOWN``."""
    rows, following = store.list_calls(
        tx, tenant, outcomes=SHOWN[outcome], limit=limit, after=after
    )
    return _told(tx, tenant, rows), following


def open_call(tx: Transaction, tenant: Tenant, call_id: int) -> Opened:
    """Raises ``NotFound``."""
    return _opened(tx, tenant, get_call(tx, tenant, call_id))


def open_call_of(tx: Transaction, tenant: Tenant, conversation_id: int) -> Opened:
    """The same by its conversation. Raises ``NotFound``."""
    call = store.calls_of(tx, tenant, [conversation_id]).get(conversation_id)
    if call is None:
        raise NotFound
    return _opened(tx, tenant, call)


def _opened(tx: Transaction, tenant: Tenant, call: Call) -> Opened:
    turns = store.list_turns(tx, tenant, call.id)
    ids = {key for turn in turns for key in (turn.heard_id, turn.said_id) if key is not None}
    messages = conversations.messages_by_id(tx, tenant, sorted(ids))
    (told,) = _told(tx, tenant, [call])
    rung = transfers.list_rung(tx, tenant, call)
    text = store.find_text(tx, tenant, call.id)
    key = None if text is None else text.message_id
    written = None if key is None else conversations.find_message(tx, tenant, key)
    recording = recordings.of_call(tx, tenant, call.id) if call.is_recorded else None
    told = replace(told, messages=messages)
    return Opened(told, turns, rung, text, written, recording)


def _told(tx: Transaction, tenant: Tenant, rows: Sequence[Call]) -> list[Told]:
    """In as many queries for fifty calls as for one."""
    keys = [row.conversation_id for row in rows]
    found = conversations.with_leads(tx, tenant, keys)
    ties = {key: lead_id for key, (_, lead_id) in found.items()}
    names = shown_names(tx, tenant, [conversation for conversation, _ in found.values()], ties)
    made = store.outgoing_of(tx, tenant, [row.id for row in rows if row.direction == "outbound"])
    told = []
    for row in rows:
        conversation, lead_id = found[row.conversation_id]
        shown = names[row.conversation_id]
        told.append(Told(row, conversation, lead_id, shown, outgoing=made.get(row.id)))
    return told
