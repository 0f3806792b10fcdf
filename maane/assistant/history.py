"""What the words of a conversation until now say of the next ones: what awaits an answer, where intake
stands, and what is only said again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maane.assistant import call_words
from maane.assistant.intake import DONE
from maane.conversations.models import Message
from maane.media.words import spoken


@dataclass(frozen=True, slots=True)
class Last:
    """The last thing that was said in a call, whole, whatever of it was heard."""

    text: str
    author: str


def awaiting(history: Sequence[Message]) -> str:
    """What the customer said that was not answered yet."""
    return "\n".join(message.text for message in history if message.awaits_answer)


def last_said(history: Sequence[Message]) -> Message | None:
    return next((m for m in reversed(history) if m.direction == "outbound"), None)


def said_again(history: Sequence[Message], last: Last | None = None) -> Last | None:
    """What a call only says again: all of its last words, to whoever did not hear them; only their
    question, to somebody who said no more than a listener does where more was asked for. That once: who
    says it twice means something. ``last``: where the history may have less of it."""
    said = last_said(history)
    if last is None and said is not None:
        last = Last(said.text, said.author)
    if last is None:
        return None
    words, text = awaiting(history), ""
    if call_words.wants_repeat(words):
        text = last.text
    elif call_words.is_backchannel(words) and not _only_listened(history):
        text = call_words.asked_again(last.text)
    return Last(text, last.author) if text else None


def _only_listened(history: Sequence[Message]) -> bool:
    """True where the words before these were a listener's as well."""
    heard = [m.text for m in history if m.direction == "inbound" and not m.awaits_answer]
    return bool(heard) and call_words.is_backchannel(heard[-1])


def is_unasked(message: Message) -> bool:
    """True for what a call's own words said: a greeting, a question to somebody silent."""
    return message.author == "assistant" and message.answers_id is None


def said_in_call(history: Sequence[Message]) -> int:
    """``said_by_intake`` of a call, where what says nothing answers no question."""
    return said_by_intake(
        [
            message
            for message in history
            if not is_unasked(message)
            and not (message.direction == "inbound" and call_words.says_nothing(message.text))
        ]
    )


def said_by_intake(history: Sequence[Message]) -> int:
    """How many of its questions intake has asked since the model last answered. Its plea to write
    instead of speaking is none of them."""
    said, was_heard = 0, False
    for message in history:
        if message.direction == "inbound":
            was_heard = was_heard or bool(spoken(message.text))
            continue
        if message.author == "intake":
            said += was_heard or not said
        else:
            # What is said after a person spoke answers none of intake's own questions.
            said = DONE if message.author == "person" else 0
        was_heard = False
    return said
