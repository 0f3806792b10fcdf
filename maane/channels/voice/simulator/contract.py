"""Shapes of simulated calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import Field

from maane.channels.voice.payload import LONGEST_SPEECH
from maane.channels.voice.simulator.operations import Seen
from maane.kit.endpoint import Query, Shape
from maane.kit.text import Phone, Text

Engine = Literal["gather", "relay"]


class SimulatedCallBody(Shape):
    """``from_phone`` is null for a caller who withholds their number, ``engine`` for the one that the
    business chose."""

    from_phone: Phone | None
    engine: Engine | None


class SimulatedActBody(Shape):
    """What the caller does. ``text`` is what they say, the keys they press, or, of an interruption, the
    words that they had heard by then."""

    kind: Literal["speech", "partial", "keys", "silence", "interrupt", "hang_up"] = "speech"
    text: Annotated[Text, Field(max_length=LONGEST_SPEECH)] = ""


class SimulatedCallQuery(Query):
    """Lines after this number."""

    after: int = Field(default=0, ge=0, le=2**31 - 1)


class SimulatedCallLine(Shape):
    """See ``simulator.models``."""

    number: int
    by_caller: bool
    kind: str
    text: str
    took_ms: int | None
    is_last: bool
    at: datetime


class SimulatedCall(Shape):
    """``call_id`` is the call that it is, once that is known. ``reason`` is why it failed."""

    id: int
    state: Literal["ringing", "going", "over", "failed"]
    engine: Engine | None
    is_listening: bool
    call_id: int | None
    reason: str | None
    lines: list[SimulatedCallLine]


def call_of(seen: Seen) -> SimulatedCall:
    call = seen.call
    return SimulatedCall(
        id=call.id,
        state=cast("Literal['ringing', 'going', 'over', 'failed']", seen.state),
        engine=cast("Engine | None", call.engine),
        is_listening=call.is_listening,
        call_id=call.call_id,
        reason=seen.reason,
        lines=[
            SimulatedCallLine(
                number=line.number,
                by_caller=line.by_caller,
                kind=line.kind,
                text=line.text,
                took_ms=line.took_ms,
                is_last=line.is_last,
                at=line.at,
            )
            for line in seen.lines
        ],
    )
