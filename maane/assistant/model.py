"""The language model as the rest of Maane sees it.

What a person wrote is only ever data: it goes in as the user's words and cannot change the prompt. A
failure says whether trying again may help; the turn does not wait for that and lets intake answer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from maane.kit.text import storable
from maane.settings import Settings


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
class Use:
    """The model is about to use a tool."""

    tool: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer of the model cost, in tokens as it counts them. ``is_cut``: it was as long as it may
    be, and would have gone on."""

    tokens: int
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Budget:
    """What one turn may cost: seconds, tokens as the model counts them, of which one answer is at most
    ``answer_tokens``, and uses of tools."""

    time_s: float = 30.0
    tokens: int = 40_000
    tool_calls: int = 8
    answer_tokens: int = 4_000

    def room(self, tokens: int) -> int:
        """How many tokens the next answer may be, where ``tokens`` are spent. Raises ``ModelError``
        where none are left."""
        self.check(tokens + 1, 0)
        return min(self.answer_tokens, self.tokens - tokens)

    def check(self, tokens: int, uses: int) -> None:
        """Raises ``ModelError``. What an answer cost is looked at before it leads to more; a reply
        that is there is not thrown away for it."""
        if tokens > self.tokens:
            raise ModelError("tokens")
        if uses > self.tool_calls:
            raise ModelError("tool_calls")


def budget_of(settings: Settings, time_s: float | None = None) -> Budget:
    """What an operator lets a turn cost; ``time_s`` is what it may take at most, where that is less."""
    longest_s = settings.turn_time_s if time_s is None else min(time_s, settings.turn_time_s)
    return Budget(
        longest_s,
        settings.turn_tokens,
        settings.turn_tool_calls,
        min(settings.turn_answer_tokens, settings.turn_tokens),
    )


LETTERS_OF_TOKEN = 2
"""Of Hebrew; English has more. So what is estimated is rather too much."""


def estimated(letters: int) -> int:
    """The tokens of so many characters, where a server does not count them."""
    return letters // LETTERS_OF_TOKEN + 1


def knows_new_limit(base_url: str) -> bool:
    """True for OpenAI's own servers, whose newer models refuse ``max_tokens`` and take
    ``max_completion_tokens``; compatible ones often know only the older name."""
    host = urlsplit(base_url).hostname or ""
    return host.endswith((".openai.com", ".azure.com"))


class Arguments(BaseModel):
    """What a model may give to a tool: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


def plain(value: str) -> str:
    """Words of a model, as they can be stored."""
    return storable(value).strip()


class ModelError(Exception):
    """No usable reply. ``reason`` is a short word for the log: status, timeout, empty, tokens,
    tool_calls, or the name of what a library raised."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Model(Protocol):
    """Answers a conversation. Raises ``ModelError``."""

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        """The reply to the last thing said. ``instructions`` are the business's prompt and rules."""
        ...


class SpeakingModel(Protocol):
    """Answers a conversation word by word, on the event loop of whoever listens."""

    def speak(
        self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()
    ) -> AsyncGenerator[str | Use | Cost]:
        """As ``Model.reply``, whose text comes in pieces as the model makes them. Has no budget of time:
        who listens knows best how long a caller waits."""
        ...
