"""Silence on a call's socket, and its end: the caller is asked, and at last left with a goodbye."""

from __future__ import annotations

from asyncio import TimerHandle

from maane.channels.voice.relay import frames
from maane.channels.voice.relay.session import Session

END_PAUSE_S = 0.5


class Silence:
    """Waits for the caller while nobody speaks. ``ending`` is why the session ends once its last words
    were spoken; None while it goes on."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asking: TimerHandle | None = None
        self._ending: TimerHandle | None = None
        self.ending: str | None = None

    def listen(self) -> None:
        """Waits for the caller, from when all was spoken."""
        self.hush()
        self.ending = None
        session = self._session
        self._ask_at(max(session.loop.time(), session.spoken_until) + session.limits.silence_s)

    def go_on(self) -> None:
        """Waits for what was waited for before: what was heard changed nothing."""
        if self.ending is None:
            self.listen()
        else:
            self.end_after(self.ending)

    def let_speak(self) -> None:
        """The same, where somebody began to speak whose words are not known yet."""
        if (ending := self.ending) is None:
            self.listen()
        else:
            self.hush()
            session = self._session
            self._end_at(session.loop.time() + session.limits.silence_s, ending)

    def hush(self) -> None:
        """Waits no more: somebody speaks."""
        for timer in (self._asking, self._ending):
            if timer is not None:
                timer.cancel()
        self._asking = self._ending = None

    async def say_farewell(self, words: str, reason: str) -> None:
        """Says the last words of a call and ends it."""
        session = self._session
        session.is_over = reason in ("too_long", "too_much")
        await session.say_unasked("farewell", words, reason=reason)
        self.end_after(reason)

    def end_after(self, reason: str) -> None:
        """Ends the session once the last words were spoken: what is queued at Twilio may end with it."""
        self.hush()
        self.ending = reason
        session = self._session
        self._end_at(max(session.loop.time(), session.spoken_until) + END_PAUSE_S, reason)

    def _ask_at(self, at: float) -> None:
        session = self._session
        self._asking = session.loop.call_at(at, lambda: session.line.follow(self._ask_again()))

    def _end_at(self, at: float, reason: str) -> None:
        session = self._session
        self._ending = session.loop.call_at(at, lambda: session.line.follow(self._end(reason)))

    def _speaks_until(self) -> float | None:
        """Until when somebody who began to speak may still go on; None where nobody speaks. Words that
        never became whole are kept as what they are."""
        session = self._session
        if not session.partial or session.is_over or session.is_put_through:
            return None
        until = session.partial_at + session.limits.silence_s
        if session.loop.time() < until:
            return until
        session.keep_unfinished(session.take_partial())
        return None

    async def _ask_again(self) -> None:
        session, recall = self._session, self._session.recall
        if (until := self._speaks_until()) is not None:
            self._ask_at(until)
            return
        if session.keys:
            self.listen()
            return
        sentences = recall.chosen.sentences
        recall.silences += 1
        if recall.silences > len(sentences.silent):
            await self.say_farewell(sentences.unheard, "silent")
            return
        await session.say_unasked("silence", sentences.silent[recall.silences - 1])
        self.listen()

    async def _end(self, reason: str) -> None:
        if (until := self._speaks_until()) is not None:
            self._end_at(until, reason)
            return
        await self._session.send(frames.end(reason))
        self._session.ended.set()
