"""Begin a call, keep what is heard and said in it, end it.

Twilio reports the same thing twice and in any order. So a call is found by the provider's id, a turn by
its step, a status moves forward only, and whoever comes second finds what the first has done. Callers of
these hold the call locked (``locked``), which is locked before its conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from maane.calls import store
from maane.calls.models import ENDED, OUTCOMES, STATUSES, Call, CallTurn
from maane.conversations import operations as conversations
from maane.conversations import spoken
from maane.conversations.models import Message
from maane.conversations.opening import Contact
from maane.kit.db import Transaction, now
from maane.kit.errors import NotFound
from maane.leads import operations as leads
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, caller_for_job

_E164 = re.compile(r"\+[1-9]\d{5,14}")
WITHHELD_NAMES = {
    "he": "מספר חסוי",
    "en": "Withheld number",
    "ar": "رقم محجوب",
    "ru": "Скрытый номер",
}
"""What a caller without a number is called until they say their name."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A call as its provider tells of it. Numbers are E.164, or words where there is none. ``channel`` is
    its conversation's."""

    external_id: str
    account_sid: str
    direction: str
    from_number: str
    to_number: str
    status: str
    channel: str = "phone"

    @property
    def is_inbound(self) -> bool:
        return self.direction == "inbound"

    @property
    def customer_phone(self) -> str | None:
        """The other side's number; None where it was withheld."""
        number = self.from_number if self.is_inbound else self.to_number
        return number if _E164.fullmatch(number) else None


@dataclass(frozen=True, slots=True)
class Way:
    """How calls of a business are answered when one begins."""

    engine: str
    language: str
    is_recorded: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """What a turn took, in ms (``CallTurn``)."""

    first_token_ms: int | None = None
    model_ms: int | None = None
    tools_ms: int | None = None
    tools: Sequence[str] = ()


def locked(tx: Transaction, tenant: Tenant, external_id: str) -> Call | None:
    """The call with the provider's id, for the one transaction that may change it."""
    return store.lock_by_external_id(tx, tenant, external_id)


def locked_by_id(tx: Transaction, tenant: Tenant, call_id: int) -> Call:
    """Raises ``NotFound``."""
    call = store.lock_call(tx, tenant, call_id)
    if call is None:
        raise NotFound
    return call


def lock_of(tx: Transaction, tenant: Tenant, conversation_ids: Sequence[int]) -> None:
    """The calls of conversations, for the one transaction that may change them. Those are locked then."""
    store.lock_calls_of(tx, tenant, conversation_ids)


def begin(tx: Transaction, tenant: Tenant, ring: Ring, way: Way) -> tuple[Call, bool]:
    """The call with its conversation and its lead; True where it is new."""
    call = store.lock_by_external_id(tx, tenant, ring.external_id)
    if call is not None:
        return call, False
    # Of two reports of a new call that come at once the second finds the first's.
    tenancy.lock_and_look(tx, tenant)
    call = store.lock_by_external_id(tx, tenant, ring.external_id)
    if call is not None:
        return call, False
    at = now()
    phone = ring.customer_phone
    name = None if phone else WITHHELD_NAMES.get(way.language, WITHHELD_NAMES["en"])
    contact = Contact(ring.channel, ring.external_id, phone, name)
    conversation = spoken.begin(tx, tenant, contact, at)
    call = Call(
        business_id=tenant.id,
        conversation_id=conversation.id,
        external_id=ring.external_id,
        account_sid=ring.account_sid,
        direction=ring.direction,
        from_number=ring.from_number[:200],
        to_number=ring.to_number[:200],
        engine=way.engine,
        language=way.language,
        status=_first_status(ring.status),
        silences=0,
        is_recorded=way.is_recorded and ring.channel == "phone",
        started_at=at,
        last_heard_at=at,
    )
    store.add(tx, call)
    if phone is not None:
        _open_lead(tx, tenant, call, phone, phone)
    return call, True


def _first_status(status: str) -> str:
    """That of a call that begins: one that is heard of by its end has yet to be closed."""
    return status if status in STATUSES and status not in ENDED else "ringing"


def _open_lead(tx: Transaction, tenant: Tenant, call: Call, phone: str | None, name: str) -> None:
    caller = caller_for_job(tenant)
    lead = leads.open_for_contact(tx, tenant, caller, phone, name, source="phone")
    conversations.tie_lead(tx, tenant, call.conversation_id, lead.id)


