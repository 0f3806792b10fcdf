"""What a screen shows: the conversations of a business for one user, and what was said in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maane.auth import operations as auth
from maane.conversations import store
from maane.conversations.leads import shown_names
from maane.conversations.models import Conversation, Message
from maane.conversations.previews import Preview, previews_of
from maane.kit.db import Transaction
from maane.kit.errors import NotFound
from maane.media import operations as media
from maane.media.models import Attachment
from maane.prompts import operations as prompts
from maane.tenancy.access import Caller, Tenant


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation with what stands beside it on the screen of one user."""

    row: Conversation
    lead_id: int | None
    name: str | None
    last: Preview | None
    assignee_name: str | None
    is_unread: bool
    newest_prompt_version: int


def list_conversations(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    *,
    status: str = "all",
    words: str = "",
    limit: int,
    after: str | None,
) -> tuple[list[Listed], str | None]:
    """The one that was spoken in last first. ``words`` are looked for in names, phone numbers and
    messages, the newest ones only."""
    rows, following = store.list_conversations(
        tx, tenant, caller.user_id, status=status, words=words, limit=limit, after=after
    )
    return describe(tx, tenant, caller, rows), following


def get_conversation(
    tx: Transaction, tenant: Tenant, caller: Caller, conversation_id: int
) -> Listed:
    """Raises ``NotFound``, also for a conversation of another business."""
    row = store.get_conversation(tx, tenant, conversation_id)
    if row is None:
        raise NotFound
    return describe(tx, tenant, caller, [row])[0]


def describe(
    tx: Transaction, tenant: Tenant, caller: Caller, rows: Sequence[Conversation]
) -> list[Listed]:
    """What stands beside each conversation, in as many queries for fifty as for one."""
    keys = [row.id for row in rows]
    leads = store.leads_of(tx, tenant, keys)
    shown = shown_names(tx, tenant, rows, leads)
    lasts = previews_of(tx, tenant, [row.last_message_id for row in rows])
    read = store.read_up_to(tx, tenant, caller.user_id, keys)
    newest = prompts.newest_version(tx, tenant)
    names = auth.names_of(tx, {row.assigned_user_id or 0 for row in rows} - {0})
    return [
        Listed(
            row=row,
            lead_id=leads.get(row.id),
            name=shown[row.id],
            last=lasts.get(row.last_message_id),
            assignee_name=names.get(row.assigned_user_id or 0),
            is_unread=row.last_inbound_id > read.get(row.id, 0),
            newest_prompt_version=newest,
        )
        for row in rows
    ]


def list_messages(
    tx: Transaction, tenant: Tenant, conversation_id: int, *, limit: int, after: str | None
) -> tuple[list[tuple[Message, list[Attachment]]], str | None]:
    """Newest first, each with its files. Raises ``NotFound``, also for a conversation of another
    business."""
    if store.get_conversation(tx, tenant, conversation_id) is None:
        raise NotFound
    rows, following = store.list_messages(tx, tenant, conversation_id, limit=limit, after=after)
    files = media.of_messages(tx, tenant, [row.id for row in rows])
    return [(row, files.get(row.id, [])) for row in rows], following
