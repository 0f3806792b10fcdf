"""A cookie jar that says why: which cookie it did not keep, and which it does not send back.

It follows what browsers and curl do (RFC 6265bis), for one host, since the doctor never leaves the
address it was given. The standard library's jar applies other rules (it never sends a ``Secure``
cookie over http, loopback included) and hides its reasons; this one exists for the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

# The names over which browsers and curl take a Secure cookie without TLS.
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

LARGEST_COOKIE_BYTES = 4096

Refusal = Literal["secure", "domain", "path", "prefix", "same_site", "expired", "malformed"]


@dataclass(frozen=True, slots=True)
class SetCookie:
    """One ``Set-Cookie`` header, as it was written.

    ``domain`` and ``path`` are what the header says, None where it says nothing; ``lifetime_s`` is
    the number of seconds it asks to be kept, None for the length of the browser's session.
    ``is_dated`` is true where that lifetime hangs on the clocks of both machines.
    """

    name: str
    value: str
    domain: str | None = None
    path: str | None = None
    is_secure: bool = False
    is_http_only: bool = False
    is_partitioned: bool = False
    same_site: str | None = None
    lifetime_s: float | None = None
    is_dated: bool = False

    def attributes(self) -> str:
        """The attributes in one short phrase, without the value."""
        words = [
            "Secure" if self.is_secure else "",
            "HttpOnly" if self.is_http_only else "",
            f"SameSite={self.same_site}" if self.same_site else "",
            "Partitioned" if self.is_partitioned else "",
            f"Path={self.path}" if self.path else "",
            f"Domain={self.domain}" if self.domain else "",
        ]
        return "; ".join(word for word in words if word) or "no attributes"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the jar did with one ``Set-Cookie``: ``refusal`` is None when it was stored."""

    cookie: SetCookie
    refusal: Refusal | None = None
    why: str = ""


def parse_set_cookie(header: str, now: datetime | None = None) -> SetCookie | None:
    """Reads one header; None when no browser could make a cookie of it.

    ``http.cookies`` is not used: it knows no ``Partitioned`` before Python 3.14 and drops what it
    does not understand without a word.
    """
    first, *rest = header.split(";")
    name, separator, value = first.partition("=")
    if not separator or not name.strip() or _has_control_characters(header):
        return None
    given: dict[str, str] = {}
    for part in rest:
        key, _, text = part.partition("=")
        given[key.strip().lower()] = text.strip()
    lifetime, is_dated = _lifetime(given, now or datetime.now(UTC))
    path = given.get("path", "")
    return SetCookie(
        name=name.strip(),
        value=value.strip(),
        domain=given.get("domain", "").lstrip(".").lower() or None,
        path=path if path.startswith("/") else None,
        is_secure="secure" in given,
        is_http_only="httponly" in given,
        is_partitioned="partitioned" in given,
        same_site=given.get("samesite") or None,
        lifetime_s=lifetime,
        is_dated=is_dated,
    )


