"""The doctor's only way to the server: one request, one answer, nothing done silently.

No redirect is followed, no cookie goes by itself, no retry is made; what is sent is what the step's
line says. Whatever a server does to a connection comes out as a ``Fault``.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

import httpx

from maane.ops.doctor.jar import LOOPBACK_NAMES, Jar, Kept, SetCookie
from maane.ops.doctor.layers import Fault, set_public_url

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 20.0
# Above this an answer is cut off, so that an endless one ends; two full prompts stay below it even
# when every character is escaped.
LARGEST_ANSWER_BYTES = 8 * 1024 * 1024
LONGEST_ANSWER_S = 60.0

CSRF_COOKIE = "XSRF-TOKEN"
SESSION_COOKIE = "__Host-session"
CSRF_HEADER = "X-CSRFToken"

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def short(secret: str) -> str:
    """A token or cookie as it may be printed: its first six characters, or none of a short one."""
    return _UNPRINTABLE.sub("?", secret[:6]) + "..." if len(secret) >= 16 else "..."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``document`` is the JSON object of the body, None when it is none.

    ``cookies`` says what became of each ``Set-Cookie``; ``sent_cookies`` and ``sent_token`` what
    the request bore. ``date`` is the server's clock and ``at`` ours, in the middle of the exchange.
    """

    status: int
    headers: Mapping[str, str]
    document: dict[str, Any] | None
    is_json: bool
    cookies: list[Kept]
    elapsed_ms: float
    at: datetime
    sent_cookies: frozenset[str]
    sent_token: str | None

    def text(self, key: str) -> str:
        """A string of the document; empty when it has none there."""
        value = (self.document or {}).get(key)
        return value if isinstance(value, str) else ""

    def cookie(self, name: str) -> Kept | None:
        """The last ``Set-Cookie`` of that name."""
        return next((kept for kept in reversed(self.cookies) if kept.cookie.name == name), None)

    @property
    def is_maane_error(self) -> bool:
        return self.is_json and bool(self.text("error"))


