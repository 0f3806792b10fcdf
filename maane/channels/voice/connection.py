"""A business's number for calls at Twilio: connected, proved, its credential kept encrypted."""

from __future__ import annotations

import re
from typing import Literal

import httpx

from maane.channels import inbox
from maane.channels.credentials import seal, unseal
from maane.channels.voice import store
from maane.channels.voice.models import VoiceChannel
from maane.kit.db import Transaction, now
from maane.kit.errors import Conflict, Unavailable
from maane.kit.text import storable
from maane.kit.wire import document_of, trust
from maane.settings import Settings
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

PROVIDER = "twilio_voice"
"""By this a number is known as one for calls: the same one may carry WhatsApp for another account."""
CONNECT_S, READ_S = 3.0, 8.0
Verdict = Literal["ok", "refused", "unknown_number", "unreachable"]
"""As for WhatsApp: ``refused`` are the credentials; with ``unknown_number`` they are good and the number
is not the account's."""


def connect(
    tx: Transaction,
    tenant: Tenant,
    caller: Caller,
    settings: Settings,
    account_sid: str,
    number: str,
    auth_token: str,
) -> None:
    """Connects a business's number, or replaces it or its credential. A number that was replaced belongs
    to nobody. Raises ``Conflict`` when another business has it."""
    tenancy.lock_and_look(tx, tenant)
    row = store.find_channel(tx, tenant)
    if row is not None and row.number != number:
        inbox.release_number(tx, tenant, PROVIDER, row.number)
    inbox.claim_number(tx, tenant, PROVIDER, number)
    at = now()
    sealed = seal(settings, auth_token)
    if row is None:
        row = VoiceChannel(business_id=tenant.id, created_at=at, number=number, updated_at=at)
        row.account_sid, row.auth_token = account_sid, sealed
        store.add(tx, row)
    row.number, row.account_sid, row.auth_token = number, account_sid, sealed
    row.updated_at = at
    tx.flush()
    audit.record(tx, caller, "phone.connected", f"number:{number}")


def connected(tx: Transaction, tenant: Tenant) -> VoiceChannel | None:
    return store.find_channel(tx, tenant)


def token_of(settings: Settings, channel: VoiceChannel) -> str | None:
    """The credential in clear; None when the present ``SECRET_KEY`` cannot read it."""
    return unseal(settings, channel.auth_token, channel.business_id)


def prove(settings: Settings, account_sid: str, number: str, auth_token: str) -> None:
    """Asks Twilio whether the credentials are good and the number is the account's. Raises ``Conflict``
    with its verdict, ``Unavailable`` where there is none."""
    verdict = ask(settings, account_sid, number, auth_token)
    if verdict == "unreachable":
        raise Unavailable("provider")
    if verdict != "ok":
        raise Conflict(f"provider_{verdict}")


def ask(settings: Settings, account_sid: str, number: str, auth_token: str) -> Verdict:
    """What Twilio says of an account and a number; ``GET …/IncomingPhoneNumbers.json?PhoneNumber=``."""
    if re.fullmatch(r"AC[0-9a-fA-F]{32}", account_sid) is None:
        return "refused"
    account = f"{settings.twilio_api_url}/2010-04-01/Accounts/{account_sid}"
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    with httpx.Client(auth=(account_sid, auth_token), timeout=timeout, verify=trust()) as client:
        try:
            answer = client.get(f"{account}.json")
            status = document_of(answer).get("status") if answer.is_success else None
            if answer.status_code in (401, 403) or (isinstance(status, str) and status != "active"):
                return "refused"
            if status != "active":
                return "unknown_number" if answer.status_code == 404 else "unreachable"
            answer = client.get(
                f"{account}/IncomingPhoneNumbers.json", params={"PhoneNumber": number}
            )
        except httpx.TransportError:
            return "unreachable"
    rows = document_of(answer).get("incoming_phone_numbers")
    if not answer.is_success or not isinstance(rows, list):
        return "refused" if answer.status_code in (401, 403) else "unreachable"
    numbers = {storable(str(row.get("phone_number"))) for row in rows if isinstance(row, dict)}
    return "ok" if number in numbers else "unknown_number"
