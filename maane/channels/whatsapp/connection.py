"""A business's number at its provider: connected, proved, asked, and its credential kept encrypted."""

from __future__ import annotations

from maane.channels import inbox
from maane.channels.credentials import seal, unseal
from maane.channels.whatsapp import store
from maane.channels.whatsapp.models import WhatsappChannel
from maane.channels.whatsapp.provider import Probe, Provider
from maane.channels.whatsapp.sender import GraphSender, SimulatorSender
from maane.channels.whatsapp.twilio_sender import TwilioSender
from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, Unavailable
from maane.settings import Settings
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

META, TWILIO, SIMULATOR = "meta", "twilio", "simulator"
TWILIO_WEBHOOK = "/webhook/twilio/whatsapp"


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
    token = seal(settings, access_token)
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
    token = seal(settings, auth_token)
    _connect(tx, tenant, caller, TWILIO, number, token, account_sid)


def _connect(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    provider: str,
    number: str,
    token: str,
    account_sid: str = "",
) -> None:
    tenancy.lock_and_look(tx, tenant)
    before = store.find_connected(tx, tenant)
    if before is not None and (before.provider, before.phone_number_id) != (provider, number):
        inbox.release_number(tx, tenant, before.provider, before.phone_number_id)
    if before is not None and before.provider != provider:
        store.remove(tx, before)
    inbox.claim_number(tx, tenant, provider, number)
    save_channel(tx, tenant, provider, number, token, account_sid)
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


def meta_at(
    settings: Settings, phone_number_id: str, access_token: str, waba_id: str = ""
) -> GraphSender:
    return GraphSender(settings.whatsapp_api_url, phone_number_id, access_token, waba_id)


def twilio_at(settings: Settings, account_sid: str, number: str, auth_token: str) -> Provider:
    """Without a public address Twilio could report no status, and would refuse to send."""
    callback = f"{settings.public_url}{TWILIO_WEBHOOK}" if settings.public_url else ""
    return TwilioSender(
        settings.twilio_api_url,
        account_sid,
        auth_token,
        number,
        callback,
        settings.twilio_content_api_url,
    )


def sender_for(
    tx: Transaction, tenant: Tenant, settings: Settings, provider: str
) -> Provider | None:
    """The sender of a business's number; None when there is none, or its credential cannot be read
    with the present ``SECRET_KEY``. Who changed providers answers over the new one what came in over
    the old one, since customers and their conversations are the same."""
    if provider == SIMULATOR:
        return SimulatorSender()
    channel = store.find_connected(tx, tenant)
    token = None if channel is None else token_of(settings, channel)
    if channel is None or token is None:
        return None
    if channel.provider == TWILIO:
        return twilio_at(settings, channel.account_sid, channel.phone_number_id, token)
    return meta_at(settings, channel.phone_number_id, token, channel.waba_id)


def longest_text(tx: Transaction, tenant: Tenant, provider: str) -> int:
    """How much of one text the sender takes that ``sender_for`` gives, connected or not."""
    if provider == SIMULATOR:
        return SimulatorSender.longest_text
    channel = store.find_connected(tx, tenant)
    is_twilio = channel is not None and channel.provider == TWILIO
    return TwilioSender.longest_text if is_twilio else GraphSender.longest_text


def connected(tx: Transaction, tenant: Tenant) -> WhatsappChannel | None:
    """The number that this business answers on, and who carries it."""
    return store.find_connected(tx, tenant)


def save_channel(
    tx: Transaction,
    tenant: Tenant,
    provider: str,
    number_id: str,
    token: str,
    account_sid: str = "",
) -> None:
    at = now()
    channel = store.find_channel(tx, tenant, provider)
    if channel is None:
        channel = WhatsappChannel(
            business_id=tenant.id,
            provider=provider,
            phone_number_id=number_id,
            access_token=token,
            account_sid=account_sid,
            created_at=at,
            updated_at=at,
        )
        store.add(tx, channel)
        return
    if channel.phone_number_id != number_id:
        # Its templates are another account's, which nobody has named yet.
        channel.waba_id = ""
        channel.templates_synced_at = channel.templates_failure = None
        channel.templates_detail = None
    channel.phone_number_id = number_id
    channel.access_token = token
    channel.account_sid = account_sid
    channel.updated_at = at
    tx.flush()


def token_of(settings: Settings, channel: WhatsappChannel) -> str | None:
    """The credential in clear; None when the present ``SECRET_KEY`` cannot read it."""
    return unseal(settings, channel.access_token, channel.business_id)
