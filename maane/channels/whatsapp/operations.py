"""Store what a delivery brought, simulate a customer, try again what was given up."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter

from maane.channels import inbox
from maane.channels.inbox import InboundEvent
from maane.channels.twilio import account_of, addresses, read_form
from maane.channels.twilio import is_signed as is_signed_by_twilio
from maane.channels.whatsapp import connection, store, twilio
from maane.channels.whatsapp.connection import META, SIMULATOR, TWILIO, TWILIO_WEBHOOK
from maane.channels.whatsapp.models import WhatsappSettings
from maane.channels.whatsapp.payload import (
    Delivery,
    InboundMessage,
    StatusUpdate,
    build_delivery,
    is_signed,
    parse_piece,
)
from maane.conversations import consent, outbound
from maane.conversations import operations as conversations
from maane.jobs.queue import Jobs
from maane.kit.db import Database, Transaction, now
from maane.kit.errors import InvalidSignature, NotFound
from maane.kit.logging import LOG
from maane.notifications import operations as notifications
from maane.settings import Settings
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant, tenant_for_job

ANSWER_JOB = "answer whatsapp message"
CHANNELS = {META: "whatsapp", TWILIO: "whatsapp", SIMULATOR: "simulator"}
"""The channel of a conversation, by who carries its messages."""
DEFAULT_PAUSE_S = 3
# Why an event failed, in words that each language has its sentence for. Never the provider's own: the
# conversation shows them, beside the customer's.
NOT_SENT = "not_sent"
REFUSED = "refused"
NOT_MADE = "not_made"
NOT_CONNECTED = "not_connected"

UNKNOWN_NUMBERS = Counter(
    "maane_whatsapp_unknown_number_total", "Messages for a number that no business has."
)


def provider_of(settings: Settings, raw: bytes, signature: str) -> str:
    """Who signed a delivery. Raises ``InvalidSignature`` when nobody did.

    Meta's signature opens Meta's numbers only and the simulator's only the simulator's, so neither
    key speaks for the other; with Meta's secret unset its way is closed.
    """
    if is_signed(settings.whatsapp_app_secret.get_secret_value().encode(), raw, signature):
        return META
    if is_signed(settings.secret("simulator"), raw, signature):
        return SIMULATOR
    raise InvalidSignature


def receive(database: Database, jobs: Jobs, provider: str, delivery: Delivery) -> int:
    """Stores everything of a delivery, once, with the jobs that will answer it.

    Each business's part is one transaction. What is for a number that nobody has is counted and
    dropped, never given to another business. Returns how many messages were new.
    """
    messages: dict[str, list[tuple[InboundMessage, str]]] = defaultdict(list)
    statuses: dict[str, list[StatusUpdate]] = defaultdict(list)
    for message, piece in delivery.messages:
        messages[message.number_id].append((message, piece))
    for status in delivery.statuses:
        statuses[status.number_id].append(status)
    stored = 0
    for number_id in sorted({*messages, *statuses}):
        business_id = inbox.business_of_number(database, provider, number_id)
        if business_id is None:
            _drop(provider)
            continue
        part = Delivery(messages[number_id], statuses[number_id])
        stored += _receive_for(database, jobs, business_id, provider, part)
    return stored


def receive_twilio(
    database: Database, jobs: Jobs, settings: Settings, *, raw: bytes, query: str, signature: str
) -> int:
    """Stores what one request of Twilio's brought, as ``receive`` does.

    The number tells whose token must have signed it, and what was signed is stored for that business
    alone. Raises ``InvalidSignature``; for a number that nobody has there is no token to ask.
    """
    form = read_form(raw)
    number = "" if form is None else twilio.number_of(form)
    if form is None or not number:
        raise InvalidSignature
    business_id = inbox.business_of_number(database, TWILIO, number)
    if business_id is None:
        _drop(TWILIO)
        return 0
    with database.transaction(business_id, writes=False) as tx:
        channel = store.find_channel(tx, tenant_for_job(tx, business_id), TWILIO)
        token = None if channel is None else connection.token_of(settings, channel)
        account = "" if channel is None else channel.account_sid
    urls = addresses(settings.own_origins, TWILIO_WEBHOOK, query)
    if not is_signed_by_twilio(token or "", urls, form, signature):
        raise InvalidSignature
    if account_of(form) != account:
        raise InvalidSignature
    own_id = query.removeprefix("message=") if query.startswith("message=") else ""
    delivery = twilio.parse_form(form, own_id, now())
    return _receive_for(database, jobs, business_id, TWILIO, delivery)


def _drop(provider: str) -> None:
    UNKNOWN_NUMBERS.inc()
    LOG.warning("unknown number", provider=provider)


def _receive_for(
    database: Database, jobs: Jobs, business_id: int, provider: str, delivery: Delivery
) -> int:
    with database.transaction(business_id) as tx:
        tenant = tenant_for_job(tx, business_id)
        stored = _store(tx, jobs, tenant, provider, delivery.messages)
        for status in delivery.statuses:
            _follow(tx, jobs, tenant, provider, status)
    return stored


def _follow(
    tx: Transaction, jobs: Jobs, tenant: Tenant, provider: str, status: StatusUpdate
) -> None:
    """Notes what became of a message of ours, and on the event that it answers whether it failed."""
    has_failed = status.status == "failed"
    answer = outbound.advance_status(
        tx, tenant, status.external_id, status.own_id, status.status, status.error
    )
    if answer is not None and answer.answers_id is not None:
        message = conversations.find_message(tx, tenant, answer.answers_id)
        external_id = None if message is None else message.external_id
        event = external_id and inbox.find_event(tx, tenant, provider, external_id)
        if event and has_failed:
            inbox.mark_failed(tx, tenant, event.id, REFUSED)
        elif event:
            inbox.note_arrived(tx, event)
    if has_failed:
        notifications.tell_of_refusal(tx, jobs, tenant, status.external_id, status.error)


def said_in(event: InboundEvent) -> InboundMessage | None:
    """The message of a stored event, as its provider writes them."""
    if event.provider == TWILIO:
        return twilio.parse_piece(event.payload)
    return parse_piece(event.payload)


def _store(
    tx: Transaction,
    jobs: Jobs,
    tenant: Tenant,
    provider: str,
    messages: list[tuple[InboundMessage, str]],
) -> int:
    """The new ones with one job for each person, of the message that will be taken in last: it answers
    for all that they wrote. What the business wrote from its own phone is taken in by a job beside
    theirs: it takes the conversation over, and must not wait for a turn that waits for its model."""
    stored = inbox.store_once(
        tx,
        tenant,
        provider,
        [inbox.Arrival(m.external_id, m.contact_key, piece) for m, piece in messages],
    )
    last: dict[str, tuple[InboundMessage, int]] = {}
    for message, _ in messages:
        event_id = stored.get(message.external_id)
        if event_id is None:
            continue
        line = partition_of(message)
        before = last.get(line)
        if before is None or order_of(message, event_id) > order_of(*before):
            last[line] = message, event_id
    for line, (_, event_id) in last.items():
        jobs.enqueue_turn(tx, ANSWER_JOB, tenant.id, event_id, line)
    return len(stored)


def partition_of(message: InboundMessage) -> str:
    """Whose jobs run one after the other with this one's."""
    return f"echo:{message.contact_key}" if message.is_echo else message.contact_key


