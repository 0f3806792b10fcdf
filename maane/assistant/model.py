"""The language model as the rest of Maane sees it.

What a person wrote is only ever data: it goes in as the user's words and cannot change the prompt. A
failure says whether trying again may help; the turn does not wait for that and lets intake answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said: by the customer, or by us."""

    by: Literal["customer", "us"]
    text: str


class ModelError(Exception):
    """No usable reply. ``reason`` is a short word for the log: status, timeout, empty."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Model(Protocol):
    """Answers a conversation. Raises ``ModelError``."""

    def reply(self, instructions: str, conversation: list[Said]) -> str:
        """The reply to the last thing said. ``instructions`` are the business's prompt and rules."""
        ...
