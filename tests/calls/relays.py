"""The exchange with sockets: ``maane voice`` beside it, and businesses that chose them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from maane.channels.voice import settings as choices
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import Exchange
from tests.fake_relay import Session
from tests.fake_twilio_voice import Line
from tests.fakes import FakeModel
from tests.people import A, B
from tests.serving import Server


@dataclass
class Relays:
    """``voice`` is the process of the sockets."""

    exchange: Exchange
    voice: Server

    @property
    def model(self) -> FakeModel:
        return self.exchange.model

    @property
    def address(self) -> str:
        return f"ws://localhost:{self.voice.port}"

    def ring(self, caller: str = "+972502345678", business: int = A) -> Line:
        """A call, whose socket is not open yet."""
        return self.exchange.phones[business].call(caller)

    def session(self, line: Line) -> Session:
        assert line.connecting is not None, line.answers[-1]
        return Session(line, self.address, line.connecting)

    def settled(self, line: Line) -> None:
        """Waits until the first turn after the greeting is kept, and all after it."""

        def is_so() -> bool:
            turns = self.exchange.turns(line)
            return len(turns) > 1 and all(turn.state == "said" for turn in turns)

        self.exchange.wait(is_so)

    def call(self, caller: str = "+972502345678") -> Session:
        """A call whose socket is open, and was let in."""
        session = self.session(self.ring(caller)).open()
        self.exchange.wait(lambda: self.exchange.kept(session.line).socket_token is None)
        return session


@contextmanager
def relaying(exchange: Exchange, **more: str) -> Iterator[Relays]:
    """Both businesses answer over sockets until the end."""
    variables = exchange.town.variables | more
    _answer_by(exchange, choices.RELAY)
    try:
        port = int(variables["MAANE_VOICE_PORT"])
        with Server(exchange.town.settings, variables, role="voice", port=port) as voice:
            yield Relays(exchange, voice)
    finally:
        _answer_by(exchange, choices.GATHER)


def _answer_by(exchange: Exchange, engine: str) -> None:
    for key in (A, B):
        with exchange.town.database.transaction(key) as tx:
            tenant = tenant_for_job(tx, key)
            choices.change(tx, tenant, caller_for_job(tenant), {"engine": engine})
