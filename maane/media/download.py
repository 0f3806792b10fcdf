"""Downloads a file from where its provider keeps it, and from nowhere else.

An address comes from outside, in a webhook or in a provider's answer. It is followed only to places on
a list: each an origin, in the form in which the same parser reads the address. Redirects are followed
by hand, so that each hop is looked up too, and credentials go only to the places that are meant to have
them. A place on the public internet must also have a public address, and the connection goes to the very
address that was looked at. The whole download has a limit of bytes, counted as they come, and of time.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import IO, Any, TypeVar

import httpx

from maane.kit.logging import LOG
from maane.kit.wire import asked_wait_s, trust
from maane.media.kinds import HEAD_BYTES
from maane.settings import origin_of

CONNECT_S, READ_S = 5.0, 20.0
MAX_HOPS = 5
MAX_DOCUMENT_BYTES = 64 * 1024
GONE = (404, 410)
T = TypeVar("T")


class DownloadError(Exception):
    """Not downloaded. ``reason`` is a word of the contract; ``may_retry``: a later try can work,
    ``after_s`` from now where the other side said so."""

    def __init__(self, reason: str, *, may_retry: bool = False, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_retry = may_retry
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Place:
    """Where a provider keeps files: an origin, and how paths there begin. ``is_configured``: the
    operator named it, so it may lie in a private network and speak plain HTTP."""

    origin: str
    path: str = "/"
    gets_credentials: bool = False
    is_configured: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that was written: its first bytes, its length and its SHA-256 in hex."""

    head: bytes
    size: int
    sha256: str


class Downloader:
    """Reads from the places of one provider. ``authorization`` is the header's value."""

    def __init__(self, places: Sequence[Place], authorization: str, time_s: float) -> None:
        self._places = places
        self._authorization = authorization
        self._time_s = time_s

    def document(self, url: str) -> httpx.Response:
        """A small answer, whole, whatever its status. Raises ``DownloadError``."""
        return self._run(self._document(url))

    def save(self, url: str, file: IO[bytes], limit: int) -> Saved:
        """Writes what lies at the address. Raises ``DownloadError``, after which what was written is
        of no use."""
        return self._run(self._save(url, file, limit))

    def place_of(self, url: httpx.URL) -> Place:
        """Raises ``DownloadError`` for an address that is not on the list."""
        origin = origin_of(str(url.copy_with(path="/", query=None, fragment=None)))
        for place in self._places:
            is_there = origin == place.origin and url.path.startswith(place.path)
            is_safe = place.is_configured or url.scheme == "https"
            if is_there and is_safe and not url.userinfo:
                return place
        # The operator adds a place that a provider has begun to use; the path is the customer's.
        LOG.warning("media at a foreign host", origin=origin)
        raise DownloadError("foreign_host")

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return asyncio.run(asyncio.wait_for(work, self._time_s))
        except (TimeoutError, httpx.HTTPError):
            raise DownloadError("unreachable", may_retry=True) from None

    async def _document(self, url: str) -> httpx.Response:
        async with self._answer(url) as answer:
            body = b""
            async for part in answer.aiter_raw():
                body += part
                if len(body) > MAX_DOCUMENT_BYTES:
                    raise DownloadError("provider_refused")
            return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    async def _save(self, url: str, file: IO[bytes], limit: int) -> Saved:
        async with self._answer(url) as answer:
            refuse_status(answer)
            declared = answer.headers.get("Content-Length", "")
            if declared.isascii() and declared.isdigit() and int(declared) > limit:
                raise DownloadError("too_large")
            head, size, digest = b"", 0, hashlib.sha256()
            async for part in answer.aiter_raw():
                size += len(part)
                if size > limit:
                    raise DownloadError("too_large")
                if len(head) < HEAD_BYTES:
                    head = (head + part)[:HEAD_BYTES]
                digest.update(part)
                file.write(part)
            return Saved(head, size, digest.hexdigest())

    @asynccontextmanager
    async def _answer(self, url: str) -> AsyncIterator[httpx.Response]:
        """The answer at the end of the redirects, with its body still to be read."""
        async with httpx.AsyncClient(
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S), verify=trust()
        ) as client:
            here = _parsed(url)
            for _ in range(MAX_HOPS):
                request = await self._request(client, here, self.place_of(here))
                answer = await client.send(request, stream=True)
                try:
                    if not answer.has_redirect_location:
                        yield answer
                        return
                    here = here.join(_parsed(answer.headers["Location"]))
                finally:
                    await answer.aclose()
        raise DownloadError("provider_refused")

    async def _request(
        self, client: httpx.AsyncClient, url: httpx.URL, place: Place
    ) -> httpx.Request:
        # What is counted is what was sent: nothing is unpacked here.
        headers = {"Accept-Encoding": "identity", "Host": url.netloc.decode("ascii")}
        if place.gets_credentials:
            headers["Authorization"] = self._authorization
        if place.is_configured:
            return client.build_request("GET", url, headers=headers)
        address = await public_address(url.host, url.port or 443)
        return client.build_request(
            "GET",
            url.copy_with(host=address),
            headers=headers,
            extensions={"sni_hostname": url.host},
        )


async def public_address(host: str, port: int) -> str:
    """An address of the host. Raises ``DownloadError`` where any of them is not public: a name that
    leads into this network is not the provider's."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise DownloadError("unreachable", may_retry=True) from None
    addresses = [str(where[0]) for *_, where in found]
    for address in addresses:
        parsed = ip_address(address.partition("%")[0])
        if not parsed.is_global or parsed.is_multicast:
            raise DownloadError("foreign_host")
    return addresses[0]


def refuse_status(answer: httpx.Response) -> None:
    """Raises ``DownloadError`` for any status but 200."""
    status = answer.status_code
    if status == 429 or status >= 500:
        raise DownloadError("unreachable", may_retry=True, after_s=asked_wait_s(answer))
    if status in GONE:
        raise DownloadError("gone")
    if status != 200:
        raise DownloadError("provider_refused")


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise DownloadError("foreign_host") from None
