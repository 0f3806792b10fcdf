"""What people write: ``/api/business/current/conversations/<id>/messages`` and how long it may be."""

from __future__ import annotations

from typing import cast

from flask import current_app

from maane.channels.whatsapp import contract, writing
from maane.conversations.contract import Message, MessageBody, message_of
from maane.jobs.queue import Jobs
from maane.kit.endpoint import Routes, tx
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("writing", __name__, url_prefix="/api/business/current/conversations")


@routes.declare("GET", "/<id:conversation_id>/writing", access=BUSINESS, returns=contract.Writing)
def get_writing(conversation_id: int) -> contract.Writing:
    """What may be written in a conversation."""
    longest = writing.longest_text(tx(), tenant(), conversation_id)
    return contract.Writing(longest_text=longest)


@routes.declare(
    "POST",
    "/<id:conversation_id>/messages",
    access=BUSINESS,
    body=MessageBody,
    returns=Message,
    status=202,
)
def write_message(conversation_id: int, body: MessageBody) -> Message:
    """A person's message: it is sent by a job, and takes the conversation over."""
    jobs = cast("Jobs", current_app.extensions["maane.jobs"])
    return message_of(
        writing.write(
            tx(), jobs, tenant(), caller(), conversation_id, body.text, body.idempotency_key
        )
    )
