"""``/webhook/…``, the simulator, a business's connection to its provider, and what it sees of its
assistant's state."""

from __future__ import annotations

import hmac
from typing import cast

from flask import Response, current_app, jsonify, request
from werkzeug.test import EnvironBuilder, run_wsgi_app

from maane.channels import twilio
from maane.channels.credentials import TwilioConnectionBody
from maane.channels.whatsapp import connection, contract, operations
from maane.channels.whatsapp.payload import SIGNATURE_HEADER, parse_delivery, sign
from maane.conversations import consent
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction
from maane.kit.endpoint import Routes, database, read_body, signed, tx
from maane.kit.errors import InvalidSignature, Unavailable
from maane.settings import Settings
from maane.tenancy.access import BUSINESS, caller, tenant
from maane.tenancy.contract import PageQuery

routes = Routes("whatsapp", __name__)

WEBHOOK = "/webhook/whatsapp"
SETTINGS = "/api/business/current/whatsapp/settings"
OPT_OUT = "/api/business/current/whatsapp/opt-out"
CONNECTION = "/api/business/current/whatsapp/connection"
EVENTS = "/api/business/current/events"
MAX_DELIVERY_BYTES = 4 * 1024 * 1024
BY_META = signed("Meta")
BY_TWILIO = signed("Twilio")
EXEMPT = "the provider keeps no cookies; its signature is checked instead"


@routes.declare("GET", WEBHOOK, access=BY_META, csrf_exempt=EXEMPT, transaction=None)
def verify_webhook() -> Response:
    """Meta's question when the address is entered: the challenge comes back if the token is ours."""
    ours = _settings().whatsapp_verify_token.get_secret_value()
    given = request.args.get("hub.verify_token", "")
    challenge = request.args.get("hub.challenge", "")
    is_ours = bool(ours) and hmac.compare_digest(ours.encode(), given.encode("utf-8", "replace"))
    if request.args.get("hub.mode") != "subscribe" or not is_ours:
        raise InvalidSignature
    if not (challenge.isascii() and challenge.isdigit() and len(challenge) <= 64):
        raise InvalidSignature
    return Response(challenge, mimetype="text/plain")


@routes.declare("POST", WEBHOOK, access=BY_META, csrf_exempt=EXEMPT, transaction=None)
def receive_webhook() -> Response:
    """Verify, store once, answer; a job does the work."""
    request.max_content_length = MAX_DELIVERY_BYTES
    raw = read_body()
    provider = operations.provider_of(_settings(), raw, request.headers.get(SIGNATURE_HEADER, ""))
    operations.receive(database(), _jobs(), provider, parse_delivery(raw))
    return jsonify({"status": "stored"})


@routes.declare(
    "POST",
    connection.TWILIO_WEBHOOK,
    access=BY_TWILIO,
    csrf_exempt=EXEMPT,
    transaction=None,
)
def receive_twilio_webhook() -> Response:
    """The same for Twilio, one message or status at a time; the answer tells it to say nothing."""
    operations.receive_twilio(
        database(),
        _jobs(),
        _settings(),
        raw=read_body(),
        query=request.query_string.decode("latin-1"),
        signature=request.headers.get(twilio.SIGNATURE_HEADER, ""),
    )
    return Response('<?xml version="1.0" encoding="UTF-8"?><Response/>', mimetype="text/xml")


@routes.declare("GET", CONNECTION, access=BUSINESS, returns=contract.WhatsappConnection)
def get_whatsapp_connection() -> contract.WhatsappConnection:
    """Who carries this business's messages, and the addresses to enter there."""
    return _connection(tx())


@routes.declare(
    "PUT",
    f"{CONNECTION}/meta",
    access=BUSINESS,
    body=contract.MetaConnectionBody,
    returns=contract.WhatsappConnection,
    transaction=None,
)
def connect_meta(body: contract.MetaConnectionBody) -> contract.WhatsappConnection:
    """Connects a number at Meta in place of any other, once Meta says that the token may use it."""
    token = body.access_token.get_secret_value()
    connection.prove(connection.meta_at(_settings(), body.phone_number_id, token))
    with database().transaction(tenant().id) as transaction:
        connection.connect_number(
            transaction, tenant(), caller(), _settings(), body.phone_number_id, token
        )
        return _connection(transaction)


@routes.declare(
    "PUT",
    f"{CONNECTION}/twilio",
    access=BUSINESS,
    body=TwilioConnectionBody,
    returns=contract.WhatsappConnection,
    transaction=None,
)
def connect_twilio(body: TwilioConnectionBody) -> contract.WhatsappConnection:
    """Connects a number at Twilio in place of any other, once Twilio takes the credentials."""
    token = body.auth_token.get_secret_value()
    connection.prove(connection.twilio_at(_settings(), body.account_sid, body.number, token))
    with database().transaction(tenant().id) as transaction:
        connection.connect_twilio(
            transaction, tenant(), caller(), _settings(), body.account_sid, body.number, token
        )
        return _connection(transaction)


@routes.declare(
    "POST",
    "/api/business/current/whatsapp/test",
    access=BUSINESS,
    returns=contract.ConnectionTest,
    transaction=None,
)
def test_whatsapp_connection() -> contract.ConnectionTest:
    """Asks the provider about the number that is connected. Sends nothing to anybody."""
    with database().transaction(tenant().id, writes=False) as transaction:
        channel = connection.connected(transaction, tenant())
        provider = connection.sender_for(transaction, tenant(), _settings(), connection.META)
    if channel is None:
        return contract.ConnectionTest(result="not_connected", name=None)
    if provider is None:
        return contract.ConnectionTest(result="unreadable", name=None)
    probe = connection.ask(provider)
    return contract.ConnectionTest(result=probe.verdict, name=probe.name)


