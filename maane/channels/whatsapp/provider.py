"""What every provider of WhatsApp does, and the words in which each of them refuses.

A provider is one number that can send and can be asked whether it would. Whatever it answers becomes
one of the words here, so that nothing above knows which of them it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import httpx

from maane.kit.wire import trust

CONNECT_S, READ_S, TEST_READ_S = 3.0, 20.0, 8.0
Verdict = Literal["ok", "refused", "unknown_number", "unreachable"]
"""``refused``: the credentials. ``unknown_number``: they are good, the number or account is not
theirs. ``unreachable``: it did not answer, or not as itself."""


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


@dataclass(frozen=True, slots=True)
class Probe:
    """What a provider said when it was asked about a number. ``name`` is its own name for it."""

    verdict: Verdict
    name: str | None = None


class Provider(Protocol):
    """One number that can send."""

    def send_text(self, to: str, text: str, own_id: int) -> Sent:
        """Raises ``SendError``. ``to`` is the contact's key at the provider."""
        ...

    def test(self) -> Probe:
        """Asks the provider whether the credentials are good for the number. Sends nothing."""
        ...

    def close(self) -> None:
        """Lets go of its connections."""
        ...


class Wire:
    """HTTP to a provider. Its client is made with it, before anybody claims a message: what lies
    between the claim and the wire is the time in which a kill can lose an answer."""

    def __init__(
        self,
        *,
        read_s: float,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> None:
        self._client = httpx.Client(
            headers=headers,
            auth=auth,
            timeout=httpx.Timeout(read_s, connect=CONNECT_S),
            follow_redirects=False,
            verify=trust(),
        )

    def post(self, url: str, **options: Any) -> httpx.Response:
        """Raises ``SendError`` where there is no answer."""
        try:
            return self._client.post(url, **options)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise SendError("the provider cannot be reached", may_retry=True) from None
        except httpx.TransportError:
            raise SendError(
                "the provider did not answer", may_retry=True, is_uncertain=True
            ) from None

    def get(self, url: str, **options: Any) -> httpx.Response | None:
        """None where there is no answer."""
        try:
            return self._client.get(url, timeout=TEST_READ_S, **options)
        except httpx.TransportError:
            return None

    def close(self) -> None:
        self._client.close()
