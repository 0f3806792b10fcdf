"""What every provider of WhatsApp does, and the words in which each of them refuses.

A provider is one number that can send and can be asked whether it would. Whatever it answers becomes
one of the words here, so that nothing above knows which of them it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import httpx

from maane.conversations.reasons import told
from maane.kit.wire import document_of, trust

CONNECT_S, READ_S, TEST_READ_S = 3.0, 20.0, 8.0
Verdict = Literal["ok", "refused", "unknown_number", "unreachable"]
"""``refused``: the credentials. ``unknown_number``: they are good, the number or account is not
theirs. ``unreachable``: it did not answer, or not as itself."""


class SendError(Exception):
    """Not sent, or not known to be. ``may_retry``: a later try can work, ``after_s`` from now where
    the provider said so. ``is_uncertain``: the provider may have taken it. ``words`` are why, as
    ``reasons.told`` makes them."""

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


@dataclass(frozen=True, slots=True)
class TemplateMessage:
    """An approved template with its values: each gap's name and what fills it, in the order of the gaps.
    ``is_named``: Meta is told the names too."""

    provider: str
    external_id: str
    name: str
    language: str
    header: Sequence[tuple[str, str]]
    body: Sequence[tuple[str, str]]
    is_named: bool

    def for_provider(self, provider: str) -> TemplateMessage:
        """Itself. Raises ``SendError`` where another provider approved it: the business has changed
        providers since it was chosen."""
        if provider != self.provider:
            raise SendError(told("other_provider"), may_retry=False)
        return self


ListFailure = Literal["refused", "unknown_account", "busy", "unreachable"]
"""``refused``: the credentials, or they may not read templates. ``unknown_account``: they are good, and
the account is not theirs, or not this number's. ``unreachable``: it did not answer, or not as itself."""


class ListError(Exception):
    """A provider did not give its templates. ``detail`` is its own error, for the screen."""

    def __init__(self, failure: ListFailure, detail: str = "") -> None:
        super().__init__(failure)
        self.failure = failure
        self.detail = detail


class Provider(Protocol):
    """One number that can send. ``longest_text`` is how much it takes of one text (``wire_length``)."""

    longest_text: int

    def send_text(self, to: str, text: str, own_id: int) -> Sent:
        """Raises ``SendError``. ``to`` is the contact's key at the provider."""
        ...

    def send_template(self, to: str, template: TemplateMessage, own_id: int) -> Sent:
        """The same for an approved template, which is taken outside the 24 hours as well."""
        ...

    def list_templates(self) -> list[dict[str, Any]]:
        """Every template of the number's account, as the provider writes it. Raises ``ListError``."""
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
            raise SendError(told("unreachable"), may_retry=True) from None
        except httpx.TransportError:
            raise SendError(told("no_answer"), may_retry=True, is_uncertain=True) from None

    def get(self, url: str, **options: Any) -> httpx.Response | None:
        """None where there is no answer."""
        try:
            return self._client.get(url, timeout=TEST_READ_S, **options)
        except httpx.TransportError:
            return None

    def close(self) -> None:
        self._client.close()


MOST_PAGES = 20
PAGE_SIZE = 100


def read_page(answer: httpx.Response | None) -> dict[str, Any]:
    """A page of a list that a provider gave. Raises ``ListError`` for no answer, one that is no list, and
    one that asks to come later; what else was refused its own error code tells (``ListError`` of the
    caller's)."""
    if answer is None:
        raise ListError("unreachable")
    if answer.status_code == 429:
        raise ListError("busy", f"HTTP {answer.status_code}")
    document = document_of(answer)
    if answer.is_success and not document:
        raise ListError("unreachable", "not a list")
    return document
