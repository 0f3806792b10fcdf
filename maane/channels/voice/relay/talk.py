"""One call on its socket, from its first frame to its last.

What is heard (``hearing``) becomes turns (``answering``) of one ``session``; between them there is
``silence``. Whoever speaks over a turn, or says something newer, ends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from maane.assistant.model import SpeakingModel
from maane.channels.voice.limits import Limits
from maane.channels.voice.relay import frames
from maane.channels.voice.relay.answering import Answering
from maane.channels.voice.relay.hearing import Hearing
from maane.channels.voice.relay.keeping import Keeper, Recall
from maane.channels.voice.relay.session import Session
from maane.channels.voice.relay.silence import Silence

LOOK_AGAIN_S = 5.0
"""So long after it was due the end of a call is looked at again that waited for a person to be rung."""


class Talk:
    """``send`` puts a frame on the socket; ``ended`` is set when we ended the session."""

    def __init__(
        self,
        recall: Recall,
        keeper: Keeper,
        model: SpeakingModel | None,
        send: Callable[[str], Awaitable[None]],
        limits: Limits,
    ) -> None:
        self._session = Session(recall, keeper, send, limits)
        self._silence = Silence(self._session)
        self._answering = Answering(self._session, self._silence, model)
        self._hearing = Hearing(self._session, self._silence, self._answering)
        left_s = max(0.0, limits.duration_s - recall.age_s)
        self._life = self._session.loop.call_later(left_s, self._is_too_long)
        self.ended = self._session.ended

    def begin(self) -> None:
        """What the call was given to begin with is being spoken by Twilio."""
        session = self._session
        session.will_be_spoken(session.last_words if session.recall.is_greeted else "")
        self._silence.listen()

    async def take(self, frame: frames.Frame) -> None:
        """One frame of Twilio's after the first."""
        if not (self._session.is_over or self._session.is_put_through):
            await self._hearing.take(frame)

    async def leave(self) -> None:
        """The socket is gone: keeps what there is to keep."""
        session = self._session
        self._life.cancel()
        self._silence.hush()
        saying, words = session.saying, self._hearing.rest()
        if saying is not None and saying.is_at_work:
            self._answering.leave(saying)
        if words:
            session.keep_unfinished(words)
        if session.unmet is not None:
            session.line.begin(partial(session.keeper.hand_over, session.recall, session.unmet))
        await session.line.finish()

    def _is_too_long(self) -> None:
        self._session.line.follow(self._end_for_length())

    async def _end_for_length(self) -> None:
        session = self._session
        if session.is_put_through:
            # It is about to end in any case, unless nobody can be rung after all.
            self._life = session.loop.call_later(LOOK_AGAIN_S, self._is_too_long)
            return
        saying = session.saying
        if saying is not None and saying.is_at_work:
            self._answering.leave(saying)
            await session.send(frames.LAST)
        await self._silence.say_farewell(session.recall.chosen.sentences.spent, "too_long")