def turn_of(tx: Transaction, tenant: Tenant, call: Call, step: int) -> CallTurn | None:
    return store.find_turn(tx, tenant, call.id, step)


def get_turn(tx: Transaction, tenant: Tenant, turn_id: int) -> CallTurn:
    """Raises ``NotFound``."""
    turn = store.get_turn(tx, tenant, turn_id)
    if turn is None:
        raise NotFound
    return turn


def hear(
    tx: Transaction,
    tenant: Tenant,
    call: Call,
    step: int,
    text: str,
    *,
    due_at: datetime,
    confidence_percent: int | None = None,
    is_partial: bool = False,
) -> tuple[CallTurn, Message]:
    """Keeps what the caller said in a step, as a message of the conversation. The turn is being thought
    until ``due_at``. What is kept after the end of the call changes what came of it."""
    at = now()
    conversation = conversations.lock(tx, tenant, call.conversation_id)
    key = f"{call.external_id}:{step}"
    message = spoken.hear(tx, tenant, conversation, key, text, at)
    if conversations.lead_id_of(tx, tenant, conversation.id) is None:
        _open_lead(tx, tenant, call, None, conversation.contact_name or call.external_id)
    turn = _turn(tx, tenant, call, step)
    turn.kind, turn.state, turn.heard_id = "speech", "thinking", message.id
    turn.heard_at, turn.due_at, turn.confidence_percent = at, due_at, confidence_percent
    turn.is_partial = is_partial
    call.silences, call.last_heard_at = 0, at
    tx.flush()
    if call.status in ENDED:
        _conclude(tx, tenant, call)
    return turn, message


def keep_partial(tx: Transaction, tenant: Tenant, call: Call, step: int, words: str) -> None:
    """Keeps words that may still change, while nothing better came of the step. The longer ones win:
    they are reported in any order and grow while the caller speaks."""
    if call.status in ENDED:
        hear_late(tx, tenant, call, step, words, is_partial=True)
        return
    turn = _turn(tx, tenant, call, step)
    if turn.state == "listening" and len(words) > len(turn.partial or ""):
        turn.partial = words
        call.last_heard_at = now()
        tx.flush()


def hear_late(
    tx: Transaction,
    tenant: Tenant,
    call: Call,
    step: int,
    words: str,
    *,
    confidence_percent: int | None = None,
    is_partial: bool = False,
) -> None:
    """Keeps words that come after the end of the call, which nobody answers. Of those of one step the
    whole ones count, or else the longest."""
    turn = _turn(tx, tenant, call, step)
    is_whole = turn.heard_id is not None and not turn.is_partial
    is_shorter = is_partial and len(words) <= len(turn.partial or "")
    if turn.state not in ("listening", "thinking") or is_whole or is_shorter:
        return
    turn.partial = words if is_partial else turn.partial
    _, message = hear(
        tx,
        tenant,
        call,
        step,
        words,
        due_at=now(),
        confidence_percent=confidence_percent,
        is_partial=is_partial,
    )
    # Those that were kept at the end itself are the same message.
    message.text = words
    tx.flush()


def say(
    tx: Transaction,
    tenant: Tenant,
    call: Call,
    step: int,
    kind: str,
    text: str,
    *,
    ends_call: bool = False,
) -> CallTurn:
    """Decides what is said in a step in which nothing was heard."""
    message = spoken.say(tx, tenant, call.conversation_id, text)
    turn = _turn(tx, tenant, call, step)
    turn.kind, turn.state, turn.said_id, turn.ends_call = kind, "decided", message.id, ends_call
    turn.heard_at = now()
    tx.flush()
    return turn


def decide(
    turn: CallTurn, answer: Message, times: Times, *, ends_call: bool, transfers: bool = False
) -> None:
    """Notes the answer that a turn came to; with ``transfers`` a person is rung after it."""
    turn.state, turn.said_id, turn.ends_call = "decided", answer.id, ends_call
    turn.transfers = transfers
    turn.first_token_ms, turn.model_ms = times.first_token_ms, times.model_ms
    turn.tools_ms, turn.tools = times.tools_ms, list(times.tools)


def wait_longer(tx: Transaction, turn: CallTurn, number: int) -> None:
    """Notes that the caller was told to wait for the round ``number``, so that the same question gets
    the same answer again."""
    turn.rounds = max(turn.rounds, number)
    tx.flush()


