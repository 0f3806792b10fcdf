"""A spoken turn, the same behind both engines: what is known before the model is asked, and what becomes
of its answer.

As for what is written (``whatsapp.jobs``), the answer and what the model did by its tools become true in
one transaction; of two who come with an answer to the same turn the first is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic
from typing import Literal

from maane.assistant.model import Model
from maane.assistant.operations import Reply, Turn, compose_reply
from maane.assistant.tools import carry_out
from maane.calls import operations as calls
from maane.calls import texts, transfers
from maane.calls.models import ENDED, Call, CallTurn
from maane.calls.operations import Times
from maane.channels.voice import dialling, reachable, texting
from maane.conversations import operations as conversations
from maane.conversations import pinning, spoken
from maane.conversations.models import Conversation, Message
from maane.hours import operations as opening
from maane.jobs.queue import Jobs
from maane.kit.db import Database, Transaction
from maane.leads import operations as leads
from maane.notifications import operations as notifications
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, caller_for_job, tenant_for_job


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn that waits for its answer."""

    business_id: int
    call_id: int
    turn_id: int
    turn: Turn


def ask(tx: Transaction, tenant: Tenant, call: Call, row: CallTurn, message: Message) -> Asked:
    """What the model is to know, read in the transaction that keeps what was heard."""
    turn = known(tx, tenant, call, conversations.history(tx, tenant, message))
    return Asked(tenant.id, call.id, row.id, turn)


def known(tx: Transaction, tenant: Tenant, call: Call, history: list[Message]) -> Turn:
    """What is known of a call's turn, and pins the prompt of the first."""
    business = tenancy.get_business(tx, tenant.id)
    conversation = conversations.lock(tx, tenant, call.conversation_id)
    version = pinning.prompts_for(tx, tenant, conversation)
    lead_id = conversations.lead_id_of(tx, tenant, conversation.id)
    turn = Turn(
        tenant=tenant,
        prompt="" if version is None else version.calls_prompt,
        prompt_version=0 if version is None else version.version,
        history=history,
        known_name=None if lead_id is None else known_name(tx, tenant, lead_id, conversation.id),
        offers_appointments=business.offers_appointments,
        hours=opening.hours_for_turn(tx, tenant, business),
        is_call=True,
        language=call.language,
        has_number=conversation.contact_phone is not None,
        calls_about=_calls_about(tx, tenant, call, lead_id),
        transfer=_transfer(tx, tenant, call, conversation),
    )
    if turn.transfer == "missed":
        turn = replace(turn, text=_text(tx, tenant, call, conversation))
    tx.flush()
    return turn


def _transfer(
    tx: Transaction, tenant: Tenant, call: Call, conversation: Conversation
) -> Literal["none", "ready", "missed"]:
    """A call is put through once; one that is only tried out rings nobody."""
    if conversation.channel != "phone" or not reachable.chosen_by(tx, tenant).people:
        return "none"
    if transfers.state_of(tx, tenant, call) != "none":
        return "missed"
    return "ready" if reachable.reachable_now(tx, tenant) else "none"


def _text(
    tx: Transaction, tenant: Tenant, call: Call, conversation: Conversation
) -> Literal["no", "may", "asked"]:
    offered = texts.find(tx, tenant, call)
    if offered is not None:
        return "asked" if offered.state == "asked" else "no"
    return "may" if texting.may_offer(tx, tenant, call, conversation) else "no"


def known_name(tx: Transaction, tenant: Tenant, lead_id: int, conversation_id: int) -> str | None:
    """What a lead is called; None where that is only what the channel calls them."""
    name = leads.get_lead(tx, tenant, lead_id).name
    return None if name in conversations.contact_names(tx, tenant, conversation_id) else name


def conclude(
    tx: Transaction, tenant: Tenant, call: Call, row: CallTurn, message: Message, text: str
) -> None:
    """Answers a turn by the last words of the call, which no model thought of."""
    conversation = conversations.lock(tx, tenant, call.conversation_id)
    version = conversation.prompt_version
    answer = spoken.answer(tx, tenant, conversation, message, "assistant", text, version)
    calls.decide(row, answer, Times(), ends_call=True)
    tx.flush()


