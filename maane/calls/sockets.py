"""The sockets of a call that goes over them: offered by a token that opens one, once; one writes at a
time. As in ``operations``, whoever calls these holds the call locked."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from maane.calls import store
from maane.calls.models import Call, CallTurn
from maane.calls.operations import Times
from maane.conversations import spoken
from maane.kit.db import Transaction, now
from maane.tenancy.access import Tenant

TOKEN_LIFE = timedelta(seconds=60)
"""A socket is opened as soon as Twilio has read its TwiML."""


def offer(tx: Transaction, call: Call, number: int, token: str) -> None:
    """Offers the call its socket ``number``, from 1, to whoever brings the token. An earlier socket
    writes no more. An offer that is asked for again, by a request that was repeated, is the same."""
    is_used = number == call.socket_number and call.socket_token is None
    if number < call.socket_number or is_used:
        return
    call.socket_number = number
    call.socket_token, call.socket_token_until = _hashed(token), now() + TOKEN_LIFE
    tx.flush()


def take(tx: Transaction, tenant: Tenant, call: Call, token: str) -> bool:
    """Uses a token; True for the one who does so first and in its time. The call may have ended by then:
    what its caller said until its end waits on the socket, and is kept."""
    if not token:
        return False
    return store.use_token(tx, tenant, call.id, _hashed(token), now())


def is_current(call: Call, number: int) -> bool:
    """True where a socket is the call's last one, which may write."""
    return call.socket_number == number


def last_turn(tx: Transaction, tenant: Tenant, call: Call) -> CallTurn | None:
    return store.last_turn(tx, tenant, call.id)


def next_step(tx: Transaction, tenant: Tenant, call: Call) -> int:
    turn = store.last_turn(tx, tenant, call.id)
    return 0 if turn is None else turn.step + 1


def note_times(turn: CallTurn, times: Times, first_audio_ms: int | None) -> None:
    """What a turn took that was spoken while it was made."""
    turn.first_token_ms, turn.first_audio_ms = times.first_token_ms, first_audio_ms
    turn.model_ms, turn.tools_ms, turn.tools = times.model_ms, times.tools_ms, list(times.tools)


def say_now(tx: Transaction, tenant: Tenant, turn: CallTurn) -> None:
    """What was decided on was said, or is being."""
    turn.state = "said"
    if turn.said_id is not None:
        spoken.mark_spoken(tx, tenant, turn.said_id)


def cut(tx: Transaction, tenant: Tenant, turn: CallTurn, heard: str, untold: str) -> None:
    """Keeps of an answer what the caller heard of it, when they spoke over the rest."""
    turn.spoken, turn.untold = heard, untold or None
    if turn.said_id is not None:
        spoken.cut(tx, tenant, turn.said_id, heard)
    tx.flush()


def mend(tx: Transaction, tenant: Tenant, turn: CallTurn, text: str) -> None:
    """Keeps an answer that had been cut as it was: the rest of it is said after all."""
    turn.spoken = turn.untold = None
    if turn.said_id is not None:
        spoken.cut(tx, tenant, turn.said_id, text)
    tx.flush()


def untold(tx: Transaction, tenant: Tenant, call: Call) -> str:
    """What the last turn did and the caller has not heard of."""
    turn = store.last_turn(tx, tenant, call.id)
    return (turn and turn.untold) or ""


def drop(tx: Transaction, turn: CallTurn) -> None:
    """Leaves a turn without an answer: something newer is answered, or nobody hears it any more."""
    turn.state, turn.spoken = "said", ""
    tx.flush()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
