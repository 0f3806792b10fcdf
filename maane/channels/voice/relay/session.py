"""What the rooms of one call's socket share: what is known of the call, the turn at work, and until when
what was sent is being spoken."""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial

from maane.assistant.history import Last, last_said
from maane.assistant.operations import Turn
from maane.assistant.streaming import Speech, Spoken
from maane.channels.voice.limits import Limits
from maane.channels.voice.relay import frames
from maane.channels.voice.relay.keeping import Answered, Keeper, Kept, Measured, Recall
from maane.channels.voice.relay.line import Line
from maane.channels.voice.relay.words import seconds_of
from maane.conversations.models import Message


@dataclass
class Saying:
    """A turn at work, or the last one. ``said`` is what was sent of its answer, without ``fillers``, the
    words to wait. ``is_left``: nobody hears it any more."""

    step: int
    times: Measured
    storing: asyncio.Task[Kept] | None = None
    speech: Speech | None = None
    task: asyncio.Task[None] | None = None
    settling: asyncio.Task[Answered] | None = None
    said: str = ""
    before: str = ""
    fillers: list[str] = field(default_factory=list)
    waiter: TimerHandle | None = None
    text: str | None = None
    turn_id: int | None = None
    told: str = ""
    is_closed: bool = False
    is_left: bool = False
    trimming: asyncio.Task[None] | None = None

    @property
    def is_at_work(self) -> bool:
        return self.task is not None and not self.task.done() and not self.is_closed

    @property
    def has_left(self) -> bool:
        return bool(self.said or self.fillers)

    def quiet_waiter(self) -> None:
        if self.waiter is not None:
            self.waiter.cancel()
            self.waiter = None


@dataclass(frozen=True, slots=True)
class Rest:
    """What of an answer an interruption left unsaid, and when; ``ending``: the call was to end after it
    (``Silence``)."""

    at: float
    saying: Saying
    words: str
    ending: str | None


class Session:
    """``send`` puts a frame on the socket; ``ended`` is set when we ended the session. ``partial``,
    heard at ``partial_at``, and ``keys`` are what is not whole yet. ``last`` is what was said last,
    whole, but for a question to somebody silent. ``rest`` is what an interruption left unsaid.
    ``unasked`` is what was said last without having been asked: its step and words; nothing once a turn
    followed. ``unmet`` is why a person was wanted by who then spoke over the answer; what they say next
    decides. ``is_put_through``: a person is about to be rung, whatever is heard."""

    def __init__(
        self, recall: Recall, keeper: Keeper, send: Callable[[str], Awaitable[None]], limits: Limits
    ) -> None:
        self.recall = recall
        self.keeper = keeper
        self.send = send
        self.limits = limits
        self.line = Line(keeper)
        self.loop = asyncio.get_running_loop()
        self.saying: Saying | None = None
        self.spoken_until = self.loop.time()
        self.last = _last_said(recall.history)
        self.unasked = self._greeting()
        self.partial = ""
        self.partial_at = 0.0
        self.keys = ""
        self.rest: Rest | None = None
        self.unmet: str | None = None
        self.is_over = False
        self.is_put_through = False
        self.ended = asyncio.Event()

    def will_be_spoken(self, words: str) -> None:
        begins = max(self.loop.time(), self.spoken_until)
        self.spoken_until = begins + seconds_of(words)

    @property
    def last_words(self) -> str:
        return "" if self.last is None else self.last.text

    def next_turn(self) -> Turn:
        return replace(self.recall.next_turn(), last=self.last)

    def take_partial(self) -> str:
        """What is not whole, which is gone then."""
        words, self.partial = self.partial, ""
        return words

    def keep_unfinished(self, words: str) -> None:
        """Keeps words that never became whole."""
        work = partial(self.keeper.keep_partial, self.recall, self.next_step(), words)
        self.line.begin(work)

    async def say_unasked(self, kind: str, text: str, *, reason: str | None = None) -> None:
        """Says and keeps what nobody asked for; with a ``reason`` it is the last."""
        step = self.next_step()
        self.recall.history.append(message_of(self.recall, "outbound", "assistant", text))
        self.unasked = (step, text)
        work = partial(self.keeper.say, self.recall, step, kind, text, reason=reason)
        self.line.begin(work)
        self.will_be_spoken(text)
        await self.send(frames.text(text, last=True))

    def learn(self, spoken: Spoken) -> None:
        name = spoken.reply.name or spoken.reply.deeds.details.get("name")
        if name:
            self.recall.know(name)
        if spoken.reply.consent is not None:
            self.recall.heed(spoken.reply.consent)

    def rewrite(self, text: str, heard: str) -> None:
        """Puts into the history what was heard in the place of what we had to say; of what nobody heard
        nothing."""
        history = self.recall.history
        message = last_said(history)
        if message is None or message.text != text:
            return
        if heard:
            message.text = heard
        else:
            history.remove(message)

    def _greeting(self) -> tuple[int, str] | None:
        """What Twilio speaks while the socket is opened, where that was kept as a turn."""
        return (self.recall.step - 1, self.last_words) if self.recall.is_greeted else None

    def next_step(self) -> int:
        step, self.recall.step = self.recall.step, self.recall.step + 1
        return step


def _last_said(history: list[Message]) -> Last | None:
    said = last_said(history)
    return None if said is None else Last(said.text, said.author)


def message_of(
    recall: Recall, direction: str, author: str, text: str, *, answers_id: int | None = None
) -> Message:
    """A message as the history needs it; it is never written. ``answers_id``: any, for an answer."""
    return Message(
        business_id=recall.business_id,
        conversation_id=recall.conversation_id,
        direction=direction,
        author=author,
        text=text,
        answers_id=answers_id,
        awaits_answer=direction == "inbound",
    )