def _calls_about(tx: Transaction, tenant: Tenant, call: Call, lead_id: int | None) -> str | None:
    """What the business noted of the person whom it calls; None for a call that came in."""
    if call.direction != "outbound":
        return None
    return "" if lead_id is None else leads.get_lead(tx, tenant, lead_id).note


def think(database: Database, jobs: Jobs, model: Model | None, asked: Asked) -> None:
    """Asks the model, or intake where there is none, and keeps the answer."""
    began = monotonic()
    reply = compose_reply(model, asked.turn, database)
    decide(database, jobs, asked, reply, took_s=monotonic() - began)


def decide(
    database: Database, jobs: Jobs, asked: Asked, reply: Reply, *, took_s: float = 0.0
) -> None:
    """Makes a reply the answer of its turn, unless that has one. After the call has ended nobody hears
    it: then nothing is booked that was not told, and what the caller told is kept all the same."""
    with database.transaction(asked.business_id) as tx:
        tenant = tenant_for_job(tx, asked.business_id)
        call = calls.locked_by_id(tx, tenant, asked.call_id)
        row = calls.get_turn(tx, tenant, asked.turn_id)
        if row.state != "thinking":
            return
        settle(tx, jobs, tenant, call, row, asked.turn, reply, took_s=took_s)


def settle(
    tx: Transaction,
    jobs: Jobs,
    tenant: Tenant,
    call: Call,
    row: CallTurn,
    turn: Turn,
    reply: Reply,
    *,
    took_s: float = 0.0,
    is_said: bool = False,
    is_unheard: bool = False,
) -> Message:
    """As ``decide``, in a transaction that holds the call and has found that the turn has no answer.
    ``is_said``: it was spoken while it was made. ``is_unheard``: nobody hears it, whether or not the end
    of the call is known."""
    message, is_over = turn.history[-1], is_unheard or call.status in ENDED
    wishes = type(reply.deeds.wishes)() if is_over else reply.deeds.wishes
    # A reply stays as it came: where the database was away for a moment, it is settled once more.
    reply = replace(reply, deeds=replace(reply.deeds, wishes=wishes))
    conversation = conversations.lock(tx, tenant, message.conversation_id)
    was_handed_over = conversations.is_silent(conversation)
    reply, is_rung = dialling.plan(tx, tenant, call, turn, reply, is_over=is_over)
    deeds = reply.deeds
    # Who is asked whether they want their message confirmed has left one.
    is_taken = reply.is_taken or reply.consent == "asked"
    answer = spoken.answer(
        tx, tenant, conversation, message, reply.author, reply.text, turn.prompt_version
    )
    if told := carry_out(tx, tenant, message.conversation_id, deeds):
        conversations.begin_with(tx, answer, told)
    notifications.tell_of_answer(
        tx,
        jobs,
        tenant,
        conversation,
        is_taken=is_taken,
        appointment=deeds.wishes.outcome,
        was_handed_over=was_handed_over,
    )
    _note_learnt(tx, tenant, message.conversation_id, reply)
    if deeds.wishes.outcome == "booked":
        calls.note_outcome(tx, tenant, call, "booked")
    elif is_taken or deeds.handed_over is not None:
        calls.note_outcome(tx, tenant, call, "message_taken")
    # Of who has hung up a yes counts, and a no; whoever is asked must be there to say one.
    if not is_over or reply.consent in ("agreed", "refused"):
        texting.note(tx, jobs, tenant, call, reply.consent)
    times = Times(
        first_token_ms=round(took_s * 1000),
        model_ms=round(reply.spent.model_s * 1000),
        tools_ms=round(reply.spent.tools_s * 1000),
        tools=reply.spent.tools,
    )
    calls.decide(row, answer, times, ends_call=reply.ends_call, transfers=is_rung)
    if is_over and not is_said:
        spoken.mark_unspoken(tx, tenant, answer.id)
    return answer


def _note_learnt(tx: Transaction, tenant: Tenant, conversation_id: int, reply: Reply) -> None:
    """What intake learnt is the lead's."""
    if not (reply.name or reply.need):
        return
    lead_id = conversations.lead_id_of(tx, tenant, conversation_id)
    if lead_id is not None:
        leads.add_from_intake(
            tx,
            tenant,
            caller_for_job(tenant),
            lead_id,
            reply.name,
            reply.need,
            stand_ins=conversations.contact_names(tx, tenant, conversation_id),
        )
