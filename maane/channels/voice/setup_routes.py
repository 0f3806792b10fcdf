"""``/api/business/current/phone``: a business's number for calls, and how they are answered."""

from __future__ import annotations

from typing import cast

from flask import current_app, request

from maane.channels.credentials import TwilioConnectionBody
from maane.channels.voice import check, connection, contract, reachable
from maane.channels.voice import settings as choices
from maane.channels.voice.payload import STATUS
from maane.channels.voice.relay import reach as reaching
from maane.kit.db import Transaction
from maane.kit.endpoint import Routes, database, tx
from maane.kit.errors import Conflict
from maane.kit.turns import resting
from maane.settings import Settings
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("phone", __name__, url_prefix="/api/business/current/phone")


@routes.declare("GET", "/connection", access=BUSINESS, returns=contract.PhoneConnection)
def get_phone_connection() -> contract.PhoneConnection:
    """The number that takes this business's calls, and the addresses to enter at Twilio."""
    return _connection(tx())


@routes.declare(
    "PUT",
    "/connection",
    access=BUSINESS,
    body=TwilioConnectionBody,
    returns=contract.PhoneConnection,
    transaction=None,
)
def connect_phone(body: TwilioConnectionBody) -> contract.PhoneConnection:
    """Connects a number in place of any other, once Twilio says that it is the account's."""
    token = body.auth_token.get_secret_value()
    connection.prove(_settings(), body.account_sid, body.number, token)
    with database().transaction(tenant().id) as transaction:
        connection.connect(
            transaction, tenant(), caller(), _settings(), body.account_sid, body.number, token
        )
        return _connection(transaction)


@routes.declare("POST", "/test", access=BUSINESS, returns=contract.PhoneTest, transaction=None)
def test_phone_connection() -> contract.PhoneTest:
    """Asks Twilio about the number that is connected. Calls nobody."""
    with database().transaction(tenant().id, writes=False) as transaction:
        channel = connection.connected(transaction, tenant())
    if channel is None:
        return contract.PhoneTest(result="not_connected")
    token = connection.token_of(_settings(), channel)
    if token is None:
        return contract.PhoneTest(result="unreadable")
    verdict = connection.ask(_settings(), channel.account_sid, channel.number, token)
    return contract.PhoneTest(result=verdict)


@routes.declare("POST", "/check", access=BUSINESS, returns=contract.PhoneCheck, transaction=None)
def check_phone_addresses() -> contract.PhoneCheck:
    """Asks the own addresses as Twilio would, and says what is wrong with them."""
    with database().transaction(tenant().id, writes=False) as transaction:
        channel = connection.connected(transaction, tenant())
        language = choices.chosen_by(transaction, tenant()).language
    if channel is None:
        return contract.PhoneCheck(obstacle="not_connected", addresses=[])
    token = connection.token_of(_settings(), channel)
    if token is None:
        return contract.PhoneCheck(obstacle="unreadable", addresses=[])
    if not _settings().public_url:
        return contract.PhoneCheck(obstacle="no_public_url", addresses=[])
    # What is asked comes back to this very process.
    with resting(request.environ):
        found = check.check_addresses(
            _settings().public_url, channel.account_sid, channel.number, token, language
        )
    return contract.PhoneCheck(obstacle=None, addresses=found)


@routes.declare(
    "POST", "/check-sockets", access=BUSINESS, returns=contract.SocketCheck, transaction=None
)
def check_phone_sockets() -> contract.SocketCheck:
    """Opens a socket as Twilio would for a call, and says what is wrong."""
    found = _reach()
    return contract.SocketCheck(address=found.address, result=found.result)


@routes.declare("GET", "/settings", access=BUSINESS, returns=contract.PhoneSettings)
def get_phone_settings() -> contract.PhoneSettings:
    """How this business's calls are answered."""
    return contract.settings_of(choices.chosen_by(tx(), tenant()), tenant().name)


@routes.declare(
    "PUT",
    "/settings",
    access=BUSINESS,
    body=contract.PhoneSettingsBody,
    returns=contract.PhoneSettings,
    transaction=None,
)
def replace_phone_settings(body: contract.PhoneSettingsBody) -> contract.PhoneSettings:
    """Changes it from the next call on. Sockets are taken only where Twilio could open them."""
    with database().transaction(tenant().id, writes=False) as transaction:
        had_sockets = choices.chosen_by(transaction, tenant()).engine == choices.RELAY
    if body.engine == choices.RELAY and not had_sockets and (found := _reach()).is_obstacle:
        raise Conflict(f"sockets_{found.result}")
    with database().transaction(tenant().id) as transaction:
        choices.change(transaction, tenant(), caller(), body.model_dump())
        return contract.settings_of(choices.chosen_by(transaction, tenant()), tenant().name)


def _reach() -> reaching.Reach:
    # What is asked may come back to this very process, through a proxy.
    with resting(request.environ):
        return reaching.reach(_settings(), tenant().id)


@routes.declare("GET", "/transfer", access=BUSINESS, returns=contract.PhoneTransfer)
def get_phone_transfer() -> contract.PhoneTransfer:
    """Whom this business has rung when a caller wants a person."""
    return _transfer()


@routes.declare(
    "PUT",
    "/transfer",
    access=BUSINESS,
    body=contract.PhoneTransferBody,
    returns=contract.PhoneTransfer,
)
def replace_phone_transfer(body: contract.PhoneTransferBody) -> contract.PhoneTransfer:
    """Changes it from the next transfer on."""
    reachable.change(tx(), tenant(), caller(), contract.people_of(body))
    return _transfer()


def _transfer() -> contract.PhoneTransfer:
    return contract.transfer_of(
        reachable.chosen_by(tx(), tenant()),
        reachable.countries_of(tx(), tenant()),
        reachable.reachable_now(tx(), tenant()),
    )


def _connection(transaction: Transaction) -> contract.PhoneConnection:
    settings = _settings()
    origin = settings.public_url or min(settings.own_origins)
    language = choices.chosen_by(transaction, tenant()).language
    webhooks = contract.PhoneWebhooks(
        call=f"{origin}{check.call_path(language)}",
        fallback=f"{origin}{check.fallback_path(language)}",
        status=f"{origin}{STATUS}",
    )
    return contract.connection_of(
        connection.connected(transaction, tenant()),
        webhooks,
        is_reachable=bool(settings.public_url),
    )


def _settings() -> Settings:
    return cast("Settings", current_app.extensions["maane.settings"])
