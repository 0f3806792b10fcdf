"""Sends a text through Meta's Graph API, or records it where the number is the simulator's.

``POST /{phone_number_id}/messages`` with the message's own id in ``biz_opaque_callback_data``, which
Meta repeats in its status events. Codes: Meta's error-code page; a code decides, the HTTP status only
where there is none.
"""

from __future__ import annotations

import httpx

from maane.channels.whatsapp.payload import error_words
from maane.channels.whatsapp.provider import READ_S, Probe, SendError, Sent, Wire
from maane.kit.text import storable
from maane.kit.wire import asked_wait_s, document_of

RETRYABLE_CODES = frozenset(
    {1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004, 135000}
)
UNKNOWN_OBJECT = 100
CREDENTIAL_CODES = frozenset({3, 10, 102, 190, *range(200, 300)})


class GraphSender:
    """A number at Meta."""

    def __init__(
        self, api_url: str, phone_number_id: str, access_token: str, *, read_s: float = READ_S
    ) -> None:
        self._url = f"{api_url}/{phone_number_id}"
        self._id = phone_number_id
        self._wire = Wire(read_s=read_s, headers={"Authorization": f"Bearer {access_token}"})

    def send_text(self, to: str, text: str, own_id: int) -> Sent:
        recipient = {"to": to} if to.isdigit() else {"recipient": to}
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **recipient,
            "type": "text",
            "text": {"preview_url": False, "body": text},
            "biz_opaque_callback_data": str(own_id),
        }
        return _read(self._wire.post(f"{self._url}/messages", json=body))

    def test(self) -> Probe:
        """Asks for what only a phone number has, so that another object's id is not taken for one."""
        fields = {"fields": "id,display_phone_number,verified_name"}
        answer = self._wire.get(self._url, params=fields)
        if answer is None:
            return Probe("unreachable")
        document = document_of(answer)
        if answer.is_success:
            shown = document.get("display_phone_number")
            if document.get("id") != self._id or not isinstance(shown, str):
                return Probe("unreachable")
            named = document.get("verified_name")
            name = named if isinstance(named, str) and named else shown
            return Probe("ok", storable(name)[:200])
        error = document.get("error")
        given = error.get("code") if isinstance(error, dict) else None
        code = given if isinstance(given, int) else 0
        if code in CREDENTIAL_CODES or answer.status_code in (401, 403):
            return Probe("refused")
        if code == UNKNOWN_OBJECT or answer.status_code == 404:
            return Probe("unknown_number")
        return Probe("unreachable")

    def close(self) -> None:
        self._wire.close()


class SimulatorSender:
    """The simulator's number: the turn is the production one, only the last step is skipped."""

    def send_text(self, to: str, text: str, own_id: int) -> Sent:
        return Sent(f"sim.out.{own_id}", "simulated")

    def test(self) -> Probe:
        return Probe("ok")

    def close(self) -> None:
        """It has none."""


def _read(answer: httpx.Response) -> Sent:
    document = document_of(answer)
    if answer.is_success:
        messages = document.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else {}
        external_id = first.get("id") if isinstance(first, dict) else None
        if isinstance(external_id, str) and external_id:
            return Sent(external_id, "sent")
        raise SendError("the provider's answer has no message id", may_retry=False)
    error = document.get("error")
    error = error if isinstance(error, dict) else {}
    code = error.get("code")
    may_retry = (
        code in RETRYABLE_CODES
        if isinstance(code, int)
        else answer.status_code == 429 or answer.status_code >= 500
    )
    words = error_words(error) if error else f"HTTP {answer.status_code}"
    raise SendError(words, may_retry=may_retry, after_s=asked_wait_s(answer))
