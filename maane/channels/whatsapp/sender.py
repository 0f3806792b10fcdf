"""Sends a text through Meta's Graph API, or records it where the number is the simulator's.

``POST /{phone_number_id}/messages`` with the message's own id in ``biz_opaque_callback_data``, which
Meta repeats in its status events. Codes: Meta's error-code page; a code decides, the HTTP status only
where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Protocol

import httpx

from maane.channels.whatsapp.payload import error_words

CONNECT_S, READ_S = 3.0, 20.0
RETRYABLE_CODES = frozenset(
    {1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004, 135000}
)


class SendError(Exception):
    """Not sent, or not known to be. ``may_retry``: a later try can work, ``after_s`` from now where
    the provider said so. ``is_uncertain``: the provider may have taken it. ``words`` are for the
    screen: the code and what it means."""

    def __init__(
        self, words: str, *, may_retry: bool, is_uncertain: bool = False, after_s: float = 0.0
    ) -> None:
        super().__init__(words)
        self.words = words
        self.may_retry = may_retry
        self.is_uncertain = is_uncertain
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Sent:
    """``external_id`` is the provider's; ``status`` is ``simulated`` where nothing left."""

    external_id: str
    status: str


class Sender(Protocol):
    """One number that can send."""

    def send_text(self, to: str, text: str, own_id: int) -> Sent:
        """Raises ``SendError``. ``to`` is the contact's key at the provider."""
        ...

    def close(self) -> None:
        """Lets go of its connections."""
        ...


class GraphSender:
    """A number at Meta. Its client is made with it, before anybody claims a message: what lies
    between the claim and the wire is the time in which a kill can lose an answer."""

    def __init__(
        self, api_url: str, phone_number_id: str, access_token: str, *, read_s: float = READ_S
    ) -> None:
        self._url = f"{api_url}/{phone_number_id}/messages"
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {access_token}"},
            timeout=httpx.Timeout(read_s, connect=CONNECT_S),
            follow_redirects=False,
            verify=_trust(),
        )

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
        try:
            answer = self._client.post(self._url, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise SendError("the provider cannot be reached", may_retry=True) from None
        except httpx.TransportError:
            raise SendError(
                "the provider did not answer", may_retry=True, is_uncertain=True
            ) from None
        return _read(answer)

    def close(self) -> None:
        self._client.close()


class SimulatorSender:
    """The simulator's number: the turn is the production one, only the last step is skipped."""

    def send_text(self, to: str, text: str, own_id: int) -> Sent:
        return Sent(f"sim.out.{own_id}", "simulated")

    def close(self) -> None:
        """It has none."""


@cache
def _trust() -> SSLContext:
    # Reading the certificates costs 20 ms; all sends share them.
    return httpx.create_ssl_context()


def _read(answer: httpx.Response) -> Sent:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {}
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
    raise SendError(words, may_retry=may_retry, after_s=_asked_wait_s(answer))


def _asked_wait_s(answer: httpx.Response) -> float:
    asked = answer.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0.0