def order_of(message: InboundMessage, event_id: int) -> tuple[bool, datetime, int]:
    """The order in which a person's messages are taken in. Meta promises none, so its instant decides;
    what asks for no answer goes first, so that the last message of all is one to answer."""
    return message.is_answerable, message.at, event_id


def provider_of_channel(channel: str) -> str:
    """Who carries the messages of a conversation's channel."""
    return next(provider for provider, name in CHANNELS.items() if name == channel)


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a business answers: what it chose, or the defaults."""

    pause_s: int = DEFAULT_PAUSE_S
    opt_out_words: Sequence[str] = consent.OUT
    opt_in_words: Sequence[str] = consent.BACK

    @property
    def words(self) -> consent.Words:
        if self.opt_out_words is consent.OUT and self.opt_in_words is consent.BACK:
            return consent.DEFAULT
        return consent.words_of(self.opt_out_words, self.opt_in_words)


def settings_of(tx: Transaction, tenant: Tenant) -> Chosen:
    row = store.find_settings(tx, tenant)
    if row is None:
        return Chosen()
    return Chosen(row.pause_s, row.opt_out_words or consent.OUT, row.opt_in_words or consent.BACK)


def pause_of(chosen: Chosen, provider: str) -> timedelta:
    """How long a person must have stopped writing before they are answered."""
    # Whoever tries the prompts out watches the screen for the answer and writes in whole messages.
    return timedelta(seconds=0 if provider == SIMULATOR else chosen.pause_s)


def change_pause(tx: Transaction, tenant: Tenant, caller: Caller, pause_s: int) -> None:
    """Changes the pause from the next turn on."""
    _change(tx, tenant, caller, "pause_s", pause_s=pause_s)


def change_words(
    tx: Transaction, tenant: Tenant, caller: Caller, out: Sequence[str], back: Sequence[str]
) -> None:
    """Changes the words that end automatic messages and those that begin them again, from the next
    message on. The default ones are kept as the defaults of whatever version runs."""
    values = {
        "opt_out_words": None if tuple(out) == consent.OUT else list(out),
        "opt_in_words": None if tuple(back) == consent.BACK else list(back),
    }
    _change(tx, tenant, caller, "opt_out", **values)


def _change(tx: Transaction, tenant: Tenant, caller: Caller, what: str, **values: Any) -> None:
    tenancy.lock(tx, tenant)
    row = store.find_settings(tx, tenant)
    if row is None:
        row = WhatsappSettings(business_id=tenant.id, pause_s=DEFAULT_PAUSE_S, updated_at=now())
        store.add(tx, row)
    elif all(getattr(row, key) == value for key, value in values.items()):
        return
    for key, value in values.items():
        setattr(row, key, value)
    row.updated_at = now()
    tx.flush()
    audit.record(tx, caller, "whatsapp.changed", f"business:{tenant.id} {what}")


def list_failed_events(
    tx: Transaction, tenant: Tenant, *, limit: int, after: str | None
) -> tuple[list[tuple[InboundEvent, int | None]], str | None]:
    """What was given up, newest first, each with the id of its conversation."""
    rows, following = inbox.list_failed(tx, tenant, limit=limit, after=after)
    found = conversations.conversations_of_events(tx, tenant, [row.external_id for row in rows])
    return [(row, found.get(row.external_id)) for row in rows], following


def retry_event(tx: Transaction, jobs: Jobs, tenant: Tenant, caller: Caller, event_id: int) -> None:
    """Runs the job of an event that was given up once more. Raises ``NotFound``, and ``Conflict`` for
    one that is not given up, which is what the second of two clicks finds."""
    event = inbox.get_event(tx, tenant, event_id)
    said = None if event is None else said_in(event)
    if event is None or said is None:
        raise NotFound
    inbox.begin_again(tx, event)
    message = conversations.message_of_event(tx, tenant, event.external_id)
    if message is not None:
        outbound.resume_answer(tx, tenant, message)
    # The last of the locks, as in a turn, which may have its conversation while it waits for this one.
    tenancy.lock(tx, tenant)
    jobs.enqueue_turn(tx, ANSWER_JOB, tenant.id, event.id, partition_of(said), again=event.retries)
    audit.record(tx, caller, "event.retried", f"event:{event.id}")


def simulated_delivery(tx: Transaction, tenant: Tenant, phone: str, name: str, text: str) -> bytes:
    """What Meta would deliver if this customer wrote this; the simulator's number is made on its
    first use."""
    number_id = f"sim-{tenant.id}"
    if store.find_channel(tx, tenant, SIMULATOR) is None:
        tenancy.lock(tx, tenant)
    if store.find_channel(tx, tenant, SIMULATOR) is None:
        inbox.claim_number(tx, tenant, SIMULATOR, number_id)
        connection.save_channel(tx, tenant, SIMULATOR, number_id, "")
    digits = phone.lstrip("+*")
    external_id = f"wamid.sim.{secrets.token_hex(12)}"
    return build_delivery(number_id, external_id, digits, name, text, now())