@dataclass
class Wire:
    """The connection to one origin, its jar, and what must never be printed.

    ``verify`` is True, a file of certificates to trust, or False for none at all.
    """

    origin: str
    verify: bool | str | Path = True
    secrets: set[str] = field(default_factory=set)
    jar: Jar = field(default_factory=Jar)

    def open(self) -> None:
        """Prepares the connection. Raises ``Fault`` when the certificates cannot be read."""
        host = httpx.URL(self.origin).host
        # A proxy of the environment is for reaching other machines, never for this one.
        self._client = httpx.Client(
            verify=self._context(),
            trust_env=host not in LOOPBACK_NAMES,
            follow_redirects=False,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            headers={"User-Agent": "maane-doctor", "Accept": "application/json"},
            # Not in ``send``: the client looks at the target of a redirect even if it does not go.
            event_hooks={"response": [self._refuse_redirect]},
        )

    def close(self) -> None:
        self._client.close()

    def url(self, path: str) -> str:
        return self.origin + path

    def describe(self, cookies: list[SetCookie], headers: Mapping[str, str]) -> str:
        """What a request bears, beside its method and path, as it may be printed."""
        parts = [
            f"{name}: {short(value) if name == CSRF_HEADER else value}"
            for name, value in headers.items()
            if name != "Content-Type"
        ]
        if cookies:
            pairs = ", ".join(f"{item.name}={short(item.value)}" for item in cookies)
            parts.append(f"Cookie: {pairs}")
        return self.clean("; ".join(parts), longest=400)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str],
        cookies: list[SetCookie],
    ) -> Answer:
        """One request. Raises ``Fault`` when there is no answer, or when it is a redirect."""
        raw: list[tuple[bytes, bytes]] = [
            (name.encode("ascii"), value.encode("latin-1", "replace"))
            for name, value in headers.items()
        ]
        if cookies:
            line = "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)
            raw.append((b"Cookie", line.encode("latin-1", "replace")))
        content = None if body is None else json.dumps(body).encode("ascii")
        asked, began = datetime.now(UTC), monotonic()
        with self._faults():
            request = self._client.build_request(
                method, self.url(path), content=content, headers=raw
            )
            response = self._client.send(request, stream=True)
            try:
                data = _read(response, began)
            finally:
                response.close()
        elapsed = monotonic() - began
        set_cookies = [
            value.decode("latin-1")
            for name, value in response.headers.raw
            if name.lower() == b"set-cookie"
        ]
        kept = self.jar.store(self.url(path), set_cookies)
        self.secrets |= {item.cookie.value for item in kept if item.cookie.value}
        document = _parse(data)
        return Answer(
            status=response.status_code,
            headers=response.headers,
            document=document if isinstance(document, dict) else None,
            is_json=document is not _NOT_JSON,
            cookies=kept,
            elapsed_ms=elapsed * 1000,
            at=asked + (datetime.now(UTC) - asked) / 2,
            sent_cookies=frozenset(cookie.name for cookie in cookies),
            sent_token=headers.get(CSRF_HEADER),
        )

    def clean(self, text: str, longest: int = 80) -> str:
        """Words of the server as they may be printed: no secrets, no control characters.

        Secrets go first and the cut comes last, or half of one could remain.
        """
        for secret in sorted(self.secrets, key=len, reverse=True):
            # What is shorter is no secret worth the name, and would blank out half of every line.
            if len(secret) >= 4:
                quoted = quote(secret, errors="replace")
                for spelling in (secret, quoted, json.dumps(secret)[1:-1]):
                    text = text.replace(spelling, "[...]")
        text = _UNPRINTABLE.sub("?", text)
        return text if len(text) <= longest else text[: longest - 3] + "..."

    def _context(self) -> ssl.SSLContext | bool:
        if not isinstance(self.verify, str | Path):
            return self.verify
        try:
            return ssl.create_default_context(cafile=str(self.verify))
        except (OSError, ssl.SSLError):
            raise Fault(
                "tls",
                f"{self.verify} cannot be read as certificates. --ca takes a PEM file.",
                "nothing was sent",
            ) from None

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turns whatever happens to a connection into a ``Fault``."""
        try:
            yield
        except httpx.HTTPError as error:
            raise self._connection_fault(error) from None
        except (httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            raise Fault(
                "unreachable",
                f"{self.origin} cannot be asked. Check that the address is spelled right.",
                type(error).__name__,
            ) from None

    def _connection_fault(self, error: httpx.HTTPError) -> Fault:
        seen = type(error).__name__
        tls = _cause(error, ssl.SSLError)
        if tls is not None:
            return self._tls_fault(tls)
        if isinstance(error, httpx.ConnectTimeout):
            advice = "Nobody answers at that address: check host, port and firewall."
        elif isinstance(error, httpx.TimeoutException):
            advice = (
                "The connection is made, but no answer came in time. Look at what Maane, or the "
                "proxy before it, is waiting for."
            )
        elif _cause(error, socket.gaierror) is not None:
            seen, advice = "the name is not known", "Check the spelling of the host, and its DNS."
        elif isinstance(error, httpx.ConnectError):
            advice = "Nothing listens there: start Maane, or check host and port."
        elif self.origin.startswith("http://") and self._speaks_tls():
            return Fault(
                "tls",
                f"That port speaks https: use https://{self.origin.removeprefix('http://')}.",
                seen,
            )
        else:
            advice = (
                "The connection broke, or what came is not HTTP. Check that the port is Maane's, "
                "and the log of the proxy before it if there is one."
            )
        return Fault("unreachable", advice, seen)

    def _tls_fault(self, error: BaseException) -> Fault:
        words = str(error)
        if "CERTIFICATE_VERIFY_FAILED" in words:
            why = getattr(error, "verify_message", "") or "not trusted"
            return Fault(
                "tls",
                f"The certificate of {self.origin} is refused ({self.clean(why, 120)}). Give "
                "--ca FILE with the certificate that signed it, or try --insecure to pass over it "
                "this once; browsers will refuse it too.",
                "certificate refused",
            )
        advice = "The TLS handshake failed. Check the certificate and key, and TLS of the proxy."
        if "WRONG_VERSION_NUMBER" in words or "RECORD_LAYER_FAILURE" in words:
            plain = self.origin.replace("https://", "http://", 1)
            advice = f"That port speaks no TLS. Use {plain}, or set up TLS before Maane."
        return Fault("tls", advice, "no TLS")

    def _speaks_tls(self) -> bool:
        """True when the port that broke off over http shakes hands over TLS."""
        url = httpx.URL(self.origin)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            address = (url.host, url.port or 80)
            with (
                socket.create_connection(address, timeout=CONNECT_TIMEOUT_S) as raw,
                context.wrap_socket(raw, server_hostname=url.host),
            ):
                return True
        except (OSError, ValueError):
            return False

    def _refuse_redirect(self, response: httpx.Response) -> None:
        """Raises the ``Fault`` that a redirect shows."""
        if response.status_code in _REDIRECTS:
            raise self._redirected(response.status_code, response.headers.get("Location", ""))

    def _redirected(self, status: int, location: str) -> Fault:
        try:
            target = httpx.URL(self.origin).join(location)
            origin = origin_of(target)
        except (httpx.InvalidURL, ValueError):
            advice = "A redirect to nowhere came. " + NOT_MAANE_ADVICE
            return Fault("not_maane", advice, f"{status} redirect to nowhere")
        shown = self.clean(origin + target.path, 120)
        seen = f"{status} redirect to {shown}"
        own = httpx.URL(self.origin)
        if origin == self.origin:
            return Fault(
                "not_maane",
                f"The answer is a redirect to {shown}, and Maane's API never redirects. Something "
                "in front of it (a login page of the proxy, a rewrite rule) answers instead.",
                seen,
            )
        origin = self.clean(origin, 120)
        if target.host == own.host and target.scheme != own.scheme:
            return Fault(
                "proxy_scheme",
                f"{self.origin} redirects to {shown}. If {origin} is the address people use, run "
                f"the doctor on it. {set_public_url(origin)} If it leads back here, the proxy "
                "ends TLS and asks Maane over http: let it pass on instead of redirecting.",
                seen,
            )
        return Fault(
            "two_origins",
            f"{self.origin} redirects to {shown}. Cookies of one address are not sent to another: "
            f"serve everything under one of the two. {set_public_url(origin)}",
            seen,
        )


NOT_MAANE_ADVICE = (
    "Check that the address is Maane's own (scheme, host and port, without a path) and that no "
    "proxy, login page or firewall answers in its place."
)


def origin_of(url: httpx.URL) -> str:
    """``scheme://host[:port]`` as browsers write it in ``Origin``."""
    host = url.raw_host.decode("ascii").lower()
    if url.scheme not in ("http", "https") or not host:
        raise ValueError("not an http address")
    host = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{host}" + ("" if url.port is None else f":{url.port}")


_NOT_JSON = object()


def _parse(data: bytes) -> object:
    # A deep nesting raises RecursionError, a number of ten thousand digits ValueError.
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _read(response: httpx.Response, began: float) -> bytes:
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > LARGEST_ANSWER_BYTES or monotonic() - began > LONGEST_ANSWER_S:
            # What is cut off is no JSON any more, and is then named as not Maane's.
            break
    return bytes(data)


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """The first error of that kind behind this one."""
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, kind):
            return current
        current = current.__cause__ or current.__context__
    return None
