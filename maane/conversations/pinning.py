"""Which version of the prompts a conversation runs on.

It keeps the one that it started with: who saves new prompts does not change a talk midway. A start is
the first answer, and the first one after a conversation was closed or its customer came back from a long
silence. Each acts on a conversation that the caller has locked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from maane.conversations import store
from maane.conversations.models import Conversation
from maane.kit.db import Transaction
from maane.kit.errors import NotFound
from maane.prompts import operations as prompts
from maane.prompts.models import SavedPrompts
from maane.tenancy import audit
from maane.tenancy.access import Caller, Tenant

NEW_START_AFTER = timedelta(hours=12)
"""Who writes after so long begins a new talk: it is more than a night's sleep, so that one who asks in
the evening and goes on in the morning is still in the same talk, and less than a day, so that prompts
saved today serve everybody tomorrow."""


def prompts_for(tx: Transaction, tenant: Tenant, conversation: Conversation) -> SavedPrompts | None:
    """The texts that a conversation runs on; one that starts is pinned to the newest. None before the
    business's first save: the first texts then serve at once."""
    if conversation.prompt_version:
        return prompts.prompts_of_version(tx, tenant, conversation.prompt_version)
    newest = prompts.current_prompts(tx, tenant)
    if newest is not None:
        conversation.prompt_version = newest.version
    return newest


def unpin(conversation: Conversation) -> None:
    """The next answer starts anew, with the newest prompts."""
    conversation.prompt_version = 0


def note_return(conversation: Conversation, at: datetime) -> None:
    """Lets a conversation in which nobody spoke for long start anew. ``at``: when its customer wrote."""
    if at - conversation.last_message_at >= NEW_START_AFTER:
        unpin(conversation)


def use_newest(
    tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int
) -> Conversation:
    """Moves a conversation to the newest prompts; one that runs on them is left as it is. An answer that
    is being thought of keeps its own. Raises ``NotFound``."""
    conversation = store.lock_conversation(tx, tenant, conversation_id)
    if conversation is None:
        raise NotFound
    newest = prompts.newest_version(tx, tenant)
    if conversation.prompt_version == newest:
        return conversation
    conversation.prompt_version = newest
    tx.flush()
    subject = f"conversation:{conversation_id} prompts:{newest}"
    audit.record(tx, caller, "conversation.prompts_renewed", subject)
    return conversation
