"""Message templates of a business's number: read from the provider, and sent by a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import cast

from maane.channels.whatsapp import connection, store
from maane.channels.whatsapp.connection import META
from maane.channels.whatsapp.models import WhatsappChannel, WhatsappTemplate
from maane.channels.whatsapp.provider import ListError, TemplateMessage
from maane.channels.whatsapp.template_shapes import (
    MOST_LETTERS,
    Obstacle,
    Parameter,
    Template,
    parse_meta,
    parse_twilio,
)
from maane.conversations import people
from maane.conversations.models import Message
from maane.jobs.queue import Jobs
from maane.kit.db import Database, Transaction, now
from maane.kit.errors import Conflict, Invalid, NotFound, Unavailable
from maane.settings import Settings
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

DUE_AFTER = timedelta(days=1)
MOST_TEMPLATES = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    """The last good list of a number, and why a newer one could not be had, if so."""

    channel: WhatsappChannel | None
    templates: list[tuple[int, Template]]

    @property
    def is_due(self) -> bool:
        """True where the list should be read anew before it is offered, and can be."""
        if self.channel is None or (self.channel.provider == META and not self.channel.waba_id):
            return False
        at = self.channel.templates_synced_at
        return at is None or at < now() - DUE_AFTER


def list_templates(tx: Transaction, tenant: Tenant) -> Listed:
    """What was read the last time. Asks no provider."""
    channel = connection.connected(tx, tenant)
    rows = [] if channel is None else store.list_templates(tx, tenant, channel)
    return Listed(channel, [(row.id, _template_of(row)) for row in rows])


def name_account(
    database: Database, settings: Settings, tenant: Tenant, caller: Caller, waba_id: str
) -> None:
    """Says whose templates a number at Meta may send, once Meta says that the account has the number.

    One token may read the accounts of many businesses; without that proof one could name another's.
    Raises ``Conflict``: ``not_connected``, ``unreadable`` (the credential) or the provider's verdict, and
    ``Unavailable`` where there is none.
    """
    with database.transaction(tenant.id, writes=False) as tx:
        channel = connection.connected(tx, tenant)
        if channel is None or channel.provider != META:
            raise Conflict("not_connected")
        number, token = channel.phone_number_id, connection.token_of(settings, channel)
    if token is None:
        raise Conflict("unreadable")
    sender = connection.meta_at(settings, number, token, waba_id)
    try:
        if not sender.owns():
            raise Conflict("provider_unknown_account")
    except ListError as error:
        if error.failure in ("refused", "unknown_account"):
            raise Conflict(f"provider_{error.failure}") from None
        raise Unavailable("provider") from None
    finally:
        sender.close()
    with database.transaction(tenant.id) as tx:
        tenancy.lock(tx, tenant)
        channel = connection.connected(tx, tenant)
        if channel is None or (channel.provider, channel.phone_number_id) != (META, number):
            raise Conflict("not_connected")
        if channel.waba_id != waba_id:
            channel.waba_id, channel.templates_synced_at = waba_id, None
            tx.flush()
            audit.record(tx, caller, "whatsapp.changed", f"business:{tenant.id} waba_id")


def sync(database: Database, settings: Settings, tenant: Tenant) -> None:
    """Reads a number's templates from its provider. Where that fails the last good list stays, and why it
    failed is kept beside it. Raises ``Conflict``: ``not_connected``, ``no_account`` while nobody named
    Meta's account."""
    with database.transaction(tenant.id, writes=False) as tx:
        channel = connection.connected(tx, tenant)
        if channel is None:
            raise Conflict("not_connected")
        if channel.provider == META and not channel.waba_id:
            raise Conflict("no_account")
        asked = channel.provider, channel.phone_number_id, channel.waba_id
        sender = connection.sender_for(tx, tenant, settings, channel.provider)
    failure: str | None = None
    detail, found = "", []
    if sender is None:
        failure = "unreadable"
    else:
        try:
            found = sender.list_templates()
        except ListError as error:
            failure, detail = error.failure, error.detail
        finally:
            sender.close()
    parse = parse_meta if asked[0] == META else parse_twilio
    templates = {t.external_id: t for item in found if (t := parse(item)) is not None}
    with database.transaction(tenant.id) as tx:
        tenancy.lock(tx, tenant)
        channel = connection.connected(tx, tenant)
        if channel is None:
            return
        if (channel.provider, channel.phone_number_id, channel.waba_id) != asked:
            return
        channel.templates_failure, channel.templates_detail = failure, detail[:500] or None
        if failure is None:
            channel.templates_synced_at = now()
            _replace(tx, tenant, channel, list(templates.values())[:MOST_TEMPLATES])
        tx.flush()


