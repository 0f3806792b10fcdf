"""A simulated call of the page: begin one, do something in it, see what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from maane.calls import lookup
from maane.channels.voice.relay.frames import KEYS
from maane.channels.voice.simulator import store
from maane.channels.voice.simulator.models import OVER, SimulatedCall, SimulatedLine
from maane.channels.voice.simulator.talk import Event
from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, Invalid, NotFound
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant

MOST_AT_ONCE = 3
MOST_LINES = 3000
PAGE = 200
KEPT = timedelta(days=1)
ALIVE = timedelta(seconds=20)
"""A call whose thread has not been heard of for so long goes on no more: its process ended."""
WITH_WORDS = ("speech", "partial", "keys")
ALWAYS = ("hang_up",)


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as it stands now, with the lines that were asked for."""

    call: SimulatedCall
    state: str
    reason: str | None
    lines: Sequence[SimulatedLine]


def begin(tx: Transaction, tenant: Tenant, external_id: str) -> SimulatedCall:
    """A call that is about to be dialled. Raises ``Conflict("too_many_calls")``."""
    tenancy.lock(tx, tenant)
    at = now()
    if store.count_going(tx, tenant, at - ALIVE) >= MOST_AT_ONCE:
        raise Conflict("too_many_calls")
    call = SimulatedCall(
        business_id=tenant.id,
        external_id=external_id,
        state="ringing",
        is_listening=False,
        lines=0,
        started_at=at,
        alive_at=at,
    )
    store.add(tx, call)
    return call


def put(tx: Transaction, tenant: Tenant, key: int, kind: str, text: str) -> SimulatedCall:
    """Lets the caller do something. Raises ``NotFound``; ``Conflict("call_ended")``, and
    ``Conflict("not_listening")`` where nobody would hear it."""
    call = store.lock(tx, tenant, key)
    if call is None:
        raise NotFound
    if kind in WITH_WORDS and not text.strip():
        raise Invalid.field("text", "missing", "says nothing")
    if kind == "keys" and not set(text) <= KEYS:
        raise Invalid.field("text", "keys", "takes digits, * and #")
    if _state_of(call)[0] in OVER:
        raise Conflict("call_ended")
    if kind not in ALWAYS and call.lines >= MOST_LINES:
        raise Conflict("call_ended")
    if kind not in ALWAYS and not call.is_listening:
        raise Conflict("not_listening")
    _add(tx, call, by_caller=True, kind=kind, text=text)
    return call


def see(tx: Transaction, tenant: Tenant, key: int, after: int) -> Seen:
    """The call and its lines after a number. Raises ``NotFound``."""
    call = store.find(tx, tenant, key)
    if call is None:
        raise NotFound
    state, reason = _state_of(call)
    return Seen(call, state, reason, store.list_lines(tx, tenant, key, after=after, limit=PAGE))


def asked_of(tx: Transaction, tenant: Tenant, key: int, after: int) -> Sequence[SimulatedLine]:
    """What the caller did after a line, for the thread that calls. Raises ``NotFound``."""
    if store.find(tx, tenant, key) is None:
        raise NotFound
    return store.list_lines(tx, tenant, key, after=after, limit=PAGE, by_caller=True)


def forget_old(tx: Transaction, tenant: Tenant) -> None:
    """Removes what happened in calls that are older than a day."""
    store.delete_old(tx, tenant, now() - KEPT)


def note(
    tx: Transaction,
    tenant: Tenant,
    key: int,
    events: Sequence[Event],
    *,
    state: str,
    engine: str | None,
    is_listening: bool,
    reason: str | None,
) -> None:
    """What happened since the last time, and how the call stands. Raises ``NotFound``."""
    call = store.lock(tx, tenant, key)
    if call is None:
        raise NotFound
    for event in events:
        _add(
            tx,
            call,
            by_caller=False,
            kind=event.kind,
            text=event.text,
            took_ms=event.took_ms,
            is_last=event.is_last,
        )
    call.state, call.is_listening, call.reason = state, is_listening, reason
    call.engine = engine
    call.alive_at = now()
    if call.call_id is None:
        found = lookup.by_external_id(tx, tenant, call.external_id)
        call.call_id = None if found is None else found.id
    tx.flush()


def _state_of(call: SimulatedCall) -> tuple[str, str | None]:
    if call.state not in OVER and call.alive_at < now() - ALIVE:
        return "failed", "process_ended"
    return call.state, call.reason


def _add(
    tx: Transaction,
    call: SimulatedCall,
    *,
    by_caller: bool,
    kind: str,
    text: str,
    took_ms: int | None = None,
    is_last: bool = True,
) -> None:
    call.lines += 1
    line = SimulatedLine(
        business_id=call.business_id,
        simulated_call_id=call.id,
        number=call.lines,
        by_caller=by_caller,
        kind=kind,
        text=text,
        took_ms=took_ms,
        is_last=is_last,
        at=now(),
    )
    store.add(tx, line)
