"""``/api/business/current/simulator/calls``: a page calls its own business.

No secret reaches the browser: what it asks for is signed and sent by this process (``calling``).
"""

from __future__ import annotations

from typing import cast

from flask import current_app

from maane.channels.voice.simulator import contract, operations
from maane.channels.voice.simulator.calling import Simulator
from maane.kit.endpoint import Routes, database, tx
from maane.tenancy.access import BUSINESS, tenant

routes = Routes("simulated_calls", __name__, url_prefix="/api/business/current/simulator/calls")


@routes.declare(
    "POST",
    "",
    access=BUSINESS,
    body=contract.SimulatedCallBody,
    returns=contract.SimulatedCall,
    status=201,
    transaction=None,
)
def dial_simulated_call(body: contract.SimulatedCallBody) -> contract.SimulatedCall:
    """Calls the business through the same signed routes and sockets as a real call."""
    simulator = cast("Simulator", current_app.extensions["maane.simulator"])
    line = simulator.line(tenant().id, body.from_phone, body.engine)
    with database().transaction(tenant().id) as transaction:
        call = operations.begin(transaction, tenant(), line.sid)
        seen = contract.call_of(operations.see(transaction, tenant(), call.id, 0))
    # Only what is kept can be dialled: the thread finds the call in the database.
    simulator.dial(tenant().id, seen.id, line)
    return seen


@routes.declare(
    "GET",
    "/<id:call_id>",
    access=BUSINESS,
    query=contract.SimulatedCallQuery,
    returns=contract.SimulatedCall,
)
def get_simulated_call(call_id: int, query: contract.SimulatedCallQuery) -> contract.SimulatedCall:
    """How a simulated call stands, and what happened in it since."""
    return contract.call_of(operations.see(tx(), tenant(), call_id, query.after))


@routes.declare(
    "POST",
    "/<id:call_id>/acts",
    access=BUSINESS,
    body=contract.SimulatedActBody,
    returns=contract.SimulatedCall,
    status=202,
)
def act_in_simulated_call(call_id: int, body: contract.SimulatedActBody) -> contract.SimulatedCall:
    """Says something in it, presses keys, is silent, speaks over it, or hangs up. What comes of it is
    seen later, so the answer has no lines."""
    call = operations.put(tx(), tenant(), call_id, body.kind, body.text)
    return contract.call_of(operations.see(tx(), tenant(), call_id, call.lines))
