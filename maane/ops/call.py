"""``maane call``: a whole call from a script, through the routes and sockets of a running Maane."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import IO, Any

import click

from maane.calls import lookup
from maane.calls.models import Call, CallTurn
from maane.channels.voice.simulator import network
from maane.channels.voice.simulator.account import account_of
from maane.channels.voice.simulator.acting import Acted, act
from maane.channels.voice.simulator.line import Line
from maane.channels.voice.simulator.script import ScriptError, Step, read_script
from maane.channels.voice.simulator.talk import Event, Talk
from maane.kit.db import Database
from maane.kit.text import normal_phone
from maane.ops.console import opened
from maane.settings import Settings, SettingsError
from maane.tenancy.access import tenant_for_job

CALLER, MAANE = "caller", "maane"
SPOKEN = {
    "heard": (CALLER, "{}"),
    "keys": (CALLER, "[keys {}]"),
    "silence": (CALLER, "[silence]"),
    "interrupt": (CALLER, '[interrupt "{}"]'),
    "hang_up": (CALLER, "[hangup]"),
    "waits": (MAANE, "{}"),
    "says": (MAANE, "{}"),
    "dials": (MAANE, "[transfer to {}: nobody is rung in a simulated call]"),
    "ended": ("end", "{}"),
    "failed": ("failed", "{}"),
}
"""Who is named for an event, and how it reads. What is not here is not printed."""


@dataclass(frozen=True)
class Order:
    """What the command line asked for. ``caller`` is None for a number that is withheld; ``server`` and
    ``voice_server`` are empty for the processes of this machine."""

    business_id: int
    steps: Sequence[Step]
    engine: str | None
    caller: str | None
    server: str
    voice_server: str
    as_json: bool


def steps_of(file: IO[str]) -> list[Step]:
    """Raises ``SettingsError`` with the line that means nothing."""
    try:
        return read_script(file)
    except (ScriptError, UnicodeDecodeError) as error:
        raise SettingsError(f"--script: {error}") from None


def caller_of(number: str) -> str | None:
    """Who calls, E.164; None for ``withheld``. Raises ``SettingsError``."""
    if number == "withheld":
        return None
    try:
        return normal_phone(number)
    except ValueError as error:
        raise SettingsError(f"--from: {error}") from None


def make_call(settings: Settings, order: Order) -> bool:
    """Makes the call and prints it; True where it went through. Raises ``NotFound`` for a business that
    there is not."""
    with opened(settings) as database:
        with database.transaction(order.business_id, writes=False) as tx:
            tenant_for_job(tx, order.business_id)
        account = account_of(settings, order.business_id)
        phone = network.outer_phone(settings, account, order.server)
        line = network.line_of(phone, order.caller, order.engine)

        def new_talk(tell: Callable[[Event], None]) -> Talk:
            return Talk(
                line, lambda ours: network.session_of(settings, ours, order.voice_server), tell
            )

        transcript = Transcript(is_quiet=order.as_json)
        acted = act(order.steps, new_talk, transcript.take)
        transcript.finish()
        call, turns = _kept(database, order.business_id, line.sid)
    if order.as_json:
        document = _document(line, acted, transcript.lines, call, turns)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        for text in _closing(acted, call, turns):
            click.echo(text)
    return acted.reason is None


@dataclass
class Transcript:
    """Prints a call while it goes on, a line for each thing that was said or done. What is said in
    pieces is put together first."""

    is_quiet: bool
    lines: list[Event] = field(default_factory=list)
    _pieces: list[Event] = field(default_factory=list)

    def take(self, event: Event) -> None:
        if event.kind == "says":
            self._pieces.append(event)
            if event.is_last:
                self.finish()
        elif event.kind in SPOKEN:
            self.finish()
            self._print(event)

    def finish(self) -> None:
        """Prints what was said and not finished."""
        pieces, self._pieces = self._pieces, []
        words = " ".join("".join(piece.text for piece in pieces).split())
        if words:
            took_ms = next((one.took_ms for one in pieces if one.took_ms is not None), None)
            self._print(Event(pieces[0].at_s, "says", words, took_ms))

    def _print(self, event: Event) -> None:
        self.lines.append(event)
        if self.is_quiet:
            return
        who, shown = SPOKEN[event.kind]
        took = "" if event.took_ms is None else f"  ({event.took_ms / 1000:.2f} s)"
        click.echo(f"{event.at_s:7.2f}  {who:<7}  {shown.format(event.text)}{took}")


def _kept(database: Database, business_id: int, sid: str) -> tuple[Call | None, Sequence[CallTurn]]:
    with database.transaction(business_id, writes=False) as tx:
        tenant = tenant_for_job(tx, business_id)
        call = lookup.by_external_id(tx, tenant, sid)
        return call, [] if call is None else lookup.turns_of(tx, tenant, call)


def _closing(acted: Acted, call: Call | None, turns: Sequence[CallTurn]) -> Iterator[str]:
    """What Maane itself measured and kept, and why the call failed, if it did."""
    if turns:
        yield "turn  first token  first words  model   tools   waits"
    for turn in turns:
        took = (turn.first_token_ms, turn.first_audio_ms, turn.model_ms, turn.tools_ms)
        token, words, model, tools = map(_seconds, took)
        yield f"{turn.step:>4}  {token:>11}  {words:>11}  {model:>6}  {tools:>6}  {turn.rounds:>5}"
    if call is not None:
        why = f", {call.end_reason}" if call.end_reason else ""
        yield f"call {call.id}: {call.engine}, {call.outcome or call.status}{why}"
    if acted.reason is not None:
        yield f"failed: {acted.reason}"


def _document(
    line: Line,
    acted: Acted,
    lines: Sequence[Event],
    call: Call | None,
    turns: Sequence[CallTurn],
) -> dict[str, Any]:
    kept = None
    if call is not None:
        keys = ("id", "conversation_id", "engine", "status", "outcome", "end_reason", "duration_s")
        kept = {key: getattr(call, key) for key in keys}
    measured = ("step", "kind", "first_token_ms", "first_audio_ms", "model_ms", "tools_ms")
    return {
        "is_ok": acted.reason is None,
        "reason": acted.reason,
        "sid": line.sid,
        "call": kept,
        "transcript": [_told(event) for event in lines],
        "turns": [
            {key: getattr(turn, key) for key in measured}
            | {"tools": turn.tools, "waits": turn.rounds}
            for turn in turns
        ],
        "slowest_answer_ms": round(max((a.took_s for a in line.answers), default=0) * 1000),
    }


def _told(event: Event) -> dict[str, Any]:
    told = asdict(event)
    del told["is_last"]
    return told | {"who": SPOKEN[event.kind][0]}


def _seconds(ms: int | None) -> str:
    return "" if ms is None else f"{ms / 1000:.2f} s"
