"""``/api/business/current/conversations``."""

from __future__ import annotations

from maane.conversations import contract, identity, leads, people, pinning, reading
from maane.conversations.models import Conversation
from maane.kit.endpoint import Routes, tx
from maane.leads.contract import Lead, MergeBody, lead_of
from maane.tenancy.access import BUSINESS, caller, tenant
from maane.tenancy.contract import PageQuery

routes = Routes("conversations", __name__, url_prefix="/api/business/current/conversations")
lead_routes = Routes("conversation_leads", __name__, url_prefix="/api/business/current/leads")
"""What is asked of a lead and needs its conversations."""


@routes.declare(
    "GET",
    "",
    access=BUSINESS,
    query=contract.ConversationQuery,
    returns=contract.ConversationPage,
)
def list_conversations(query: contract.ConversationQuery) -> contract.ConversationPage:
    """The conversations of this business, the one that was spoken in last first."""
    rows, following = reading.list_conversations(
        tx(),
        tenant(),
        caller(),
        status=query.status,
        words=query.q,
        limit=query.limit,
        after=query.after,
    )
    items = [contract.conversation_of(row) for row in rows]
    return contract.ConversationPage(items=items, next=following)


@routes.declare("GET", "/<id:conversation_id>", access=BUSINESS, returns=contract.Conversation)
def get_conversation(conversation_id: int) -> contract.Conversation:
    """One conversation."""
    return contract.conversation_of(
        reading.get_conversation(tx(), tenant(), caller(), conversation_id)
    )


@routes.declare(
    "GET", "/<id:conversation_id>/related", access=BUSINESS, returns=contract.RelatedList
)
def list_related(conversation_id: int) -> contract.RelatedList:
    """Other conversations of the same person: of the same lead or the same phone number."""
    rows = identity.list_related(tx(), tenant(), caller(), conversation_id)
    return contract.RelatedList(items=[contract.conversation_of(row) for row in rows])


@routes.declare(
    "GET",
    "/<id:conversation_id>/messages",
    access=BUSINESS,
    query=PageQuery,
    returns=contract.MessagePage,
)
def list_messages(conversation_id: int, query: PageQuery) -> contract.MessagePage:
    """What was said, newest first."""
    rows, following = reading.list_messages(
        tx(), tenant(), conversation_id, limit=query.limit, after=query.after
    )
    items = [contract.message_of(row, files) for row, files in rows]
    return contract.MessagePage(items=items, next=following)


@routes.declare(
    "POST", "/<id:conversation_id>/take-over", access=BUSINESS, returns=contract.Conversation
)
def take_over(conversation_id: int) -> contract.Conversation:
    """Silences the assistant in this conversation."""
    return _shown(people.take_over(tx(), tenant(), caller(), conversation_id))


@routes.declare(
    "POST", "/<id:conversation_id>/hand-back", access=BUSINESS, returns=contract.Conversation
)
def hand_back(conversation_id: int) -> contract.Conversation:
    """Lets the assistant answer again, from the customer's next message on."""
    return _shown(people.hand_back(tx(), tenant(), caller(), conversation_id))


@routes.declare(
    "POST", "/<id:conversation_id>/close", access=BUSINESS, returns=contract.Conversation
)
def close(conversation_id: int) -> contract.Conversation:
    """Closes the conversation until its customer writes again."""
    return _shown(people.close(tx(), tenant(), caller(), conversation_id))


@routes.declare(
    "POST", "/<id:conversation_id>/reopen", access=BUSINESS, returns=contract.Conversation
)
def reopen(conversation_id: int) -> contract.Conversation:
    """Opens a closed conversation."""
    return _shown(people.reopen(tx(), tenant(), caller(), conversation_id))


@routes.declare(
    "POST",
    "/<id:conversation_id>/use-newest-prompts",
    access=BUSINESS,
    returns=contract.Conversation,
)
def use_newest_prompts(conversation_id: int) -> contract.Conversation:
    """Lets the conversation run on the newest version of the prompts from its next answer on."""
    return _shown(pinning.use_newest(tx(), tenant(), caller(), conversation_id))


@routes.declare(
    "PUT",
    "/<id:conversation_id>/assignee",
    access=BUSINESS,
    body=contract.AssigneeBody,
    returns=contract.Conversation,
)
def assign(conversation_id: int, body: contract.AssigneeBody) -> contract.Conversation:
    """Gives the conversation to a user of this business, or to nobody."""
    return _shown(people.assign(tx(), tenant(), caller(), conversation_id, body.user_id))


@routes.declare(
    "PUT",
    "/<id:conversation_id>/read",
    access=BUSINESS,
    body=contract.ReadBody,
    returns=contract.ReadMarker,
)
def mark_read(conversation_id: int, body: contract.ReadBody) -> contract.ReadMarker:
    """Notes how far the caller has read."""
    up_to = people.mark_read(tx(), tenant(), caller(), conversation_id, body.message_id)
    return contract.ReadMarker(message_id=up_to)


@routes.declare(
    "GET",
    "/<id:conversation_id>/notes",
    access=BUSINESS,
    query=PageQuery,
    returns=contract.NotePage,
)
def list_notes(conversation_id: int, query: PageQuery) -> contract.NotePage:
    """What people of the business noted for each other, newest first."""
    rows, following = people.list_notes(
        tx(), tenant(), conversation_id, limit=query.limit, after=query.after
    )
    return contract.NotePage(items=[contract.note_of(row) for row in rows], next=following)


@routes.declare(
    "POST",
    "/<id:conversation_id>/notes",
    access=BUSINESS,
    body=contract.NoteBody,
    returns=contract.Note,
    status=201,
)
def add_note(conversation_id: int, body: contract.NoteBody) -> contract.Note:
    """Adds a note; it is never sent."""
    return contract.note_of(people.add_note(tx(), tenant(), caller(), conversation_id, body.text))


@lead_routes.declare(
    "GET", "/<id:lead_id>/conversations", access=BUSINESS, returns=contract.SourceList
)
def list_sources(lead_id: int) -> contract.SourceList:
    """The conversations that a lead came from, newest first."""
    rows = leads.list_sources(tx(), tenant(), lead_id)
    return contract.SourceList(items=[contract.source_of(row) for row in rows])


@lead_routes.declare("POST", "/<id:lead_id>/merge", access=BUSINESS, body=MergeBody, returns=Lead)
def merge_leads(lead_id: int, body: MergeBody) -> Lead:
    """Merges another lead into this one."""
    return lead_of(leads.merge_leads(tx(), tenant(), caller(), lead_id, body.from_id))


def _shown(row: Conversation) -> contract.Conversation:
    return contract.conversation_of(reading.describe(tx(), tenant(), caller(), [row])[0])
