"""How a simulated call reaches Maane: on this machine, under the addresses that Twilio would sign.

Nothing is sent to the public address, so a call can be simulated before there is one. The web process
reaches itself from within, ``maane call`` over the loopback; sockets are opened at the loopback port of
``maane voice``, or where that runs elsewhere at ``MAANE_VOICE_URL``.
"""

from __future__ import annotations

import re
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from maane.channels.voice.payload import ENGINE
from maane.channels.voice.simulator.account import Account
from maane.channels.voice.simulator.line import Line, Phone
from maane.channels.voice.simulator.session import Door, Session
from maane.kit.wire import trust
from maane.settings import Settings

_FIRST = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
WITHHELD = "anonymous"
"""What Twilio says in place of a number that is withheld."""


@dataclass
class InnerPhone(Phone):
    """A phone that reaches the application of its own process."""

    app: Any = None

    def open(self) -> httpx.Client:
        within = httpx.WSGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.Client(transport=within, base_url=self.server, follow_redirects=False)


def inner_phone(settings: Settings, account: Account, app: Any) -> Phone:
    """A phone of the simulator within a web process; ``app`` is its WSGI application."""
    origin = origin_of_calls(settings)
    return InnerPhone(origin, origin, account.sid, account.token, account.number, app=app)


def outer_phone(settings: Settings, account: Account, server: str = "") -> Phone:
    """A phone of the simulator in a process of its own. ``server`` is where ``maane web`` listens; the
    loopback where none is named."""
    address = server.rstrip("/") or f"{'https' if settings.is_tls else 'http'}://{_here(settings)}"
    kept: ssl.SSLContext | bool = trust() if server else own_trust(settings) or True
    origin = origin_of_calls(settings)
    return Phone(address, origin, account.sid, account.token, account.number, trust=kept)


def line_of(phone: Phone, caller: str | None, engine: str | None) -> Line:
    """A call that was not dialled yet. ``caller`` is E.164, None where it is withheld."""
    number = caller or WITHHELD
    given = {"CallSid": f"CA{secrets.token_hex(16)}", "From": number, "Caller": number}
    if engine is not None:
        given[ENGINE] = engine
    return Line(phone, given)


def session_of(settings: Settings, line: Line, server: str = "") -> Session:
    """The socket that a call's TwiML names, not open yet. ``server``: as for ``outer_phone``."""
    if line.connecting is None:
        raise LookupError("the call goes over no socket")
    return Session(line, doors(settings, server), line.connecting)


def doors(settings: Settings, server: str = "") -> Sequence[Door]:
    """Where ``maane voice`` may listen, the nearest first."""
    if server:
        return [Door(server.rstrip("/"), trust())]
    scheme = "wss" if settings.is_tls else "ws"
    near = Door(f"{scheme}://{_here(settings, settings.voice_port)}", own_trust(settings))
    return [near, Door(settings.voice_url, trust())] if settings.voice_url else [near]


def origin_of_calls(settings: Settings) -> str:
    """The origin of the addresses that Twilio is given."""
    return settings.public_url or min(settings.own_origins)


def own_trust(settings: Settings) -> ssl.SSLContext | None:
    """Trusts this installation's own certificate and no other, whatever name it bears; None where it
    has none."""
    if settings.tls_cert is None:
        return None
    found = _FIRST.search(settings.tls_cert.read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if found is not None:
        context.load_verify_locations(cadata=found[0])
    return context


def _here(settings: Settings, port: int | None = None) -> str:
    host = settings.host
    if host in ("", "0.0.0.0", "::"):  # noqa: S104
        host = "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{settings.port if port is None else port}"
