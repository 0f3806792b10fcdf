"""One turn as plain values: what is known before the model is asked, and the reply that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Literal

from maane.assistant.history import Last
from maane.assistant.model import Tool
from maane.assistant.tools import Deeds
from maane.conversations.models import Message
from maane.hours.calendar import Hours, State
from maane.tenancy.access import Tenant

Consent = Literal["asked", "agreed", "refused", "unclear"]
"""Whether a caller wants a text: they were asked for it, or said yes, no, or neither."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is known when a turn begins: plain values, read before the model is asked."""

    tenant: Tenant
    prompt: str
    prompt_version: int
    history: list[Message]
    known_name: str | None
    offers_appointments: bool = False
    hours: Hours | None = None
    away: State | None = None
    """The business is closed, and its own text is the answer."""
    is_last: bool = False
    """They ended automatic messages by a word, and are to be told so."""
    is_call: bool = False
    """It is spoken. ``prompt`` is then the one for calls."""
    language: str | None = None
    """The language of a call, where it is not the business's."""
    has_number: bool = True
    """Somebody knows by which number a caller can be called back."""
    calls_about: str | None = None
    """The business made the call: what it noted of the person's request."""
    transfer: Literal["none", "ready", "missed"] = "none"
    """Somebody can be rung for a caller who wants a person; or nobody came when they were."""
    text: Literal["no", "may", "asked"] = "no"
    """A caller may be asked whether they want a text; or was asked by the last thing said."""
    last: Last | None = None
    """The last thing said in a call, where the history may have less of it."""


@dataclass(slots=True)
class Spent:
    """Where the time of a turn went, in seconds: the model's is without its tools'. ``tools`` are the
    names of those that it used."""

    model_s: float = 0.0
    tools_s: float = 0.0
    tools: list[str] = field(default_factory=list)

    def watching(self, tool: Tool) -> Tool:
        def run(arguments: Any) -> str:
            began = monotonic()
            try:
                return tool.run(arguments)
            finally:
                self.tools_s += monotonic() - began
                self.tools.append(tool.name)

        return replace(tool, run=run)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, who says it, what intake learnt, whether it took a whole message, and what the model
    did by its tools. ``text`` may be empty where the deeds say something themselves. ``transfers``: a
    person is rung after it. ``consent`` is what it means for a text to the caller; None for nothing."""

    text: str
    author: Literal["assistant", "intake"]
    name: str | None = None
    need: str | None = None
    is_taken: bool = False
    deeds: Deeds = field(default_factory=Deeds)
    spent: Spent = field(default_factory=Spent)
    ends_call: bool = False
    transfers: bool = False
    consent: Consent | None = None
