"""An answer that is spoken while the model makes it.

The rules are those of ``operations``; only the time differs: a word that left cannot be taken back. So
what the database must decide is never left to words that leave early. Once the model asked for an
appointment, none of its words leave any more, and where it may ask, a sentence leaves whole, after it was
looked at for the claim that something was done. Where there are no appointments words leave at once but
for those with which such a claim would begin. After a handover a sentence leaves whole as well, unless it
says when somebody comes.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic

from maane.assistant.claims import free_until, tells_time
from maane.assistant.model import Cost, SpeakingModel, Use
from maane.assistant.operations import (
    Reply,
    Spent,
    Turn,
    concluded,
    consent_in,
    instructions_of,
    intake_reply,
    is_fixed,
    is_unfounded,
    own_answer,
    said_of,
    tools_of,
)
from maane.assistant.rules import Speakable
from maane.assistant.tools import Deeds
from maane.kit.db import Database
from maane.kit.logging import LOG

_SENTENCE_END = re.compile(r"[.!?؟\n]+\s*")


@dataclass(frozen=True, slots=True)
class Spoken:
    """How an answer ends. ``said`` has left already; ``reply.text`` is what is to be said yet, or, where
    ``is_said``, all of it and nothing is left."""

    reply: Reply
    said: str
    is_said: bool


class Speech:
    """One answer. ``model`` None: intake answers. ``said`` are the words that left by now, ``tokens``
    what it cost."""

    def __init__(self, model: SpeakingModel | None, turn: Turn, database: Database) -> None:
        self._model = model
        self._turn = turn
        self.deeds, self.spent = Deeds(), Spent()
        self._tools = [self.spent.watching(tool) for tool in tools_of(turn, database, self.deeds)]
        self._own = own_answer(turn)
        self._plain = Speakable()
        self._begun = self._held = ""
        self._is_cut = False
        self.said = ""
        self.tokens = 0
        self._is_whole = False

    async def words(self) -> AsyncGenerator[str | Use]:
        """What may leave, as it comes, and each use of a tool before it begins. Raises ``ModelError``;
        whoever stops listening stops the model."""
        if self._own is not None and self._own.consent is None:
            self.said, self._is_whole = self._own.text, True
            yield self._own.text
        if self._model is None or self._own is not None:
            return
        began = monotonic()
        try:
            instructions = instructions_of(self._turn)
            speaking = self._model.speak(instructions, said_of(self._turn), self._tools)
            async with aclosing(speaking) as events:
                async for event in events:
                    if isinstance(event, Cost):
                        self.tokens += event.tokens
                    elif isinstance(event, Use):
                        yield event
                    elif words := self._free(self._plain.add(event)):
                        yield words
                    if self._plain.is_full:
                        break
            if words := self._free(self._plain.close(), is_end=True):
                yield words
            self._is_whole = True
        finally:
            self.spent.model_s = max(0.0, monotonic() - began - self.spent.tools_s)

    def end(self, error: str | None = None) -> Spoken:
        """What is to be said and kept after the last word; ``error`` is why the model said no more."""
        turn, deeds = self._turn, self.deeds
        if self._own is not None:
            return Spoken(self._own, "", is_said=self._is_whole)
        if self._model is not None and error is not None:
            LOG.warning(
                "model failed",
                business_id=turn.tenant.id,
                conversation_id=turn.history[-1].conversation_id,
                reason=error,
            )
        is_whole = self._is_whole and error is None and not self._is_cut
        text = (self.said.strip() or None) if is_whole else None
        if self._model is None or (text is None and not deeds.wishes and not _says_itself(deeds)):
            return Spoken(intake_reply(turn, deeds, self.spent), self.said, is_said=False)
        reply = concluded(turn, deeds, self.spent, text, is_said=True)
        if text is not None and not deeds.wishes and not is_fixed(turn, deeds):
            return Spoken(reply, "", is_said=True)
        return Spoken(reply, self.said, is_said=False)

    def end_early(self, heard: str) -> Spoken:
        """The end of an answer that somebody spoke over: what was heard of it, and what it did. Where
        nothing was, what they said before is part of what they say now."""
        consent = consent_in(self._turn) if heard else None
        reply = Reply(heard, "assistant", deeds=self.deeds, spent=self.spent, consent=consent)
        return Spoken(reply, "", is_said=True)

    def _free(self, words: str, *, is_end: bool = False) -> str:
        """The words that may leave now."""
        turn, deeds = self._turn, self.deeds
        if self._is_cut or deeds.wishes or is_fixed(turn, deeds) or not (words or self._held):
            return ""
        self._held += words
        free = ""
        while self._held:
            end = _SENTENCE_END.search(self._held)
            if end is None and not is_end:
                free += self._beginning()
                break
            at = len(self._held) if end is None else end.end()
            rest, self._held = self._held[:at], self._held[at:]
            sentence, self._begun = self._begun + rest, ""
            if is_unfounded(turn, deeds, sentence):
                self._is_cut = True
                break
            if deeds.handed_over is None or not tells_time(sentence):
                free += rest
        self.said += free
        return free

    def _beginning(self) -> str:
        """What may leave of a sentence that has not ended yet."""
        if self._turn.offers_appointments or self.deeds.handed_over is not None:
            return ""
        at = free_until(self._held)
        words, self._held = self._held[:at], self._held[at:]
        self._begun += words
        return words


def _says_itself(deeds: Deeds) -> bool:
    """True where a turn says something of its own though its model said nothing."""
    return (
        deeds.handed_over is not None
        or deeds.is_stopped
        or deeds.is_call_ended
        or deeds.offers_text
    )
