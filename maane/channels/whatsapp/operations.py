"""Connect a number, store what a delivery brought, simulate a customer."""

from __future__ import annotations

import base64
import secrets
from collections import defaultdict
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from prometheus_client import Counter

from maane.channels import inbox
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp import store
from maane.channels.whatsapp.models import WhatsappChannel, WhatsappSettings
from maane.channels.whatsapp.payload import (
    Delivery,
    InboundMessage,
    StatusUpdate,
    build_delivery,
    is_signed,
    parse_piece,
)
from maane.channels.whatsapp.sender import GraphSender, Sender, SimulatorSender
from maane.conversations import operations as conversations
from maane.conversations import outbound
from maane.jobs.queue import Jobs
from maane.kit.db import Database, Transaction, now
from maane.kit.errors import InvalidSignature, NotFound
from maane.kit.logging import LOG
from maane.settings import Settings
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant, tenant_for_job

ANSWER_JOB = "answer whatsapp message"
META, SIMULATOR = "meta", "simulator"
CHANNELS = {META: "whatsapp", SIMULATOR: "simulator"}
"""The channel of a conversation, by who carries its messages."""
DEFAULT_PAUSE_S = 3

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
        with database.transaction(writes=False) as tx:
            business_id = inbox.business_of_number(tx, provider, number_id)
        if business_id is None:
            UNKNOWN_NUMBERS.inc()
            LOG.warning("unknown number", provider=provider)
            continue
        with database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            stored += _store(tx, jobs, tenant, provider, messages[number_id])
            for status in statuses[number_id]:
                outbound.advance_status(
                    tx, tenant, status.external_id, status.own_id, status.status, status.error
                )
    return stored


def _store(
    tx: Transaction,
    jobs: Jobs,
    tenant: Tenant,
    provider: str,
    messages: list[tuple[InboundMessage, str]],
) -> int:
    """The new ones with one job for each person, of the message that will be taken in last: it answers
    for all that they wrote."""
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
        before = last.get(message.contact_key)
        if before is None or order_of(message, event_id) > order_of(*before):
            last[message.contact_key] = message, event_id
    for message, event_id in last.values():
        jobs.enqueue_turn(tx, ANSWER_JOB, tenant.id, event_id, message.contact_key)
    return len(stored)


def order_of(message: InboundMessage, event_id: int) -> tuple[bool, datetime, int]:
    """The order in which a person's messages are taken in. Meta promises none, so its instant decides;
    what asks for no answer goes first, so that the last message of all is one to answer."""
    return message.is_answerable, message.at, event_id


def connect_number(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    settings: Settings,
    phone_number_id: str,
    access_token: str,
) -> None:
    """Connects a business's number at Meta, or replaces it or its credential. A number that was
    replaced belongs to nobody. Raises ``Conflict`` when another business has it."""
    tenancy.lock_and_look(tx, tenant)
    before = store.find_channel(tx, tenant, META)
    if before is not None and before.phone_number_id != phone_number_id:
        inbox.release_number(tx, tenant, META, before.phone_number_id)
    inbox.claim_number(tx, tenant, META, phone_number_id)
    _save_channel(
        tx, tenant, META, phone_number_id, _cipher(settings).encrypt(access_token.encode())
    )
    audit.record(tx, caller, "whatsapp.connected", f"number:{phone_number_id}")


def sender_for(tx: Transaction, tenant: Tenant, settings: Settings, provider: str) -> Sender | None:
    """The sender of a business's number; None when there is none, or its credential cannot be read
    with the present ``SECRET_KEY``."""
    if provider == SIMULATOR:
        return SimulatorSender()
    channel = store.find_channel(tx, tenant, provider)
    if channel is None:
        return None
    try:
        token = _cipher(settings).decrypt(channel.access_token.encode()).decode()
    except InvalidToken:
        LOG.error("credential cannot be decrypted", business_id=tenant.id)
        return None
    return GraphSender(settings.whatsapp_api_url, channel.phone_number_id, token)


def provider_of_channel(channel: str) -> str:
    """Who carries the messages of a conversation's channel."""
    return next(provider for provider, name in CHANNELS.items() if name == channel)


def connected_number(tx: Transaction, tenant: Tenant) -> str | None:
    """The number at Meta that this business answers on."""
    channel = store.find_channel(tx, tenant, META)
    return None if channel is None else channel.phone_number_id


def pause_of(tx: Transaction, tenant: Tenant, provider: str) -> timedelta:
    """How long a person must have stopped writing before they are answered."""
    if provider == SIMULATOR:
        # Whoever tries the prompts out watches the screen for the answer and writes in whole messages.
        return timedelta()
    return timedelta(seconds=pause_s(tx, tenant))


def pause_s(tx: Transaction, tenant: Tenant) -> int:
    """The pause that a business chose, in seconds, or the default."""
    chosen = store.find_settings(tx, tenant)
    return DEFAULT_PAUSE_S if chosen is None else chosen.pause_s


def change_pause(tx: Transaction, tenant: Tenant, caller: Caller, pause_s: int) -> None:
    """Changes the pause from the next turn on."""
    tenancy.lock(tx, tenant)
    chosen = store.find_settings(tx, tenant)
    if chosen is None:
        chosen = WhatsappSettings(business_id=tenant.id, pause_s=pause_s, updated_at=now())
        store.add(tx, chosen)
    elif chosen.pause_s == pause_s:
        return
    chosen.pause_s, chosen.updated_at = pause_s, now()
    tx.flush()
    audit.record(tx, caller, "whatsapp.changed", f"business:{tenant.id} pause_s")


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
    tenancy.lock(tx, tenant)
    event = inbox.get_event(tx, tenant, event_id)
    said = None if event is None else parse_piece(event.payload)
    if event is None or said is None:
        raise NotFound
    inbox.begin_again(tx, event)
    message = conversations.message_of_event(tx, tenant, event.external_id)
    if message is not None:
        outbound.resume_answer(tx, tenant, message)
    jobs.enqueue_turn(tx, ANSWER_JOB, tenant.id, event.id, said.contact_key, again=event.retries)
    audit.record(tx, caller, "event.retried", f"event:{event.id}")


def simulated_delivery(tx: Transaction, tenant: Tenant, phone: str, name: str, text: str) -> bytes:
    """What Meta would deliver if this customer wrote this; the simulator's number is made on its
    first use."""
    number_id = f"sim-{tenant.id}"
    if store.find_channel(tx, tenant, SIMULATOR) is None:
        tenancy.lock(tx, tenant)
    if store.find_channel(tx, tenant, SIMULATOR) is None:
        inbox.claim_number(tx, tenant, SIMULATOR, number_id)
        _save_channel(tx, tenant, SIMULATOR, number_id, b"")
    digits = phone.lstrip("+*")
    external_id = f"wamid.sim.{secrets.token_hex(12)}"
    return build_delivery(number_id, external_id, digits, name, text, now())


def _save_channel(
    tx: Transaction, tenant: Tenant, provider: str, number_id: str, token: bytes
) -> None:
    at = now()
    channel = store.find_channel(tx, tenant, provider)
    if channel is None:
        channel = WhatsappChannel(
            business_id=tenant.id,
            provider=provider,
            phone_number_id=number_id,
            access_token=token.decode(),
            created_at=at,
            updated_at=at,
        )
        store.add(tx, channel)
        return
    channel.phone_number_id = number_id
    channel.access_token = token.decode()
    channel.updated_at = at
    tx.flush()


def _cipher(settings: Settings) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.secret("channels")))
