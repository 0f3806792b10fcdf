"""Twilio's end of a ConversationRelay socket, as Twilio's pages describe it.

It opens the socket that a call's TwiML names, signs the handshake, sends ``setup``, and hands on each
frame that comes with its time. A session ends as there: by ``end``, by a caller who hangs up, or by a
connection that is lost; then ``<Connect action>`` is asked what follows. As there,
nothing is told that the TwiML did not ask for: ``CallLost`` says what.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from maane.channels.twilio import SIGNATURE_HEADER
from maane.channels.voice.simulator.line import CallLost, Line

OPEN_S = 5.0


@dataclass(frozen=True)
class Got:
    """A frame that Maane sent, and when."""

    at: float
    frame: dict[str, Any]


@dataclass(frozen=True)
class Door:
    """Where ``maane voice`` may listen, ``ws://host:port``, and what a TLS server there must show."""

    server: str
    trust: SSLContext | None = None


@dataclass
class Session:
    """One socket of a call. ``doors`` are tried in their order. ``on_frame`` is called by the thread that
    reads, with each frame, and with None when the socket has ended."""

    line: Line
    doors: Sequence[Door]
    connecting: Element
    on_frame: Callable[[Got | None], None] = lambda got: None
    opened: ExitStack = field(default_factory=ExitStack)
    socket: ClientConnection | None = None
    code: int | None = None

    def __post_init__(self) -> None:
        relay = next(iter(self.connecting), None)
        if relay is None or relay.tag != "ConversationRelay":
            raise CallLost("unknown_verb", "Connect")
        self.relay = relay
        self.is_greeting = True
        self.id = f"VX{secrets.token_hex(16)}"
        self.began = time.monotonic()

    @property
    def url(self) -> str:
        return self.relay.attrib["url"]

    @property
    def greeting(self) -> str:
        return self.relay.attrib.get("welcomeGreeting", "")

    @property
    def parameters(self) -> dict[str, str]:
        return {one.attrib["name"]: one.attrib["value"] for one in self.relay}

    def open(self, **more: Any) -> None:
        """The handshake and ``setup``; the greeting is being spoken then. Raises ``CallLost`` where no
        server takes it."""
        refusals = []
        for door in self.doors:
            try:
                self.knock(door, self.line.phone.sign(self.url, {}))
                break
            except InvalidStatus as error:
                raise CallLost("socket_refused", f"{door.server}: {error}") from None
            except (OSError, InvalidHandshake, ConnectionClosed) as error:
                refusals.append(f"{door.server}: {error or type(error).__name__}")
        else:
            raise CallLost("socket_unreachable", "; ".join(refusals))
        self.send(self.setup(**more))
        self.line.heard.append(self.greeting)

    def knock(self, door: Door, signature: str) -> ClientConnection:
        """The handshake, and a thread that reads. Raises what ``websockets`` does."""
        address = door.server + urlsplit(self.url).path
        self.socket = self.opened.enter_context(
            connect(
                address,
                additional_headers={SIGNATURE_HEADER: signature},
                user_agent_header="TwilioProxy/1.1",
                compression=None,
                proxy=None,
                open_timeout=OPEN_S,
                close_timeout=2,
                ssl=door.trust if address.startswith("wss:") else None,
            )
        )
        threading.Thread(target=self._read, daemon=True).start()
        return self.socket

    def setup(self, **more: Any) -> dict[str, Any]:
        return {
            "type": "setup",
            "sessionId": self.id,
            "accountSid": self.line.phone.account_sid,
            "callSid": self.line.sid,
            "parentCallSid": "",
            "from": self.line.given["From"],
            "to": self.line.phone.number,
            "forwardedFrom": "",
            "callType": "PSTN",
            "callerName": "",
            "direction": "inbound",
            "callStatus": "RINGING",
            "customParameters": self.parameters,
        } | more

    def send(self, frame: dict[str, Any] | str | bytes) -> None:
        """Raises ``CallLost`` where the socket has ended."""
        if self.socket is None:
            raise CallLost("socket_unreachable", self.url)
        try:
            self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))
        except ConnectionClosed:
            raise CallLost("socket_lost", self.url) from None

    def say(self, words: str, *, last: bool = True) -> float:
        """The caller's words, as they were understood; the time at which they left."""
        if not last:
            self._must_ask("partialPrompts", "true")
        self.is_greeting = self.is_greeting and not last
        at = time.monotonic()
        language = self.relay.attrib.get("language", "")
        self.send({"type": "prompt", "voicePrompt": words, "lang": language, "last": last})
        return at

    def press(self, keys: str) -> None:
        self._must_ask("dtmfDetection", "true")
        self.is_greeting = False
        for key in keys:
            self.send({"type": "dtmf", "digit": key})

    def interrupt(self, heard: str, after_ms: int | str = 800) -> float:
        """The caller spoke over what is being said, of which they had heard so much."""
        which = "welcomeGreetingInterruptible" if self.is_greeting else "interruptible"
        self._must_ask(which, "any", "speech")
        self.is_greeting = False
        at = time.monotonic()
        self.send(
            {
                "type": "interrupt",
                "utteranceUntilInterrupt": heard,
                "durationUntilInterruptMs": after_ms,
            }
        )
        return at

    def _must_ask(self, attribute: str, *values: str) -> None:
        """Raises ``CallLost`` where the TwiML gives an attribute none of these values."""
        if self.relay.attrib.get(attribute) not in values:
            raise CallLost("not_asked_for", attribute)

    def after(self, status: str, **more: str) -> str:
        """Asks the action what follows; what is said then."""
        return self.line.follow(self.report(status, **more))

    def report(self, status: str, **more: str) -> Any:
        """Tells the action that the session has ended, and how."""
        lasted = str(round(time.monotonic() - self.began))
        fields = self.line.fields(SessionId=self.id, SessionStatus=status, SessionDuration=lasted)
        return self.line.post(self.connecting.attrib["action"], fields | more)

    def hang_up(self) -> None:
        """The caller hangs up."""
        self.close()
        self.line.status = "completed"
        self.report("completed")
        self.line.end()

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()

    def _read(self) -> None:
        socket = self.socket
        if socket is None:
            return
        try:
            for text in socket:
                self.on_frame(Got(time.monotonic(), json.loads(text)))
        except (ConnectionClosed, OSError, ValueError):
            # It ended otherwise than by the rules; the code says how.
            pass
        self.code = socket.close_code
        self.on_frame(None)