def _replace(
    tx: Transaction, tenant: Tenant, channel: WhatsappChannel, found: list[Template]
) -> None:
    """A template that was there keeps its id, so that a page that offers it goes on."""
    known = {row.external_id: row for row in store.list_templates(tx, tenant, channel)}
    kept = []
    for template in found:
        row = known.get(template.external_id)
        if row is None:
            row = WhatsappTemplate(
                business_id=tenant.id,
                provider=channel.provider,
                number=channel.phone_number_id,
                external_id=template.external_id,
            )
        row.name, row.language = template.name, template.language
        row.category, row.status = template.category, template.status
        row.header, row.body, row.footer = template.header, template.body, template.footer
        row.buttons = list(template.buttons)
        row.parameters = [asdict(parameter) for parameter in template.parameters]
        row.is_named, row.obstacle = template.is_named, template.obstacle
        store.add(tx, row)
        kept.append(row.id)
    store.remove_templates(tx, tenant, kept)


def send(
    tx: Transaction,
    jobs: Jobs,
    tenant: Tenant,
    caller: Caller,
    conversation_id: int,
    template_id: int,
    values: Mapping[str, str],
    idempotency_key: str,
) -> Message:
    """Keeps a template with its values as a person's message, on the way of every other one.

    Raises ``NotFound``, ``Conflict`` (``not_sendable``: not approved, or for an obstacle; and as
    ``people.write_message``), and ``Invalid`` for values that are missing, too many or too long.
    """
    listed = list_templates(tx, tenant)
    template = dict(listed.templates).get(template_id)
    if listed.channel is None or template is None:
        raise NotFound
    if template.status != "approved" or template.obstacle is not None:
        raise Conflict("not_sendable")
    wanted = [parameter.name for parameter in template.parameters]
    details = [
        {"path": ["values", name], "type": "missing", "message": "is required"}
        for name in wanted
        if not values.get(name)
    ] + [
        {"path": ["values", name], "type": "extra_forbidden", "message": "is no parameter of it"}
        for name in values
        if name not in wanted
    ]
    if details:
        raise Invalid(details=details)
    text = template.text(values)
    if len(text) > MOST_LETTERS:
        raise Invalid.field("values", "string_too_long", "make the message too long")
    wire = json.dumps(asdict(template.message(listed.channel.provider, values)))
    return people.write_message(
        tx, jobs, tenant, caller, conversation_id, text, idempotency_key, template=wire
    )


def message_of(stored: str) -> TemplateMessage:
    """A template as ``send`` kept it."""
    return TemplateMessage(**json.loads(stored))


def _template_of(row: WhatsappTemplate) -> Template:
    return Template(
        external_id=row.external_id,
        name=row.name,
        language=row.language,
        category=row.category,
        status=row.status,
        header=row.header,
        body=row.body,
        footer=row.footer,
        buttons=row.buttons,
        parameters=[Parameter(**item) for item in row.parameters],  # type: ignore[arg-type]
        obstacle=cast("Obstacle | None", row.obstacle),
        is_named=row.is_named,
    )
