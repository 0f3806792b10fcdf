"""Calls that a business makes: kept before the provider is asked, known again when it reports, ended.

As in ``operations``, whoever changes a call holds it locked. A request of the provider's about such a
call bears our own id of it in its signed address, so it finds the call whatever comes first: the
provider's answer or its first report.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from maane.calls import operations, store
from maane.calls.models import ASKED, ENDED, Call, OutgoingCall
from maane.calls.operations import Ring, Way
from maane.conversations import operations as conversations
from maane.conversations import spoken
from maane.conversations.opening import Contact
from maane.kit.db import Transaction, now
from maane.tenancy.access import Caller, Tenant

REACHED = frozenset({"completed", "answered"})
DIALING = "dialing"
"""A key was pressed, and what became of the leg to the lead was not told yet."""
_MISSED = {"busy": "busy", "no-answer": "no_answer", "canceled": "withdrawn", "failed": "failed"}


def ask(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    lead_id: int,
    *,
    account_sid: str,
    own_number: str,
    phone: str,
    way: Way,
    speaker: str,
    person_name: str | None,
    idempotency_key: str,
) -> Call:
    """Keeps a call to a lead that the provider is about to be asked for."""
    at = now()
    key = f"{ASKED}{secrets.token_hex(16)}"
    conversation = spoken.begin(tx, tenant, Contact("phone", key, phone, None), at)
    conversations.tie_lead(tx, tenant, conversation.id, lead_id)
    call = Call(
        business_id=tenant.id,
        conversation_id=conversation.id,
        external_id=key,
        account_sid=account_sid,
        direction="outbound",
        from_number=own_number,
        to_number=phone,
        engine=way.engine,
        language=way.language,
        status="queued",
        silences=0,
        is_recorded=way.is_recorded,
        started_at=at,
        last_heard_at=at,
    )
    store.add(tx, call)
    row = OutgoingCall(
        business_id=tenant.id,
        call_id=call.id,
        speaker=speaker,
        state="asked",
        idempotency_key=idempotency_key,
        user_id=caller.user_id,
        user_name=caller.name,
        person_name=person_name,
    )
    store.add(tx, row)
    return call


def find_asked(tx: Transaction, tenant: Tenant, key: str) -> OutgoingCall | None:
    """The call that was asked for under a key."""
    return store.find_outgoing_by_key(tx, tenant, key)


def of_call(tx: Transaction, tenant: Tenant, call_id: int) -> OutgoingCall | None:
    """What a call has that the business made; None for one that came in."""
    return store.outgoing_of(tx, tenant, [call_id]).get(call_id)


def is_running(
    tx: Transaction, tenant: Tenant, lead_id: int, phone: str, longest: timedelta
) -> bool:
    """True while a call to a lead, or to its number, goes on. One that is older than ``longest`` has
    ended, whether or not anybody told."""
    rows = store.list_running(tx, tenant, now() - longest)
    found = conversations.with_leads(tx, tenant, [row.conversation_id for row in rows])
    return any(row.to_number == phone or found[row.conversation_id][1] == lead_id for row in rows)


def claim(tx: Transaction, tenant: Tenant, call_id: int, ring: Ring) -> Call | None:
    """The call that a request of the provider's is about, which it takes its id from where it had none
    yet; locked. None for a request about another one."""
    call = store.lock_call(tx, tenant, call_id)
    if call is None or call.direction != "outbound" or call.account_sid != ring.account_sid:
        return None
    if call.external_id.startswith(ASKED):
        _take(tx, tenant, call, ring.external_id)
    return call if call.external_id == ring.external_id else None


def note_placed(tx: Transaction, tenant: Tenant, call_id: int, external_id: str) -> None:
    """The provider took the call, and knows it by this id."""
    call = operations.locked_by_id(tx, tenant, call_id)
    if call.external_id.startswith(ASKED):
        _take(tx, tenant, call, external_id)


def note_refused(
    tx: Transaction,
    tenant: Tenant,
    call_id: int,
    reason: str,
    error: str | None,
    code: int | None,
) -> None:
    """The provider did not take the call, which has ended so. ``reason`` is a word of ours."""
    call = operations.locked_by_id(tx, tenant, call_id)
    row = _row(tx, tenant, call)
    if row.state != "asked" or call.status in ENDED:
        return
    row.state, row.error, row.error_code = "refused", error, code
    call.outcome = "failed"
    operations.advance(call, "failed")
    operations.end(tx, tenant, call, duration_s=None, reason=reason)


def note_unknown(tx: Transaction, tenant: Tenant, call_id: int, error: str) -> None:
    """Nobody knows whether the provider took the call. It is not asked again."""
    row = of_call(tx, tenant, operations.locked_by_id(tx, tenant, call_id).id)
    if row is not None and row.state == "asked":
        row.error = error
        tx.flush()


def note_machine(tx: Transaction, tenant: Tenant, call: Call, answered_by: str) -> None:
    """A machine answered, which nobody speaks with."""
    _row(tx, tenant, call).answered_by = answered_by[:40]
    call.outcome, call.end_reason = "missed", "machine"
    tx.flush()


def note_dialing(tx: Transaction, tenant: Tenant, call: Call) -> bool:
    """The person wants the lead to be called; False where that has ended already."""
    row = _row(tx, tenant, call)
    row.dial_status = row.dial_status or DIALING
    tx.flush()
    return row.dial_status == DIALING


def is_dial_unreported(tx: Transaction, tenant: Tenant, call: Call) -> bool:
    """True where a person and a lead may have spoken of whom nobody told."""
    row = of_call(tx, tenant, call.id)
    return row is not None and row.dial_status == DIALING


def note_dialed(
    tx: Transaction, tenant: Tenant, call: Call, status: str, seconds: int | None
) -> None:
    """What became of the leg from a person's phone to the lead; the first report of it stays. It may
    come after the end of the call."""
    row = _row(tx, tenant, call)
    if row.dial_status not in (None, DIALING):
        return
    row.dial_status = status if status in REACHED or status in _MISSED else "failed"
    row.dial_s = (seconds or 0) if row.dial_status in REACHED else None
    if row.dial_s is not None:
        call.answered_at = now() - timedelta(seconds=row.dial_s)
    _conclude_person(call, row)
    if call.status in ENDED:
        call.duration_s = row.dial_s
    tx.flush()


def conclude(
    tx: Transaction,
    tenant: Tenant,
    call: Call,
    *,
    duration_s: int | None,
    reason: str,
    at: datetime | None = None,
) -> None:
    """Ends a call that the provider says has ended."""
    row = of_call(tx, tenant, call.id)
    if row is not None and row.speaker == "person":
        _conclude_person(call, row)
        duration_s = row.dial_s
    operations.end(tx, tenant, call, duration_s=duration_s, reason=reason, at=at)


def of_calls(tx: Transaction, tenant: Tenant, call_ids: Sequence[int]) -> dict[int, OutgoingCall]:
    return store.outgoing_of(tx, tenant, call_ids)


def _conclude_person(call: Call, row: OutgoingCall) -> None:
    """What came of a call that a person was to make: whether the lead was reached, or why they were not
    even called."""
    if row.dial_status in REACHED:
        call.outcome, call.end_reason = "answered", "they_hung_up"
    elif row.dial_status in _MISSED:
        call.end_reason = _MISSED[row.dial_status]
        call.outcome = "failed" if row.dial_status == "failed" else "missed"
    elif call.status == "completed" and row.dial_status == DIALING:
        call.outcome, call.end_reason = "failed", "dial_unreported"
    elif call.status == "completed":
        call.outcome, call.end_reason = "missed", call.end_reason or "person_unconfirmed"
    elif call.status in ("busy", "no-answer"):
        call.outcome, call.end_reason = "missed", "person_no_answer"


def _take(tx: Transaction, tenant: Tenant, call: Call, external_id: str) -> None:
    call.external_id = external_id
    row = _row(tx, tenant, call)
    row.state, row.error = "placed", None
    tx.flush()


def _row(tx: Transaction, tenant: Tenant, call: Call) -> OutgoingCall:
    """Raises ``LookupError``: a call that the business made has its row from the beginning."""
    row = of_call(tx, tenant, call.id)
    if row is None:
        raise LookupError("not an outgoing call")
    return row
