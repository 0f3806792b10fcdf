"""``/api/business/current/conversations``."""

from __future__ import annotations

from maane.conversations import contract, operations
from maane.kit.endpoint import Routes, tx
from maane.tenancy.access import BUSINESS, tenant
from maane.tenancy.contract import PageQuery

routes = Routes("conversations", __name__, url_prefix="/api/business/current/conversations")


@routes.declare("GET", "", access=BUSINESS, query=PageQuery, returns=contract.ConversationPage)
def list_conversations(query: PageQuery) -> contract.ConversationPage:
    """The conversations of this business, newest first."""
    rows, following = operations.list_conversations(
        tx(), tenant(), limit=query.limit, after=query.after
    )
    items = [contract.conversation_of(row, lead_id) for row, lead_id in rows]
    return contract.ConversationPage(items=items, next=following)


@routes.declare(
    "GET",
    "/<id:conversation_id>/messages",
    access=BUSINESS,
    query=PageQuery,
    returns=contract.MessagePage,
)
def list_messages(conversation_id: int, query: PageQuery) -> contract.MessagePage:
    """What was said, newest first."""
    rows, following = operations.list_messages(
        tx(), tenant(), conversation_id, limit=query.limit, after=query.after
    )
    return contract.MessagePage(items=[contract.message_of(row) for row in rows], next=following)
