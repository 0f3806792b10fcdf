"""Why a message of ours did not reach its customer, or is not known to have.

What is kept on a message (``Message.error``) is one of these words, or the code by which a provider
names what went wrong, and after a colon what the provider itself said of it. Each word has its sentence
in each language of the screen (``client/src/i18n``); a code that has none there is shown as it is.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from maane.conversations.models import WITHHELD

Failure = Literal[
    "window_closed",
    "no_number",
    "interrupted",
    "uncertain",
    "given_up",
    "unreachable",
    "no_answer",
    "odd_answer",
    "no_id",
    "refused",
    "other_provider",
    "too_long",
]
"""``interrupted``, ``uncertain``, ``no_answer`` and ``no_id``: nobody knows whether it arrived.
``refused``: by a provider that gave no code. ``odd_answer``: it did not answer as itself."""
FAILURES: Final[tuple[Failure, ...]] = get_args(Failure)

Withheld = Literal["taken_over", "stopped", "opened", "overtaken", "call_ended", "interrupted"]
"""Why a message was decided on and kept back: a person took over, the customer asked for silence, the
business opened while it was to say that it is closed, the customer wrote more before it left and the
next answer is for all, and of a call that it ended before the words, or that the caller spoke over all of
them."""
WITHHELD_FOR: Final[tuple[Withheld, ...]] = get_args(Withheld)

LONGEST = 500
"""Characters."""


def withheld(reason: Withheld) -> dict[str, str]:
    """The columns of a message that is kept back."""
    return {"status": WITHHELD, "error": reason}


def told(reason: Failure | int, *details: str) -> str:
    """A reason as it is kept: ours or a provider's code, then what the provider said."""
    return ": ".join(part for part in (str(reason), *details) if part)[:LONGEST]
