"""Twilio's REST resources of calls: ask for one.

``POST /2010-04-01/Accounts/{SID}/Calls.json``, form encoded. Twilio has no key that would make a second
request the same as the first, so what may have arrived is never asked again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from maane.kit.text import storable
from maane.kit.wire import document_of, trust
from maane.settings import Settings

CONNECT_S, READ_S = 3.0, 12.0
LONGEST_ERROR = 300
REASONS = {
    20003: "provider_credentials",
    20429: "provider_busy",
    21203: "provider_country",
    21210: "provider_own_number",
    21211: "provider_number",
    21212: "provider_own_number",
    21214: "provider_number",
    21215: "provider_country",
    21216: "provider_blocked",
    21217: "provider_number",
    21219: "provider_unverified",
    10001: "provider_account",
    10002: "provider_account",
    10003: "provider_account",
}
"""Words for those of Twilio's errors that somebody can do something about."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Twilio took the call."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not. ``reason`` is a word of ours, ``error`` what Twilio said, ``code`` its own number."""

    reason: str
    error: str | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows."""

    error: str


Form = Mapping[str, str | Sequence[str]]


def place(
    settings: Settings, account_sid: str, token: str, form: Form
) -> Placed | Refused | Unknown:
    """Asks for a call, once."""
    url = f"{settings.twilio_api_url}/2010-04-01/Accounts/{account_sid}/Calls.json"
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    with httpx.Client(auth=(account_sid, token), timeout=timeout, verify=trust()) as client:
        try:
            answer = client.post(url, data={key: _value(value) for key, value in form.items()})
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Refused("provider_unreachable")
        except httpx.HTTPError:
            return Unknown("no answer")
    return _read(answer)


def _read(answer: httpx.Response) -> Placed | Refused | Unknown:
    document = document_of(answer)
    if answer.is_success:
        sid = document.get("sid")
        is_sid = isinstance(sid, str) and sid.startswith("CA")
        return Placed(storable(str(sid))[:200]) if is_sid else Unknown("an answer without an id")
    code, words = document.get("code"), document.get("message")
    code = (
        code if isinstance(code, int) and not isinstance(code, bool) and 0 < code < 10**6 else None
    )
    error = storable(words)[:LONGEST_ERROR] if isinstance(words, str) else None
    if answer.status_code >= 500:
        # A gateway's words are not Twilio's, and what is behind it may have taken the call.
        return Unknown(error or f"HTTP {answer.status_code}")
    if answer.status_code == 429:
        return Refused("provider_busy", error, code)
    if answer.status_code in (401, 403) and code not in REASONS:
        return Refused("provider_credentials", error, code)
    reason = REASONS.get(code or 0, "provider_refused")
    return Refused(reason, error or f"HTTP {answer.status_code}", code)


def _value(value: str | Sequence[str]) -> Any:
    return value if isinstance(value, str) else list(value)
