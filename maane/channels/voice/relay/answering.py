"""What is said on a call's socket: a turn is one task, whose words leave as the model makes them.

Nothing here waits for the database before a word leaves but for what only the database can say. What is
kept of a turn that was ended is what the caller heard of it.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial

from maane.assistant.history import Last
from maane.assistant.model import ModelError, SpeakingModel, Use
from maane.assistant.operations import Reply, untold_of
from maane.assistant.streaming import Speech, Spoken
from maane.channels.voice.relay import frames
from maane.channels.voice.relay.keeping import (
    AWAITED_S,
    PATIENCE_S,
    Answered,
    Kept,
    Measured,
    Superseded,
)
from maane.channels.voice.relay.session import Saying, Session, message_of
from maane.channels.voice.relay.silence import Silence
from maane.channels.voice.relay.words import joined, rest_of
from maane.conversations import consent
from maane.kit.logging import LOG

FIRST_WORD_S = 9.5
"""A model that has said nothing by then is given up, and intake answers."""
GAP_S = 5.0
"""One that stops in the middle."""
WAIT_S = 2.3
"""After so long without a word the caller is told that it takes a moment: it is spoken before 3 s are
over."""
TOOL_WAIT_S = 0.7
"""The same while a tool is at work, after which the model thinks once more."""
WAIT_AGAIN_S = 3.5
STORE_S = 0.03
"""What was heard is kept so long after it, once the model was asked: the thread that keeps it would
contend with the asking, for two of its four milliseconds on SQLite."""


class Answering:
    """The turns of one call, one at a time."""

    def __init__(self, session: Session, silence: Silence, model: SpeakingModel | None) -> None:
        self._session = session
        self._silence = silence
        self._model = model

    async def begin_turn(self, words: str) -> None:
        """Answers words of the caller's; a turn that is at work ends."""
        session, recall, saying = self._session, self._session.recall, self._session.saying
        self._silence.hush()
        session.rest = session.unasked = None
        # Whoever speaks words of their own has stopped the voice, if it still spoke.
        session.spoken_until = session.loop.time()
        recall.turns += 1
        is_spent = session.limits.reached(age_s=0, turns=recall.turns, tokens=recall.tokens)
        if saying is not None and saying.is_at_work:
            # Newer words: what has left of the old answer is spoken before ours.
            has_left = saying.has_left
            if is_spent:
                self.leave(saying)
            else:
                self.stop(saying, saying.said)
            if has_left:
                await session.send(frames.LAST)
        if is_spent:
            session.line.begin(
                partial(session.keeper.hear_last, recall, session.next_step(), words)
            )
            await self._silence.say_farewell(recall.chosen.sentences.spent, "too_much")
            return
        recall.silences, session.unmet = 0, None
        if consent.DEFAULT.is_out(words):
            recall.stop()
        step = session.next_step()
        recall.history.append(message_of(recall, "inbound", "customer", words))
        saying = Saying(step, Measured(session.loop.time()))
        hear = partial(session.keeper.hear, recall, step, words)
        saying.storing = session.line.begin(hear, after_s=STORE_S)
        session.saying = saying
        saying.waiter = session.loop.call_later(WAIT_S, self._ask_to_wait, saying)
        saying.task = session.line.follow(self._answer_surely(saying))

    def leave(self, saying: Saying) -> None:
        """Nobody hears the rest of a turn at work, and nothing newer is answered. One of which nothing
        was said yet is thought to its end: what the caller told and asked for in it counts all the same.
        """
        if saying.said:
            self.stop(saying, saying.said, is_last=True)
            return
        saying.quiet_waiter()
        saying.is_left = True

    def stop(self, saying: Saying, heard: str, *, is_last: bool = False) -> None:
        """Ends a turn at work. Of its answer ``heard`` is what was heard. ``is_last``: nothing newer that
        the caller says is answered."""
        session, recall = self._session, self._session.recall
        saying.quiet_waiter()
        if saying.task is not None:
            saying.task.cancel()
        if heard:
            answer = message_of(recall, "outbound", "assistant", heard, answers_id=0)
            recall.history.append(answer)
            session.last = Last(heard, "assistant")
        before = saying.before
        if before and rest_of(joined(before, "."), heard):
            recall.untold = before
        if saying.settling is None and saying.speech is not None:
            deeds = saying.speech.deeds
            recall.untold = joined(recall.untold, untold_of(recall.turn, deeds))
            if recall.turn.transfer == "ready" and not is_last:
                session.unmet = deeds.handed_over
        session.line.follow(self._keep_cut(saying, heard, recall.untold, is_last))

    async def _answer_surely(self, saying: Saying) -> None:
        """Whatever happens to a turn, the caller is spoken to and listened to."""
        session = self._session
        try:
            await self._answer(saying)
        except Superseded:
            session.ended.set()
        except Exception as error:
            LOG.error(
                "turn failed",
                business_id=session.recall.business_id,
                call_id=session.recall.call_id,
                error=type(error).__name__,
            )
            saying.quiet_waiter()
            if saying.is_left:
                return
            session.is_put_through = False
            if not saying.said:
                again = session.recall.chosen.sentences.again
                await self._speak(saying, again, is_answer=False)
                await session.send(frames.LAST)
            self._silence.listen()

    async def _answer(self, saying: Saying) -> None:
        session, recall = self._session, self._session.recall
        turn = session.next_turn()
        saying.before, recall.untold = recall.untold, ""
        saying.speech = Speech(self._model, turn, session.keeper.database)
        if saying.before:
            await self._speak(saying, f"{saying.before} ", is_answer=False)
        spoken = await self._streamed(saying, saying.speech)
        if spoken.is_said and not saying.is_left:
            self._has_answered(saying, joined(saying.before, spoken.reply.text), spoken)
            await self._close(saying, spoken)
        # Who is told that they are put through may say thanks: that is no new turn.
        session.is_put_through = spoken.reply.transfers and not saying.is_left
        # Nobody waits for what is kept of words that they have heard.
        patience_s = PATIENCE_S if spoken.is_said or saying.is_left else AWAITED_S
        async with asyncio.timeout(patience_s):
            kept = await asyncio.shield(saying.storing or _never())
        saying.turn_id, was_left = kept.turn_id, saying.is_left
        settle = partial(session.keeper.settle, is_left=was_left)
        saying.settling = session.line.begin(
            partial(settle, recall, kept, turn, spoken, saying.before, saying.times),
            patience_s=patience_s,
        )
        answered = await asyncio.shield(saying.settling)
        session.is_put_through = answered.is_rung
        if saying.is_left:
            if not (was_left or answered.is_rung):
                await self._keep_unheard(kept, answered)
        elif not saying.is_closed:
            saying.told = answered.told
            self._has_answered(saying, answered.text, spoken)
            await self._speak(saying, f" {answered.rest}" if saying.said else answered.rest)
            await self._close(saying, spoken)

    async def _keep_unheard(self, kept: Kept, answered: Answered, heard: str = "") -> None:
        """An answer was decided on in the very moment in which they ceased to hear it: then it is so, and
        is told next."""
        session, recall = self._session, self._session.recall
        told = answered.told or ("" if heard else answered.rest)
        recall.untold = joined(recall.untold, told)
        await session.line.begin(partial(session.keeper.trim, recall, kept.turn_id, heard, told))

    def _has_answered(self, saying: Saying, text: str, spoken: Spoken) -> None:
        """The answer is whole: from now on it is history, whatever comes next."""
        session, recall = self._session, self._session.recall
        saying.text, session.last = text, Last(text, spoken.reply.author)
        for message in recall.history:
            message.awaits_answer = False
        recall.history.append(
            message_of(recall, "outbound", spoken.reply.author, text, answers_id=0)
        )
        session.learn(spoken)

    async def _close(self, saying: Saying, spoken: Spoken) -> None:
        saying.quiet_waiter()
        saying.is_closed = True
        if self._session.is_put_through:
            self._silence.end_after(frames.TRANSFER)
        elif spoken.reply.ends_call:
            self._silence.end_after("goodbye")
        else:
            self._silence.listen()
        await self._session.send(frames.LAST)

    async def _streamed(self, saying: Saying, speech: Speech) -> Spoken:
        """Says the model's words as they come."""
        loop, error = self._session.loop, None
        try:
            async with asyncio.timeout(FIRST_WORD_S) as limit:
                async with aclosing(speech.words()) as events:
                    async for event in events:
                        if isinstance(event, Use):
                            self._use_of_tool(saying)
                            continue
                        if saying.times.first_token_at is None:
                            saying.times.first_token_at = loop.time()
                        await self._speak(saying, event)
                        limit.reschedule(loop.time() + GAP_S)
        except TimeoutError:
            error = "timeout"
        except ModelError as failure:
            error = failure.reason
        self._session.recall.tokens += speech.tokens
        return speech.end(error)

    async def _speak(self, saying: Saying, words: str, *, is_answer: bool = True) -> None:
        session = self._session
        if saying.is_left:
            return
        if is_answer:
            saying.said += words
        if saying.times.first_frame_at is None:
            saying.times.first_frame_at = session.loop.time()
        session.will_be_spoken(words)
        await session.send(frames.text(words))

    def _use_of_tool(self, saying: Saying) -> None:
        session = self._session
        saying.quiet_waiter()
        until = max(session.loop.time(), session.spoken_until) + TOOL_WAIT_S
        saying.waiter = session.loop.call_at(until, self._ask_to_wait, saying)

    def _ask_to_wait(self, saying: Saying) -> None:
        """Says that it takes a moment, where nothing was said for a while."""
        session = self._session
        phrases = session.recall.chosen.sentences.wait
        if not saying.is_at_work or saying.is_left or len(saying.fillers) >= len(phrases):
            return
        due = session.spoken_until + TOOL_WAIT_S
        if saying.said and session.loop.time() < due:
            saying.waiter = session.loop.call_at(due, self._ask_to_wait, saying)
            return
        phrase = phrases[len(saying.fillers)]
        saying.fillers.append(phrase)
        session.line.follow(self._speak(saying, f"{phrase} ", is_answer=False))
        saying.waiter = session.loop.call_later(WAIT_AGAIN_S, self._ask_to_wait, saying)

    async def _keep_cut(self, saying: Saying, heard: str, untold: str, is_last: bool) -> None:
        session, recall = self._session, self._session.recall
        turn = recall.next_turn()
        if saying.task is not None:
            await asyncio.wait([saying.task])
        kept = await (saying.storing or _never())
        if saying.settling is not None:
            await self._keep_unheard(kept, await saying.settling, heard)
            return
        speech = saying.speech
        spoken = (
            Spoken(Reply(heard, "assistant"), "", is_said=True)
            if speech is None
            else speech.end_early(heard)
        )
        if speech is not None:
            recall.tokens += speech.tokens
            session.learn(spoken)
        cut = partial(session.keeper.cut, is_last=is_last)
        await session.line.begin(
            partial(cut, recall, kept, turn, spoken, heard, untold, saying.times)
        )


async def _never() -> Kept:
    raise AssertionError("a turn is kept before it is answered")
