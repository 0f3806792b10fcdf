"""A call that is put through to a person: who is rung, one after the other, and what came of each.

A call is put through once, to the people who could be reached when it began; what the provider repeats
or reorders finds its person by their row, whose first result stays. As in ``operations``, whoever calls
these holds the call locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maane.calls import store
from maane.calls.models import Call, CallTransfer, CallTurn
from maane.calls.operations import note_outcome
from maane.kit.db import Transaction, now
from maane.tenancy.access import Tenant

Result = Literal["connected", "no_answer", "busy", "failed", "declined", "canceled"]
State = Literal["none", "pending", "connected", "missed"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the business; ``phone`` is E.164."""

    name: str
    phone: str


def plan(
    tx: Transaction, tenant: Tenant, call: Call, people: Sequence[Person], reason: str
) -> bool:
    """Decides who is rung, in this order; ``reason`` is what they will hear. False where there is nobody,
    or the call was put through before."""
    if not people or store.list_transfers(tx, tenant, call.id):
        return False
    for number, person in enumerate(people, 1):
        row = CallTransfer(business_id=tenant.id, call_id=call.id, number=number)
        row.name, row.phone, row.reason = person.name, person.phone, reason
        store.add(tx, row)
    return True


def state_of(tx: Transaction, tenant: Tenant, call: Call) -> State:
    """``pending`` while somebody is rung or about to be; ``missed`` once nobody is left."""
    return state_among(store.list_transfers(tx, tenant, call.id))


def state_among(rows: Sequence[CallTransfer]) -> State:
    if not rows:
        return "none"
    results = [row.result for row in rows]
    if "connected" in results:
        return "connected"
    # Who hangs up while one is rung leaves the others alone.
    return "missed" if "canceled" in results or None not in results else "pending"


def list_rung(tx: Transaction, tenant: Tenant, call: Call) -> Sequence[CallTransfer]:
    """Those who were rung, in their order."""
    rows = store.list_transfers(tx, tenant, call.id)
    return [row for row in rows if row.rung_at is not None]


def first(tx: Transaction, tenant: Tenant, call: Call) -> CallTransfer | None:
    return find(tx, tenant, call, 1)


def find(tx: Transaction, tenant: Tenant, call: Call, number: int) -> CallTransfer | None:
    """The person who is rung as the ``number``-th."""
    rows = store.list_transfers(tx, tenant, call.id)
    return next((row for row in rows if row.number == number), None)


def ring(tx: Transaction, row: CallTransfer) -> None:
    """The provider is told to ring them."""
    row.rung_at = row.rung_at or now()
    tx.flush()


def pick_up(tx: Transaction, row: CallTransfer) -> None:
    """Somebody or something picked up."""
    row.answered_at = row.answered_at or now()
    tx.flush()


def accept(tx: Transaction, row: CallTransfer) -> bool:
    """They pressed a key; False where it is too late for that."""
    if row.result is None:
        pick_up(tx, row)
        row.accepted_at = row.accepted_at or now()
        tx.flush()
    return row.result in (None, "connected")


def finish(
    tx: Transaction,
    tenant: Tenant,
    call: Call,
    row: CallTransfer,
    result: Result,
    talked_s: int | None,
) -> bool:
    """What came of ringing them; True where it was not known before. Whom the end of the call overtook
    (``close``) may have been joined to the caller all the same."""
    if row.result is not None and (row.result, result) != ("canceled", "connected"):
        if row.result == result == "connected" and talked_s is not None:
            # The end of the call came first, and its length was only reckoned.
            row.talked_s = talked_s
        return False
    row.result, row.ended_at = result, now()
    if result == "connected":
        note_outcome(tx, tenant, call, "transferred")
        row.talked_s = talked_s
    tx.flush()
    return True


def close(tx: Transaction, tenant: Tenant, call: Call) -> None:
    """The call is over: whoever pressed a key had it, and of the others the caller hung up first."""
    rows = store.list_transfers(tx, tenant, call.id)
    row = next((row for row in rows if row.result is None), None)
    if row is None or state_among(rows) != "pending":
        return
    if row.accepted_at is None:
        finish(tx, tenant, call, row, "canceled", None)
        return
    finish(tx, tenant, call, row, "connected", round((now() - row.accepted_at).total_seconds()))


def message_id_of(tx: Transaction, tenant: Tenant, call: Call) -> int | None:
    """The message that told the caller that they are put through."""
    turn = store.transfer_turn(tx, tenant, call.id)
    return None if turn is None else turn.said_id


def missed_turn(tx: Transaction, tenant: Tenant, call: Call) -> CallTurn | None:
    """The turn in which the caller was told that nobody came."""
    return store.turn_of_kind(tx, tenant, call.id, "transfer")
