"""Rings people for a call, by either engine, and says what it means when none of them came."""

from __future__ import annotations

from dataclasses import replace

from maane.assistant.operations import Reply, Turn, called_back
from maane.assistant.rules import speakable
from maane.calls import transfers
from maane.calls.models import Call, CallTransfer
from maane.channels.voice import reachable
from maane.channels.voice.payload import LEG, RUNG, WHISPER, Place
from maane.channels.voice.settings import Chosen
from maane.channels.voice.twiml import Leg, dial
from maane.conversations import operations as conversations
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction
from maane.notifications import operations as notifications
from maane.tenancy.access import Tenant

LONGEST_TALK_S = 2 * 3600
"""So long a caller and a person may talk: a line that nobody hung up costs money."""
LONGEST_REASON = 200


def plan(
    tx: Transaction, tenant: Tenant, call: Call, turn: Turn, reply: Reply, *, is_over: bool
) -> tuple[Reply, bool]:
    """Decides who is rung after a reply that says so, and whether anybody is. Where nobody can be any
    more, as when ``is_over``, the reply says that one calls back."""
    if not reply.transfers:
        return reply, False
    deeds = reply.deeds
    if not is_over:
        people = reachable.reachable_now(tx, tenant)
        why = speakable(deeds.details.get("need") or deeds.handed_over or "")[:LONGEST_REASON]
        if transfers.plan(tx, tenant, call, people, why):
            # Nobody is to call back whom they speak to now (``note_missed`` where they do not).
            return replace(reply, deeds=replace(deeds, handed_over=None)), True
    return replace(reply, text=called_back(turn), transfers=False), False


def ring(
    tx: Transaction,
    tenant: Tenant,
    call: Call,
    person: CallTransfer,
    chosen: Chosen,
    origin: str,
    place: Place,
    *,
    said: str = "",
) -> str:
    """The TwiML that says ``said`` and rings a person; the same each time. After it the call goes on in
    the step of ``place``."""
    transfers.ring(tx, person)
    following = replace(place, person=person.number, call=call.id, language=chosen.language)
    query = following.query()
    attributes = {
        "action": f"{origin}{RUNG}?{query}",
        "method": "POST",
        "timeout": str(reachable.chosen_by(tx, tenant).ring_s),
        "timeLimit": str(LONGEST_TALK_S),
        "callerId": call.to_number if call.direction == "inbound" else call.from_number,
        "answerOnBridge": "true",
    }
    leg = Leg(whisper=f"{origin}{WHISPER}?{query}", answered=f"{origin}{LEG}?{query}")
    return dial(said, chosen.voice, person.phone, attributes, leg)


def close(tx: Transaction, jobs: Jobs, tenant: Tenant, call: Call) -> None:
    """The call is over, whatever was heard of those who were rung."""
    transfers.close(tx, tenant, call)
    note_missed(tx, jobs, tenant, call)


def note_missed(tx: Transaction, jobs: Jobs, tenant: Tenant, call: Call) -> None:
    """Where nobody came to a caller who was put through, people of the business are told, once, and the
    conversation waits for them."""
    message_id = transfers.message_id_of(tx, tenant, call)
    first = transfers.first(tx, tenant, call)
    is_missed = transfers.state_of(tx, tenant, call) == "missed"
    if first is None or message_id is None or not is_missed:
        return
    reason = first.reason or None
    conversations.fall_silent(tx, tenant, call.conversation_id, "handed_over", reason)
    conversation = conversations.lock(tx, tenant, call.conversation_id)
    notifications.tell_of_missed_transfer(tx, jobs, tenant, conversation, message_id)
