"""Asks the own addresses as Twilio would, from outside and signed, and says what is wrong with them.

What most often is: a proxy that sends on to another address (a redirect loses what was posted), a public
address in the settings that is not the one that is asked, so that no signature fits, and another program
that answers in Maane's place. The request says that it is a check (``CHECK``), is signed like any other,
and keeps nothing.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx

from maane.channels.twilio import SIGNATURE_HEADER, sign
from maane.channels.voice.contract import AddressCheck
from maane.channels.voice.payload import FALLBACK, STATUS, WEBHOOK
from maane.kit.wire import trust

CHECK = "MaaneCheck"
CONNECT_S, READ_S = 3.0, 8.0
Result = Literal[
    "ok", "unreachable", "certificate", "signature", "redirected", "wrong_answer", "error"
]


def check_addresses(
    origin: str, account_sid: str, number: str, token: str, language: str
) -> list[AddressCheck]:
    """One result for each address that is entered at Twilio."""
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    with httpx.Client(timeout=timeout, verify=trust(), follow_redirects=False) as client:
        return [
            _check(client, f"{origin}{path}", account_sid, number, token, is_told=path == STATUS)
            for path in (call_path(language), fallback_path(language), STATUS)
        ]


def call_path(language: str) -> str:
    """Where the business is not known yet, for a fault of ours, the address tells how to say so."""
    return f"{WEBHOOK}?language={language}"


def fallback_path(language: str) -> str:
    """The fallback knows no business; its address names the language."""
    return f"{FALLBACK}?language={language}"


def _check(
    client: httpx.Client,
    address: str,
    account_sid: str,
    number: str,
    token: str,
    *,
    is_told: bool,
) -> AddressCheck:
    """``is_told``: nothing is asked there, so nothing is said."""
    form = [
        ("AccountSid", account_sid),
        ("CallSid", "CA" + "0" * 32),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        (CHECK, "1"),
        ("To", number),
    ]
    headers = {
        SIGNATURE_HEADER: sign(token, address, form),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        answer = client.post(address, content=urlencode(form), headers=headers)
    except httpx.ConnectError as error:
        # The client has no error of its own for a certificate that it does not trust.
        is_certificate = "CERTIFICATE" in str(error).upper()
        result: Result = "certificate" if is_certificate else "unreachable"
        return AddressCheck(address=address, result=result, status=None)
    except httpx.HTTPError:
        return AddressCheck(address=address, result="unreachable", status=None)
    result = _verdict(answer, is_told=is_told)
    return AddressCheck(address=address, result=result, status=answer.status_code)


def _verdict(answer: httpx.Response, *, is_told: bool) -> Result:
    if 300 <= answer.status_code < 400:
        return "redirected"
    if answer.status_code == 403 and '"signature"' in answer.text[:200]:
        return "signature"
    if answer.status_code >= 400:
        return "error"
    if is_told:
        return "ok" if answer.status_code == 204 else "wrong_answer"
    if not answer.headers.get("Content-Type", "").startswith("text/xml"):
        return "wrong_answer"
    try:
        is_twiml = ElementTree.fromstring(answer.text).tag == "Response"  # noqa: S314
    except ElementTree.ParseError:
        return "wrong_answer"
    return "ok" if is_twiml else "wrong_answer"
