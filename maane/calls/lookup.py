"""A call by what its provider calls it, and how long nothing was heard or said in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from maane.calls import store
from maane.calls.models import Call, CallTurn
from maane.kit.db import Transaction
from maane.tenancy.access import Tenant


def by_external_id(tx: Transaction, tenant: Tenant, external_id: str) -> Call | None:
    """The call with the provider's id, for whoever changes nothing."""
    return store.find_by_external_id(tx, tenant, external_id)


def is_known(tx: Transaction, tenant: Tenant, call_id: int) -> bool:
    """False for a call that is gone, with its person or for its age."""
    return store.find_call(tx, tenant, call_id) is not None


def turns_of(tx: Transaction, tenant: Tenant, call: Call) -> Sequence[CallTurn]:
    return store.list_turns(tx, tenant, call.id)


def last_sign(tx: Transaction, tenant: Tenant, call: Call) -> datetime:
    """When something was last heard or said in it."""
    turn = store.last_turn(tx, tenant, call.id)
    signs = [call.started_at, call.last_heard_at, call.answered_at]
    if turn is not None:
        signs.append(turn.heard_at)
    return max(sign for sign in signs if sign is not None)
