"""What one call may last and cost, whoever calls: a machine that talks to us must not run up a bill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from maane.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """``silence_s`` is waited for a silent caller before they are asked; ``duration_s`` is counted from
    the ring, ``turns`` are those in which something was heard, ``tokens`` as the model counts them."""

    silence_s: float
    duration_s: float
    turns: int
    tokens: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            silence_s=settings.call_silence_s,
            duration_s=settings.call_minutes * 60,
            turns=settings.call_turns,
            tokens=settings.call_tokens,
        )

    def reached(
        self, *, age_s: float, turns: int, tokens: int
    ) -> Literal["too_long", "too_much"] | None:
        """Why a call that is to take one more turn must end instead."""
        if age_s >= self.duration_s:
            return "too_long"
        return "too_much" if turns > self.turns or tokens > self.tokens else None