class Jar:
    """The cookies of one address, each with the rules under which it goes back."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], SetCookie] = {}
        self._seen: dict[str, SetCookie] = {}

    def store(self, url: str, headers: Sequence[str]) -> list[Kept]:
        """Takes the ``Set-Cookie`` headers of an answer from ``url``; one ``Kept`` for each."""
        return [self._store(url, header) for header in headers]

    def named(self, name: str) -> list[SetCookie]:
        """Every stored cookie of that name; more than one when paths or domains differ."""
        return [cookie for cookie in self._kept.values() if cookie.name == name]

    def for_request(self, url: str) -> list[SetCookie]:
        """The cookies that go with a request to ``url``, longest path first, as browsers do."""
        cookies = [
            cookie
            for (_, domain, path), cookie in self._kept.items()
            if self._refuses_to_send(cookie, domain, path, url) is None
        ]
        return sorted(cookies, key=lambda cookie: -len(cookie.path or "/"))

    def why_not_sent(self, name: str, url: str) -> str | None:
        """Why no cookie of that name goes to ``url``; None when one does."""
        why = f"no {name} is stored"
        for (stored, domain, path), cookie in self._kept.items():
            if stored != name:
                continue
            refused = self._refuses_to_send(cookie, domain, path, url)
            if refused is None:
                return None
            why = refused
        return why

    def everything_seen(self) -> list[SetCookie]:
        """The last value of every cookie the server ever set, stored or not.

        For leaving only: a session whose cookie no browser would keep still lives on the server,
        and the doctor must be able to end what it began.
        """
        return [cookie for cookie in self._seen.values() if cookie.value]

    def _store(self, url: str, header: str) -> Kept:
        cookie = parse_set_cookie(header)
        if cookie is None:
            name = header.split("=", 1)[0].strip()
            return Kept(SetCookie(name, ""), "malformed", "no browser can read this Set-Cookie")
        self._seen[cookie.name] = cookie
        refused = _refuses_to_store(cookie, url)
        if refused is not None:
            return Kept(cookie, *refused)
        host = urlsplit(url).hostname or ""
        key = (cookie.name, cookie.domain or host, cookie.path or _default_path(url))
        if cookie.lifetime_s is not None and cookie.lifetime_s <= 0:
            self._kept.pop(key, None)
            # An empty value is an ordinary deletion; a full one was meant to be kept.
            if cookie.value:
                return Kept(cookie, "expired", "it had expired when it arrived")
            return Kept(cookie)
        self._kept[key] = cookie
        return Kept(cookie)

    @staticmethod
    def _refuses_to_send(cookie: SetCookie, domain: str, path: str, url: str) -> str | None:
        parts = urlsplit(url)
        if not _domain_covers(domain, parts.hostname or "", is_exact=cookie.domain is None):
            return f"it is bound to {domain}"
        if not _path_covers(path, parts.path or "/"):
            return f"its Path {path} does not cover {parts.path or '/'}"
        if cookie.is_secure and not is_trustworthy(url):
            return "it is Secure and the address is plain http"
        return None


def is_trustworthy(url: str) -> bool:
    """True where a browser takes Secure cookies: https, or http on a loopback name."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.hostname or "") in LOOPBACK_NAMES


def _refuses_to_store(cookie: SetCookie, url: str) -> tuple[Refusal, str] | None:
    """Why a browser that asked ``url`` throws this cookie away; None when it keeps it."""
    host = urlsplit(url).hostname or ""
    if cookie.domain is not None and not _domain_covers(cookie.domain, host, is_exact=False):
        return "domain", f"its Domain={cookie.domain} does not cover {host}"
    if cookie.is_secure and not is_trustworthy(url):
        return "secure", f"it is Secure, and {host} was asked over plain http"
    if len(cookie.name) + len(cookie.value) > LARGEST_COOKIE_BYTES:
        return "malformed", f"it is larger than {LARGEST_COOKIE_BYTES} bytes"
    if (cookie.same_site or "").lower() == "none" and not cookie.is_secure:
        return "same_site", "SameSite=None needs Secure beside it"
    if cookie.is_partitioned and not cookie.is_secure:
        return "same_site", "Partitioned needs Secure beside it"
    if cookie.name.lower().startswith("__secure-") and not cookie.is_secure:
        return "prefix", "the __Secure- prefix needs Secure"
    if cookie.name.lower().startswith("__host-"):
        return _breaks_host_prefix(cookie)
    return None


def _breaks_host_prefix(cookie: SetCookie) -> tuple[Refusal, str] | None:
    if not cookie.is_secure:
        return "prefix", "the __Host- prefix needs Secure"
    if cookie.domain is not None:
        return "domain", f"the __Host- prefix allows no Domain, and it has {cookie.domain}"
    if cookie.path != "/":
        return "path", f"the __Host- prefix needs Path=/, and it has {cookie.path or 'none'}"
    return None


def _lifetime(given: dict[str, str], now: datetime) -> tuple[float | None, bool]:
    # Max-Age wins over Expires, and needs no agreement between two clocks.
    if "max-age" in given:
        try:
            return float(int(given["max-age"])), False
        except (ValueError, OverflowError):
            pass
    if "expires" in given:
        try:
            at = parsedate_to_datetime(given["expires"])
        except (ValueError, TypeError, OverflowError):
            return None, False
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        return (at - now).total_seconds(), True
    return None, False


def _domain_covers(domain: str, host: str, *, is_exact: bool) -> bool:
    domain, host = domain.lower(), host.lower()
    if domain == host:
        return True
    is_address = ":" in host or host.replace(".", "").isdigit()
    return not is_exact and not is_address and "." in domain and host.endswith("." + domain)


def _path_covers(path: str, asked: str) -> bool:
    if asked == path:
        return True
    return asked.startswith(path) and (path.endswith("/") or asked[len(path)] == "/")


def _default_path(url: str) -> str:
    path = urlsplit(url).path
    return path.rpartition("/")[0] or "/"


def _has_control_characters(text: str) -> bool:
    return any(ord(character) < 32 or ord(character) == 127 for character in text)
