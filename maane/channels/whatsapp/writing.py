"""What a person writes to a customer, within what the business's provider takes of one text."""

from __future__ import annotations

from maane.channels.whatsapp import connection
from maane.channels.whatsapp.operations import provider_of_channel
from maane.conversations import operations as conversations
from maane.conversations import people
from maane.conversations.models import Message
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction
from maane.kit.errors import Conflict, Invalid
from maane.kit.text import wire_length
from maane.tenancy.access import Caller, Tenant


def longest_text(tx: Transaction, tenant: Tenant, conversation_id: int) -> int:
    """How long a text in a conversation may be. Raises ``NotFound``, and ``Conflict`` (``call``) for a
    call, which takes none."""
    conversation = conversations.find(tx, tenant, conversation_id)
    if conversation.is_spoken:
        raise Conflict("call")
    return connection.longest_text(tx, tenant, provider_of_channel(conversation.channel))


def write(
    tx: Transaction,
    jobs: Jobs,
    tenant: Tenant,
    caller: Caller,
    conversation_id: int,
    text: str,
    idempotency_key: str,
) -> Message:
    """As ``people.write_message``. Raises ``Invalid`` for a text longer than the provider takes."""
    longest = longest_text(tx, tenant, conversation_id)
    if (length := wire_length(text)) > longest:
        message = f"has {length} characters, and at most {longest} can be sent"
        raise Invalid.field("text", "string_too_long", message)
    return people.write_message(tx, jobs, tenant, caller, conversation_id, text, idempotency_key)
