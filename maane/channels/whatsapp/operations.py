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
from maane.channels.whatsapp import store, twilio
from maane.channels.whatsapp.models import WhatsappChannel, WhatsappSettings
from maane.channels.whatsapp.payload import (
    Delivery,
    InboundMessage,
    StatusUpdate,
    build_delivery,
    is_signed,
    parse_piece,
)
from maane.channels.whatsapp.provider import Probe, Provider
from maane.channels.whatsapp.sender import GraphSender, SimulatorSender
from maane.channels.whatsapp.twilio_sender import TwilioSender
from maane.conversations import operations as conversations
from maane.conversations import outbound
from maane.jobs.queue import Jobs
from maane.kit.db import Database, Transaction, now
from maane.kit.errors import Conflict, InvalidSignature, NotFound, Unavailable
from maane.kit.logging import LOG
from maane.notifications import operations as notifications
from maane.settings import Settings
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant, tenant_for_job

ANSWER_JOB = "answer whatsapp message"
META, TWILIO, SIMULATOR = "meta", "twilio", "simulator"
CHANNELS = {META: "whatsapp", TWILIO: "whatsapp", SIMULATOR: "simulator"}
"""The channel of a conversation, by who carries its messages."""
DEFAULT_PAUSE_S = 3
TWILIO_WEBHOOK = "/webhook/twilio/whatsapp"

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
    form = twilio.read_form(raw)
    number = "" if form is None else twilio.number_of(form)
    if form is None or not number:
        raise InvalidSignature
    with database.transaction(writes=False) as tx:
        business_id = inbox.business_of_number(tx, TWILIO, number)
    if business_id is None:
        _drop(TWILIO)
        return 0
    with database.transaction(business_id, writes=False) as tx:
        channel = store.find_channel(tx, tenant_for_job(tx, business_id), TWILIO)
        token = None if channel is None else _token_of(settings, channel)
        account = "" if channel is None else channel.account_sid
    urls = twilio.addresses(settings.own_origins, TWILIO_WEBHOOK, query)
    if not twilio.is_signed(token or "", urls, form, signature):
        raise InvalidSignature
    if twilio.account_of(form) != account:
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
            outbound.advance_status(
                tx, tenant, status.external_id, status.own_id, status.status, status.error
            )
            if status.status == "failed":
                notifications.tell_of_refusal(tx, jobs, tenant, status.external_id, status.error)
    return stored


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
    token = _cipher(settings).encrypt(access_token.encode())
    _connect(tx, tenant, caller, META, phone_number_id, token)


def connect_twilio(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    settings: Settings,
    account_sid: str,
    number: str,
    auth_token: str,
) -> None:
    """The same for a number at Twilio. ``number`` is E.164."""
    token = _cipher(settings).encrypt(auth_token.encode())
    _connect(tx, tenant, caller, TWILIO, number, token, account_sid)


def _connect(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    provider: str,
    number: str,
    token: bytes,
    account_sid: str = "",
) -> None:
    tenancy.lock_and_look(tx, tenant)
    before = store.find_connected(tx, tenant)
    if before is not None and (before.provider, before.phone_number_id) != (provider, number):
        inbox.release_number(tx, tenant, before.provider, before.phone_number_id)
    if before is not None and before.provider != provider:
        store.remove(tx, before)
    inbox.claim_number(tx, tenant, provider, number)
    _save_channel(tx, tenant, provider, number, token, account_sid)
    audit.record(tx, caller, "whatsapp.connected", f"number:{number}")


def prove(provider: Provider) -> None:
    """Asks a provider whether the credentials that a business gave are good for the number it names.

    Meta signs for all businesses with one key, so only the number tells whose a message is: without
    proof a business could name the number of another one and be given what its customers write.
    Raises ``Conflict`` with the provider's verdict, ``Unavailable`` where there is none.
    """
    verdict = ask(provider).verdict
    if verdict == "unreachable":
        raise Unavailable("provider")
    if verdict != "ok":
        raise Conflict(f"provider_{verdict}")


def ask(provider: Provider) -> Probe:
    """What a provider says of a number, once; its connections are let go."""
    try:
        return provider.test()
    finally:
        provider.close()


def meta_at(settings: Settings, phone_number_id: str, access_token: str) -> Provider:
    return GraphSender(settings.whatsapp_api_url, phone_number_id, access_token)


def twilio_at(settings: Settings, account_sid: str, number: str, auth_token: str) -> Provider:
    """Without a public address Twilio could report no status, and would refuse to send."""
    callback = f"{settings.public_url}{TWILIO_WEBHOOK}" if settings.public_url else ""
    return TwilioSender(settings.twilio_api_url, account_sid, auth_token, number, callback)


def sender_for(
    tx: Transaction, tenant: Tenant, settings: Settings, provider: str
) -> Provider | None:
    """The sender of a business's number; None when there is none, or its credential cannot be read
    with the present ``SECRET_KEY``. Who changed providers answers over the new one what came in over
    the old one, since customers and their conversations are the same."""
    if provider == SIMULATOR:
        return SimulatorSender()
    channel = store.find_connected(tx, tenant)
    token = None if channel is None else _token_of(settings, channel)
    if channel is None or token is None:
        return None
    if channel.provider == TWILIO:
        return twilio_at(settings, channel.account_sid, channel.phone_number_id, token)
    return meta_at(settings, channel.phone_number_id, token)


def connection(tx: Transaction, tenant: Tenant) -> WhatsappChannel | None:
    """The number that this business answers on, and who carries it."""
    return store.find_connected(tx, tenant)


def provider_of_channel(channel: str) -> str:
    """Who carries the messages of a conversation's channel."""
    return next(provider for provider, name in CHANNELS.items() if name == channel)


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
    said = None if event is None else said_in(event)
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
    tx: Transaction,
    tenant: Tenant,
    provider: str,
    number_id: str,
    token: bytes,
    account_sid: str = "",
) -> None:
    at = now()
    channel = store.find_channel(tx, tenant, provider)
    if channel is None:
        channel = WhatsappChannel(
            business_id=tenant.id,
            provider=provider,
            phone_number_id=number_id,
            access_token=token.decode(),
            account_sid=account_sid,
            created_at=at,
            updated_at=at,
        )
        store.add(tx, channel)
        return
    channel.phone_number_id = number_id
    channel.access_token = token.decode()
    channel.account_sid = account_sid
    channel.updated_at = at
    tx.flush()


def _token_of(settings: Settings, channel: WhatsappChannel) -> str | None:
    """The credential in clear; None when the present ``SECRET_KEY`` cannot read it."""
    try:
        return _cipher(settings).decrypt(channel.access_token.encode()).decode()
    except InvalidToken:
        LOG.error("credential cannot be decrypted", business_id=channel.business_id)
        return None


def _cipher(settings: Settings) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.secret("channels")))
