"""Whether Twilio could open the sockets of calls: one is opened as Twilio would, signed, and closed.

What most often is wrong: no public address is set, a proxy does not hand the path of the sockets on to
``maane voice`` or does not let them be upgraded, or that process does not run.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Literal

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from maane.channels.twilio import SIGNATURE_HEADER, sign
from maane.channels.voice.relay.way import path_of
from maane.channels.voice.simulator.account import account_of
from maane.channels.voice.simulator.network import doors
from maane.kit.wire import trust
from maane.settings import Settings

OPEN_S = 5.0
Result = Literal[
    "ok", "no_address", "not_secure", "not_running", "unreachable", "certificate", "refused"
]
OBSTACLES = frozenset({"no_address", "not_secure", "not_running", "certificate", "refused"})
"""With one of these no call could go over a socket. ``unreachable`` is none: the process runs, and some
networks do not let a machine reach its own public address."""


@dataclass(frozen=True, slots=True)
class Reach:
    """``address`` is where Twilio opens the sockets of a business."""

    address: str
    result: Result

    @property
    def is_obstacle(self) -> bool:
        return self.result in OBSTACLES


def reach(settings: Settings, business_id: int) -> Reach:
    """Asks from here. Waits for the network."""
    address = f"{settings.socket_origin}{path_of(business_id)}"
    return Reach(address, _result(settings, business_id, address))


def _result(settings: Settings, business_id: int, address: str) -> Result:
    if not (settings.voice_url or settings.public_url):
        return "no_address"
    if not address.startswith("wss:"):
        return "not_secure"
    signature = sign(account_of(settings, business_id).token, address, ())
    try:
        with connect(
            address,
            additional_headers={SIGNATURE_HEADER: signature},
            compression=None,
            proxy=None,
            open_timeout=OPEN_S,
            close_timeout=1,
            ssl=trust(),
        ):
            return "ok"
    except ssl.SSLCertVerificationError:
        return "certificate"
    except OSError:
        return "unreachable" if _is_running(settings) else "not_running"
    except WebSocketException:
        return "refused"


def _is_running(settings: Settings) -> bool:
    """Whether ``maane voice`` answers on this machine."""
    near = doors(settings)[0]
    address = near.server.replace("ws", "http", 1)
    try:
        with httpx.Client(verify=near.trust or True, timeout=OPEN_S, trust_env=False) as client:
            return client.get(f"{address}/healthz").is_success
    except httpx.HTTPError:
        return False