def leave(tx: Transaction, tenant: Tenant, call: Call, turn: CallTurn) -> None:
    """What was decided on leaves now to be spoken."""
    if turn.state != "decided":
        return
    turn.state = "said"
    turn.first_audio_ms = round((now() - turn.heard_at).total_seconds() * 1000)
    if turn.said_id is not None:
        spoken.mark_spoken(tx, tenant, turn.said_id)
    answer_now(call)
    tx.flush()


def answer_now(call: Call) -> None:
    """The caller is spoken to from now on, whatever the provider has told until now, but for the end."""
    if call.status in ENDED:
        return
    if call.answered_at is None:
        call.answered_at = now()
    advance(call, "in-progress")


def advance(call: Call, status: str) -> bool:
    """Moves the status forward; True when that is an end and the first one."""
    if status not in STATUSES or call.status in ENDED:
        return False
    if STATUSES.index(status) > STATUSES.index(call.status):
        call.status = status
    return status in ENDED


def note_outcome(tx: Transaction, tenant: Tenant, call: Call, outcome: str) -> None:
    """What a turn made of the call; of several the best stays. It may become known after the end."""
    if call.outcome is None or OUTCOMES.index(outcome) < OUTCOMES.index(call.outcome):
        call.outcome = outcome
    if call.status in ENDED:
        _conclude(tx, tenant, call)


def end(
    tx: Transaction,
    tenant: Tenant,
    call: Call,
    *,
    duration_s: int | None,
    reason: str,
    at: datetime | None = None,
) -> None:
    """Closes a call whose status is an end. What of a turn was decided on and has not left was not said;
    words that only ever were partial are kept as what they are."""
    call.ended_at = at or now()
    call.duration_s = duration_s
    for turn in store.list_turns(tx, tenant, call.id):
        if turn.state == "listening" and turn.partial:
            _hear_partial(tx, tenant, call, turn)
        if turn.state == "decided" and turn.said_id is not None:
            spoken.mark_unspoken(tx, tenant, turn.said_id)
    call.end_reason = call.end_reason or reason
    if call.duration_s is None and call.answered_at is not None:
        call.duration_s = max(0, round((call.ended_at - call.answered_at).total_seconds()))
    _conclude(tx, tenant, call)


def _conclude(tx: Transaction, tenant: Tenant, call: Call) -> None:
    """What came of a call that has ended, by what is known now. Its last words, which another process
    may still be keeping, and what the assistant made of them can follow its end."""
    if call.status == "failed":
        came = "failed"
    else:
        came = "answered" if store.has_heard(tx, tenant, call.id) else "missed"
    if call.outcome is None or (call.outcome, came) == ("missed", "answered"):
        call.outcome = came
    # Whom we did not reach does not wait for us.
    is_unreached = call.direction == "outbound" and call.outcome in ("missed", "failed")
    is_settled = is_unreached or call.outcome in ("booked", "transferred", "answered")
    spoken.end(tx, tenant, call.conversation_id, is_settled=is_settled)
    tx.flush()


def _hear_partial(tx: Transaction, tenant: Tenant, call: Call, turn: CallTurn) -> None:
    if turn.partial:
        hear(tx, tenant, call, turn.step, turn.partial, due_at=now(), is_partial=True)


def _turn(tx: Transaction, tenant: Tenant, call: Call, step: int) -> CallTurn:
    """The turn of a step, made where there is none. Whoever changes it flushes it then, in one statement
    with all that they have to say of it."""
    turn = store.find_turn(tx, tenant, call.id, step)
    if turn is None:
        turn = CallTurn(
            business_id=tenant.id,
            call_id=call.id,
            step=step,
            kind="speech",
            state="listening",
            is_partial=False,
            ends_call=False,
            transfers=False,
            rounds=0,
            heard_at=now(),
            tools=[],
        )
        tx.add(turn)
    return turn


def summarize(tx: Transaction, call: Call, text: str, by: str) -> None:
    call.summary, call.summary_by = text, by
    tx.flush()


def get_call(tx: Transaction, tenant: Tenant, call_id: int) -> Call:
    """Raises ``NotFound``, also for a call of another business."""
    call = store.find_call(tx, tenant, call_id)
    if call is None:
        raise NotFound
    return call
