"""The layers a write passes through, each with a stable id, its words, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Outcome = Literal["pass", "fail", "skip", "note"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, what was sent, what came back, and how it ended.

    ``note`` is for what was tried beside the test (tidying up, looking for a cause). Nothing in a
    step is secret: tokens and cookies are cut to their first characters, the password never enters.
    """

    name: str
    sent: str
    received: str
    outcome: Outcome

    def line(self) -> str:
        went = f"{self.sent} -> {self.received}" if self.sent else self.received
        return f"{self.outcome}  {self.name}: {went}"


@dataclass(frozen=True)
class Verdict:
    """The one layer at fault (a key of ``LAYERS``), None when every step passed."""

    layer: str | None
    advice: str
    steps: list[Step]


# The ids are part of the program's interface: scripts read them, so they are added to, not renamed.
LAYERS: Final[dict[str, str]] = {
    "unreachable": "the server cannot be reached",
    "tls": "the TLS connection cannot be trusted or made",
    "not_maane": "the answers are not Maane's",
    "database": "Maane's database is away",
    "server_error": "Maane itself failed",
    "clock": "the clocks of the server and of this machine differ",
    "login": "the login is refused",
    "cookie_not_set": "a cookie is not set, or not as a browser needs it",
    "cookie_not_sent_back": "a cookie is set, but does not come back to the server",
    "header_missing": "the X-CSRFToken header does not reach the server",
    "token_mismatch": "the CSRF token sent is not the one the server expects",
    "origin_refused": "the server takes this address for a foreign origin",
    "proxy_scheme": "a proxy changed the scheme: http and https are mixed up",
    "two_origins": "the server answers under one address and expects another",
    "guard": "the authorization guard refuses",
    "csrf_off": "the protection against forged requests is off",
}


class Fault(Exception):
    """One step failed, and this layer is why.

    ``layer`` is a key of ``LAYERS``, ``advice`` whole sentences for the operator. ``seen`` is what
    came back, for the step's line, where there was no answer to describe.
    """

    def __init__(self, layer: str, advice: str, seen: str = "") -> None:
        super().__init__(layer)
        if layer not in LAYERS:
            raise KeyError(layer)
        self.layer = layer
        self.advice = advice
        self.seen = seen


GUARD_ADVICE: Final[dict[str, str]] = {
    "role_mismatch": (
        "reason role_mismatch: the role of this user may never use this route. Run the doctor with "
        "a user of the right role, or change the role of this one."
    ),
    "no_tenant": (
        "reason no_tenant: the session has no business to act on. Impersonate one first, give the "
        "user a home business, or begin again if the impersonation ran out (it lasts 30 minutes)."
    ),
    "scope_fail": (
        "reason scope_fail: the role may use this route, but not for this business. Assign the "
        "business to the manager, or check that it is not suspended."
    ),
}

CSRF_ADVICE: Final[dict[str, tuple[str, str]]] = {
    "header_missing": (
        "header_missing",
        "The doctor sent X-CSRFToken and the server did not see it. Something between removes "
        "request headers it does not know: let X-CSRFToken pass in the proxy, CDN or firewall.",
    ),
    "cookie_missing": (
        "cookie_not_sent_back",
        "The doctor sent the XSRF-TOKEN cookie and the server did not see it. Something between "
        "removes cookies: let the Cookie header pass unchanged on /api.",
    ),
    "session_missing": (
        "cookie_not_sent_back",
        "The server found no token in the session. Either the __Host-session cookie does not reach "
        "it (let the Cookie header pass unchanged on /api), or several processes answer that do "
        "not share MAANE_DATABASE_URL and MAANE_SECRET_KEY.",
    ),
    "token_mismatch": (
        "token_mismatch",
        "The doctor sent exactly the token it had just been given. Either several servers answer "
        "that do not share MAANE_DATABASE_URL and MAANE_SECRET_KEY, or a cache answers "
        "GET /api/auth/csrf (never cache /api), or something rewrites the X-CSRFToken header.",
    ),
    "cross_origin": (
        "origin_refused",
        "The doctor sent no Origin, Referer or Sec-Fetch-Site, and yet the server saw a foreign "
        "one. Something between adds such a header to requests: stop it from doing so.",
    ),
}


def set_public_url(origin: str) -> str:
    """The advice that ends most mismatches of origins."""
    return (
        f"If people are meant to use {origin}, set MAANE_PUBLIC_URL={origin} and start Maane again."
    )