@routes.declare(
    "POST",
    "/api/business/current/simulator/messages",
    access=BUSINESS,
    body=contract.SimulatorMessageBody,
    returns=contract.SimulatorMessage,
    status=202,
    transaction=None,
)
def simulate_message(body: contract.SimulatorMessageBody) -> contract.SimulatorMessage:
    """A customer's message through the same signed webhook as a real one."""
    with database().transaction(tenant().id) as transaction:
        raw = operations.simulated_delivery(
            transaction, tenant(), body.from_phone, body.name, body.text
        )
    _deliver_to_self(raw)
    return contract.SimulatorMessage(conversation_phone=body.from_phone, event="stored")


@routes.declare("GET", SETTINGS, access=BUSINESS, returns=contract.WhatsappSettings)
def get_whatsapp_settings() -> contract.WhatsappSettings:
    """How this business answers on WhatsApp."""
    return contract.WhatsappSettings(pause_s=operations.settings_of(tx(), tenant()).pause_s)


@routes.declare(
    "PUT",
    SETTINGS,
    access=BUSINESS,
    body=contract.WhatsappSettings,
    returns=contract.WhatsappSettings,
)
def replace_whatsapp_settings(body: contract.WhatsappSettings) -> contract.WhatsappSettings:
    """Changes it from the next answer on."""
    operations.change_pause(tx(), tenant(), caller(), body.pause_s)
    return body


@routes.declare("GET", OPT_OUT, access=BUSINESS, returns=contract.OptOut)
def get_opt_out_words() -> contract.OptOut:
    """The words that end automatic messages, and those that begin them again."""
    return _opt_out(tx())


@routes.declare("PUT", OPT_OUT, access=BUSINESS, body=contract.OptOutBody, returns=contract.OptOut)
def replace_opt_out_words(body: contract.OptOutBody) -> contract.OptOut:
    """Changes them from the next message on."""
    operations.change_words(tx(), tenant(), caller(), body.out_words, body.back_words)
    return _opt_out(tx())


@routes.declare(
    "GET",
    f"{EVENTS}/failed",
    access=BUSINESS,
    query=PageQuery,
    returns=contract.FailedEventPage,
)
def list_failed_events(query: PageQuery) -> contract.FailedEventPage:
    """Messages whose answers were given up, newest first."""
    rows, following = operations.list_failed_events(
        tx(), tenant(), limit=query.limit, after=query.after
    )
    items = [contract.failed_event_of(row, conversation_id) for row, conversation_id in rows]
    return contract.FailedEventPage(items=items, next=following)


@routes.declare(
    "POST",
    f"{EVENTS}/<id:event_id>/retry",
    access=BUSINESS,
    returns=contract.Retried,
    status=202,
)
def retry_event(event_id: int) -> contract.Retried:
    """Tries once more to answer a message whose answer was given up."""
    operations.retry_event(tx(), _jobs(), tenant(), caller(), event_id)
    return contract.Retried(id=event_id)


@routes.declare(
    "GET", "/api/business/current/assistant", access=BUSINESS, returns=contract.Assistant
)
def get_assistant() -> contract.Assistant:
    """Whether a model answers, and whether a number is connected."""
    settings = _settings()
    channel = connection.connected(tx(), tenant())
    number = None if channel is None else channel.phone_number_id
    return contract.Assistant(
        model=contract.ModelState(
            is_connected=settings.has_model,
            name=settings.model_name if settings.has_model else None,
        ),
        whatsapp=contract.WhatsappState(is_connected=number is not None, phone_number_id=number),
    )


def _deliver_to_self(raw: bytes) -> None:
    """Calls the webhook as Meta would, through the whole application and with a real signature."""
    signature = sign(_settings().secret("simulator"), raw)
    builder = EnvironBuilder(
        WEBHOOK,
        method="POST",
        data=raw,
        content_type="application/json",
        headers=[(SIGNATURE_HEADER, signature)],
    )
    _, status, _ = run_wsgi_app(current_app.wsgi_app, builder.get_environ(), buffered=True)
    if not status.startswith("200"):
        raise Unavailable("webhook")


def _connection(transaction: Transaction) -> contract.WhatsappConnection:
    settings = _settings()
    origin = settings.public_url or min(settings.own_origins)
    webhooks = contract.Webhooks(
        meta=f"{origin}{WEBHOOK}", twilio=f"{origin}{connection.TWILIO_WEBHOOK}"
    )
    return contract.connection_of(connection.connected(transaction, tenant()), webhooks)


def _opt_out(transaction: Transaction) -> contract.OptOut:
    chosen = operations.settings_of(transaction, tenant())
    return contract.OptOut(
        out_words=list(chosen.opt_out_words),
        back_words=list(chosen.opt_in_words),
        default_out_words=list(consent.OUT),
        default_back_words=list(consent.BACK),
    )


def _settings() -> Settings:
    return cast("Settings", current_app.extensions["maane.settings"])


def _jobs() -> Jobs:
    return cast("Jobs", current_app.extensions["maane.jobs"])
