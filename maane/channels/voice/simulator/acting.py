"""Makes a call from a script: does one thing after the other, and waits for each answer as a caller
would."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from maane.channels.voice.simulator.script import Step
from maane.channels.voice.simulator.talk import Event, Talk

PATIENCE_S = 20.0
"""Twilio gives up after 15 s, and Maane answers within 12."""
SILENCE_S = 75.0
"""A caller who is silent is asked after ``MAANE_CALL_SILENCE_S``, at most a minute."""
TICK_S = 0.2
_NO_WORDS = re.compile(r"\W+")


@dataclass
class Acted:
    """What came of a script. ``reason`` is why it failed, in words for an operator; None where it did
    not."""

    events: list[Event] = field(default_factory=list)
    reason: str | None = None


def act(
    steps: Sequence[Step],
    new_talk: Callable[[Callable[[Event], None]], Talk],
    tell: Callable[[Event], None],
) -> Acted:
    """Dials, does the steps, hangs up. ``tell`` hears the events as they come."""
    acted = Acted()

    def hear(event: Event) -> None:
        acted.events.append(event)
        tell(event)

    talk = new_talk(hear)
    try:
        acted.reason = _act(talk, steps)
    finally:
        talk.close()
    return acted


def _act(talk: Talk, steps: Sequence[Step]) -> str | None:
    talk.dial()
    if not _wait(talk, lambda: talk.is_listening, PATIENCE_S):
        return _failed(talk) or "nobody answered the call"
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step.kind == "hang_up":
            talk.hang_up()
            return None
        if talk.is_over:
            return _failed(talk) or f"line {step.line}: the call had ended before it was said"
        if reason := _do(talk, step, following):
            return reason
    return _failed(talk)


def _do(talk: Talk, step: Step, following: Step | None) -> str | None:
    """One step and the answer to it; why it failed, if it did."""
    if step.kind == "interrupt":
        return _interrupt(talk, step)
    if talk.is_relay and step.kind != "silence":
        _let_speak(talk)
    answers = talk.answers
    act = {"speak": talk.speak, "keys": talk.press}.get(step.kind)
    is_taken = talk.be_silent() if act is None else act(step.text)
    if not is_taken:
        return _failed(talk) or f"line {step.line}: nobody listens"
    if following is not None and following.kind == "interrupt":
        # What is spoken over need not be heard to its end.
        return None
    patience_s = SILENCE_S if step.kind == "silence" else PATIENCE_S
    patience_s += max(0.0, talk.spoken_until - time.monotonic())

    def is_answered() -> bool:
        return talk.answers > answers and talk.is_listening

    if _wait(talk, is_answered, patience_s) or talk.is_over:
        return _failed(talk)
    return f"line {step.line}: no answer came within {patience_s:.0f} s"


def _interrupt(talk: Talk, step: Step) -> str | None:
    """Waits until the words were said that the caller heard, and speaks over the rest."""
    heard = _plain(step.text)
    _wait(talk, lambda: heard in _plain(talk.saying) or talk.is_answered, PATIENCE_S)
    if heard not in _plain(talk.saying):
        return _failed(talk) or (
            f'line {step.line}: "{step.text}" was never said, but "{talk.saying.strip()}"'
        )
    if not talk.is_relay:
        _wait(talk, lambda: talk.is_listening, PATIENCE_S)
    talk.interrupt(step.text)
    return None


def _let_speak(talk: Talk) -> None:
    """Hears out what is being said: who speaks at once speaks over it."""
    while not talk.is_over and (left_s := talk.spoken_until - time.monotonic()) > 0:
        talk.pump(min(left_s, TICK_S))


def _wait(talk: Talk, is_so: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        left_s = deadline - time.monotonic()
        if talk.is_over or left_s <= 0:
            return is_so()
        talk.pump(min(left_s, TICK_S))
    return True


def _failed(talk: Talk) -> str | None:
    return None if talk.failure is None else f"the call was lost: {talk.failure}"


def _plain(words: str) -> str:
    return " ".join(_NO_WORDS.sub(" ", words).split()).casefold()
