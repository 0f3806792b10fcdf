"""What is heard on a call's socket: words, keys, and that somebody speaks over us."""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from collections.abc import Sequence
from functools import partial

from maane.assistant.call_words import asks_yes_or_no, is_backchannel
from maane.channels.voice.payload import KEYPAD, LONGEST_KEYS
from maane.channels.voice.relay import frames
from maane.channels.voice.relay.answering import Answering
from maane.channels.voice.relay.frames import Interrupt, Key, Prompt
from maane.channels.voice.relay.session import Rest, Saying, Session
from maane.channels.voice.relay.silence import Silence
from maane.channels.voice.relay.words import heard_in, joined, rest_of, seconds_of, without

KEYS_PAUSE_S = 2.0
"""So long after the last key the digits are whole."""
NEAR_END = 1 / 3
"""A yes in the last third of a question answers it."""
RESUME_S = 3.0
"""A word of a listener's that interrupted us is known as one when it comes within this."""


class Hearing:
    """What the caller says becomes turns, or stops what is being said, or neither."""

    def __init__(self, session: Session, silence: Silence, answering: Answering) -> None:
        self._session = session
        self._silence = silence
        self._answering = answering
        self._keys_timer: TimerHandle | None = None

    async def take(self, frame: frames.Frame) -> None:
        match frame:
            case Prompt(words, is_last=True) if words:
                await self._heard(words)
            case Prompt(words) if words:
                # There are many of these: whoever waits for silence looks for them when its time is over.
                self._session.partial = words
                self._session.partial_at = self._session.loop.time()
            case Key(digit):
                await self._pressed(digit)
            case Interrupt():
                await self._interrupted(frame)
            case _:
                pass

    def rest(self) -> str:
        """What was heard and has not become whole; nothing becomes of it any more."""
        self._quiet_keys()
        return joined(self._session.take_partial(), self._take_keys())

    async def _heard(self, words: str) -> None:
        session = self._session
        session.partial = ""
        if not is_backchannel(words):
            await self._answering.begin_turn(words)
        elif session.rest is not None and session.loop.time() - session.rest.at < RESUME_S:
            await self._go_on()
        elif self._is_only_listened():
            # It wants no answer, and what is being said goes on.
            self._wait_on()
        else:
            await self._answering.begin_turn(words)

    def _is_only_listened(self) -> bool:
        """True where a listener's word is no answer: over what is being said, but for the end of a
        question that it answers, for how fast a voice speaks is only reckoned; and after a goodbye."""
        session = self._session
        if self._is_at_work or self._silence.ending is not None:
            return True
        left_s = session.spoken_until - session.loop.time()
        if left_s <= 0:
            return False
        is_near_its_end = left_s <= seconds_of(session.last_words) * NEAR_END
        return not (is_near_its_end and asks_yes_or_no(session.last_words))

    @property
    def _is_at_work(self) -> bool:
        saying = self._session.saying
        return saying is not None and saying.is_at_work

    def _wait_on(self) -> None:
        """Nothing came of what was heard. A turn at work waits for the caller itself, at its end."""
        if not self._is_at_work:
            self._silence.go_on()

    async def _pressed(self, digit: str) -> None:
        session = self._session
        self._silence.hush()
        self._quiet_keys()
        if digit != "#":
            session.keys += digit
        if digit == "#" or len(session.keys) >= LONGEST_KEYS:
            await self._keys_are_whole()
        else:
            self._keys_timer = session.loop.call_later(
                KEYS_PAUSE_S, lambda: session.line.follow(self._keys_are_whole())
            )

    async def _keys_are_whole(self) -> None:
        session, words = self._session, self._take_keys()
        if words and not (session.is_over or session.is_put_through):
            await self._answering.begin_turn(words)
        else:
            self._wait_on()

    def _take_keys(self) -> str:
        keys, self._session.keys = self._session.keys, ""
        return f"{KEYPAD} {keys}" if keys else ""

    def _quiet_keys(self) -> None:
        if self._keys_timer is not None:
            self._keys_timer.cancel()
            self._keys_timer = None

    async def _interrupted(self, frame: Interrupt) -> None:
        """Falls silent at once. What the caller heard until then is what was said."""
        session = self._session
        saying, at = session.saying, session.loop.time()
        was_speaking = at < session.spoken_until
        session.spoken_until = at
        is_cut = False
        if saying is not None and saying.is_at_work:
            self._answering.stop(saying, _heard_of(saying, frame))
            await session.send(frames.LAST)
            is_cut = True
        elif session.unasked is not None and (was_speaking or frame.heard):
            is_cut = self._cut_unasked(*session.unasked, frame)
        elif saying is not None and saying.text and (was_speaking or frame.heard):
            # What Twilio says was heard is believed, whatever we reckon of the time.
            is_cut = self._cut(saying, _heard_of(saying, frame), at)
        if is_cut:
            self._silence.listen()
        else:
            self._silence.let_speak()

    def _cut_unasked(self, step: int, text: str, frame: Interrupt) -> bool:
        """Of a greeting, or of a question to somebody silent. False where all of it was heard."""
        session = self._session
        heard = _heard_in(text, frame)
        session.unasked = None
        if not rest_of(text, heard):
            return False
        session.rewrite(text, heard)
        work = partial(session.keeper.trim_unasked, session.recall, step, heard)
        session.line.begin(work)
        return True

    def _cut(self, saying: Saying, heard: str, at: float) -> bool:
        """Of an answer that was made already, and is spoken still. False where all of it was heard."""
        session, text = self._session, saying.text or ""
        rest = rest_of(text, heard)
        if not rest:
            return False
        if heard and not heard.endswith(("?", "؟")):
            session.rest = Rest(at, saying, rest, self._silence.ending)
        session.recall.untold = "" if saying.told in heard else saying.told
        session.rewrite(text, heard)
        trim = self._keep_trim(saying, heard, session.recall.untold)
        saying.trimming = session.line.follow(trim)
        return True

    async def _keep_trim(self, saying: Saying, heard: str, untold: str) -> None:
        session = self._session
        if saying.task is not None:
            await asyncio.wait([saying.task])
        if saying.turn_id is not None:
            work = partial(session.keeper.trim, session.recall, saying.turn_id, heard, untold)
            await session.line.begin(work)

    async def _keep_whole(self, saying: Saying, turn_id: int, whole: str) -> None:
        session = self._session
        if saying.trimming is not None:
            await asyncio.wait([saying.trimming])
        await session.line.begin(partial(session.keeper.mend, session.recall, turn_id, whole))

    async def _go_on(self) -> None:
        """Says the rest after all: who interrupted only listens."""
        session, unsaid = self._session, self._session.rest
        if unsaid is None or (turn_id := unsaid.saying.turn_id) is None:
            self._wait_on()
            return
        saying, rest, session.rest = unsaid.saying, unsaid.words, None
        whole = saying.text or ""
        session.recall.untold = ""
        session.rewrite(whole.removesuffix(rest).strip(), whole)
        session.line.follow(self._keep_whole(saying, turn_id, whole))
        session.will_be_spoken(rest)
        await session.send(frames.text(rest, last=True))
        if unsaid.ending is None:
            self._silence.listen()
        else:
            self._silence.end_after(unsaid.ending)


def _heard_of(saying: Saying, frame: Interrupt) -> str:
    whole = saying.text or joined(saying.before, saying.said)
    return _heard_in(whole, frame, saying.fillers)


def _heard_in(whole: str, frame: Interrupt, fillers: Sequence[str] = ()) -> str:
    """What was heard of all that was said, by what Twilio says of it."""
    if frame.heard is not None:
        return without(frame.heard, fillers)
    return whole if frame.after_ms is None else heard_in(whole, frame.after_ms)
