"""The threads of a web process that make simulated calls for its pages.

A page is served by whichever process its request comes to, and a call must be held by one. So what the
page asks for and what happens stand in the database, and the thread looks there. A call ends with its
thread, and a thread with its process: then the page says so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from maane.channels.voice.simulator import network, operations
from maane.channels.voice.simulator.account import account_of
from maane.channels.voice.simulator.line import Line
from maane.channels.voice.simulator.models import SimulatedLine
from maane.channels.voice.simulator.talk import Event, Talk
from maane.kit.db import Database
from maane.kit.errors import NotFound, Unavailable
from maane.kit.logging import LOG
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy.access import tenant_for_job

TICK_S = 0.12
ALIVE_S = 5.0
AWAY_S = 15.0
"""So long the database may be away in a call that is only a trial."""
SILENCE_S = 60.0
"""A caller who types takes longer than one who speaks; after so long they are silent."""
BY_CALLER = frozenset({"heard", "keys", "silence", "interrupt", "hang_up"})


@dataclass
class Simulator:
    """``app`` is the WSGI application of this process, through which its calls go."""

    database: Database
    settings: Settings
    app: Any

    def line(self, business_id: int, caller: str | None, engine: str | None) -> Line:
        """A call that was not dialled yet."""
        account = account_of(self.settings, business_id)
        phone = network.inner_phone(self.settings, account, self.app)
        return network.line_of(phone, caller, engine)

    def dial(self, business_id: int, key: int, line: Line) -> None:
        """Dials on a thread of its own. The call was begun in the database."""
        call = _Call(self, business_id, key, line)
        threading.Thread(target=call.run, name=f"simulated call {key}", daemon=True).start()


def forget_old(database: Database) -> None:
    """Removes of every business what simulated calls left behind a day ago."""
    with database.transaction(writes=False) as tx:
        business_ids = tenancy.list_ids(tx)
    for business_id in business_ids:
        with database.transaction(business_id) as tx:
            operations.forget_old(tx, tenant_for_job(tx, business_id))


@dataclass
class _Call:
    simulator: Simulator
    business_id: int
    key: int
    line: Line
    events: list[Event] = field(default_factory=list)
    taken: int = 0
    written_at: float = 0.0
    quiet_since: float = 0.0
    was: tuple[Any, ...] = ()

    def run(self) -> None:
        """Makes the call until it has ended."""
        settings = self.simulator.settings
        talk = Talk(self.line, lambda line: network.session_of(settings, line), self._hear)
        try:
            talk.dial()
            self._go_on(talk)
        except NotFound:
            # The call was erased, or its business: nobody looks at it any more.
            pass
        except Exception as error:
            LOG.error(
                "simulated call failed",
                business_id=self.business_id,
                simulated_call_id=self.key,
                error=type(error).__name__,
            )
        finally:
            talk.close()

    def _go_on(self, talk: Talk) -> None:
        deadline = time.monotonic() + self.simulator.settings.call_minutes * 60
        away_since: float | None = None
        self.quiet_since = time.monotonic()
        while True:
            tick = time.monotonic() + TICK_S
            while (left_s := tick - time.monotonic()) > 0 and not talk.is_over:
                talk.pump(left_s)
            try:
                for asked in self._asked():
                    self._do(talk, asked)
                self._write(talk)
                away_since = None
            except Unavailable:
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since > AWAY_S:
                    return
                time.sleep(TICK_S)
                continue
            if talk.is_over:
                return
            if time.monotonic() > deadline:
                talk.hang_up()
            elif not talk.is_relay and time.monotonic() - self.quiet_since > SILENCE_S:
                self.quiet_since = time.monotonic()
                talk.be_silent()

    def _hear(self, event: Event) -> None:
        """Pieces of one sentence that came at once are one line."""
        if event.kind in BY_CALLER:
            return
        last = self.events[-1] if self.events else None
        if event.kind == "says" and last is not None and last.kind == "says" and not last.is_last:
            took_ms = last.took_ms if last.took_ms is not None else event.took_ms
            self.events[-1] = replace(
                last, text=last.text + event.text, took_ms=took_ms, is_last=event.is_last
            )
        else:
            self.events.append(event)
        if event.kind == "failed":
            LOG.warning(
                "simulated call lost", business_id=self.business_id, reason=event.text[:300]
            )
        self.quiet_since = time.monotonic()

    def _asked(self) -> Sequence[SimulatedLine]:
        with self.simulator.database.transaction(self.business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, self.business_id)
            lines = operations.asked_of(tx, tenant, self.key, self.taken)
        if lines:
            self.taken = lines[-1].number
            self.quiet_since = time.monotonic()
        return lines

    def _do(self, talk: Talk, asked: SimulatedLine) -> None:
        match asked.kind:
            case "speech":
                is_taken = talk.speak(asked.text)
            case "partial":
                is_taken = talk.mumble(asked.text)
            case "keys":
                is_taken = talk.press(asked.text)
            case "silence":
                is_taken = talk.be_silent()
            case "interrupt":
                is_taken = talk.interrupt(asked.text)
            case _:
                talk.hang_up()
                is_taken = True
        if not is_taken and asked.kind != "partial":
            self.events.append(Event(0.0, "unheard", asked.text))

    def _write(self, talk: Talk) -> None:
        """Notes what happened, and from time to time that the call goes on."""
        state = "going" if talk.is_listening or self.line.answers else "ringing"
        reason = None
        if talk.is_over:
            state = "over" if talk.failure is None else "failed"
            reason = None if talk.failure is None else talk.failure.reason
        engine = "relay" if talk.is_relay else "gather" if talk.is_listening else None
        stands = (state, engine, talk.is_listening, reason)
        is_due = time.monotonic() - self.written_at > ALIVE_S
        if not self.events and stands == self.was and not is_due:
            return
        events = [
            replace(event, text=event.text.partition(" ")[0]) if event.kind == "failed" else event
            for event in self.events
        ]
        with self.simulator.database.transaction(self.business_id) as tx:
            operations.note(
                tx,
                tenant_for_job(tx, self.business_id),
                self.key,
                events,
                state=state,
                engine=engine or (self.was[1] if self.was else None),
                is_listening=talk.is_listening,
                reason=reason,
            )
        self.events.clear()
        self.was, self.written_at = stands, time.monotonic()
