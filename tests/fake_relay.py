"""The simulator's end of a ConversationRelay socket, with what only a test does: it keeps each frame that
comes with its time, waits for them, and breaks the rules where it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from websockets.sync.client import ClientConnection

from maane.channels.voice.simulator import session
from maane.channels.voice.simulator.session import Door, Got
from tests.fake_twilio_voice import Line, signature

PATIENCE_S = 20.0


class Session(session.Session):
    """One socket of a call. ``server`` is where ``maane voice`` listens, ``ws://host:port``."""

    line: Line

    def __init__(self, line: Line, server: str, connecting: ElementTree.Element) -> None:
        self.server = server
        self.got: list[Got] = []
        self.seen = 0
        self.changed = threading.Condition()
        super().__init__(line, [Door(server)], connecting, on_frame=self._take)

    def connect(self, *, signed: str | None = None, token: str | None = None) -> ClientConnection:
        """The handshake. Raises ``InvalidStatus`` where it is refused."""
        header = signature(token or self.line.phone.token, signed or self.url, {})
        return self.knock(self.doors[0], header)

    def open(self, **more: Any) -> Session:
        super().open(**more)
        return self

    def ask(self, words: str) -> str:
        """Says something; the whole answer to it."""
        self.say(words)
        return self.answer()

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [one.frame for one in self.got]

    def answer(self) -> str:
        """What is said until a frame that is the last of its turn, since the answer before."""
        said: list[str] = []
        while True:
            frame = self.token().frame
            if frame["type"] != "text":
                continue
            assert isinstance(frame["token"], str)
            said.append(frame["token"])
            if frame.get("last"):
                return "".join(said).strip()

    def token(self) -> Got:
        """The next words, of a turn that goes on."""
        at = self.seen
        self.wait(lambda: len(self.got) > at)
        self.seen += 1
        return self.got[at]

    def rest_for(self, seconds: float) -> list[dict[str, Any]]:
        """What came within so long."""
        time.sleep(seconds)
        new = self.frames[self.seen :]
        self.seen = len(self.got)
        return new

    def wait(self, is_so: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        with self.changed:
            done = self.changed.wait_for(is_so, seconds)
        assert done, f"it did not come: {self.frames[-6:]}, closed by {self.code}"

    def wait_for_end(self) -> str:
        """Waits for ``end`` and does what Twilio does then: the TwiML that follows is followed."""
        self.wait(lambda: any(one["type"] == "end" for one in self.frames))
        handoff = next(one for one in self.frames if one["type"] == "end")["handoffData"]
        self.close()
        return self.after("ended", HandoffData=handoff)

    def drop(self) -> Session:
        """The connection is lost; the session that the business offers then, opened."""
        self.lose()
        self.after("failed", ErrorCode="64102", ErrorMessage="lost")
        assert self.line.connecting is not None, self.line.heard
        return Session(self.line, self.server, self.line.connecting).open()

    def lose(self) -> None:
        assert self.socket is not None
        self.socket.socket.close()

    def wait_closed(self) -> int | None:
        self.wait(lambda: self.code is not None)
        return self.code

    def _take(self, got: Got | None) -> None:
        with self.changed:
            if got is not None:
                self.got.append(got)
            self.changed.notify_all()
