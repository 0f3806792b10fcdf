"""The language model as the rest of Maane sees it.

What a person wrote is only ever data: it goes in as the user's words and cannot change the prompt. A
failure says whether trying again may help; the turn does not wait for that and lets intake answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from maane.kit.text import storable


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said: by the customer, or by us."""

    by: Literal["customer", "us"]
    text: str


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that the model may ask for. ``run`` takes ``arguments``, checked already, and returns
    what the model is told. It knows its business and its conversation; no argument names either."""

    name: str
    description: str
    arguments: type[BaseModel]
    run: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Budget:
    """What one turn may cost: seconds, tokens as the model counts them, and uses of tools."""

    time_s: float = 30.0
    tokens: int = 40_000
    tool_calls: int = 8


class Arguments(BaseModel):
    """What a model may give to a tool: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


def plain(value: str) -> str:
    """Words of a model, as they can be stored."""
    return storable(value).strip()


class ModelError(Exception):
    """No usable reply. ``reason`` is a short word for the log: status, timeout, empty, tokens,
    tool_calls."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Model(Protocol):
    """Answers a conversation. Raises ``ModelError``."""

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        """The reply to the last thing said. ``instructions`` are the business's prompt and rules."""
        ...
