"""``/api/business/current/calls``, and the call that a conversation is."""

from __future__ import annotations

from maane.calls import contract, reading
from maane.kit.endpoint import Routes, tx
from maane.tenancy.access import BUSINESS, tenant

routes = Routes("calls", __name__, url_prefix="/api/business/current/calls")
conversation_routes = Routes(
    "conversation_calls", __name__, url_prefix="/api/business/current/conversations"
)


@routes.declare("GET", "", access=BUSINESS, query=contract.CallQuery, returns=contract.CallPage)
def list_calls(query: contract.CallQuery) -> contract.CallPage:
    """The calls of this business, newest first."""
    told, following = reading.list_calls(
        tx(), tenant(), outcome=query.outcome, limit=query.limit, after=query.after
    )
    return contract.CallPage(items=[contract.call_of(one) for one in told], next=following)


@routes.declare("GET", "/<id:call_id>", access=BUSINESS, returns=contract.CallDetail)
def get_call(call_id: int) -> contract.CallDetail:
    """One call with its turns."""
    return contract.detail_of(reading.open_call(tx(), tenant(), call_id))


@conversation_routes.declare(
    "GET", "/<id:conversation_id>/call", access=BUSINESS, returns=contract.CallDetail
)
def get_call_of_conversation(conversation_id: int) -> contract.CallDetail:
    """The call that a conversation is; of one that is written there is none."""
    return contract.detail_of(reading.open_call_of(tx(), tenant(), conversation_id))
