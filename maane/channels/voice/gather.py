"""The engine that speaks over plain HTTP: each answer is TwiML that says something and listens.

A call is a row of steps. Twilio brings what was heard in a step, and the answer's ``action`` names the
next one, so a request that is repeated finds its step and gets the same answer, and nothing is done
twice. While an answer is thought of the caller is told to wait, and Twilio is sent on to an address that
waits again (a round). When the time is over intake answers.

What cannot be kept or answered for a fault of ours is asked for once more; no caller hears an error.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from maane.assistant.operations import intake_reply
from maane.calls import operations as calls
from maane.calls import sockets, transfers
from maane.calls.models import ENDED, Call, CallTurn
from maane.calls.operations import Ring, Way
from maane.channels.voice import dialling, turns, watching
from maane.channels.voice import settings as choices
from maane.channels.voice.greeting import first_words
from maane.channels.voice.languages import preset_of, sentences_of
from maane.channels.voice.limits import Limits
from maane.channels.voice.payload import PARTIAL, TURN, WAIT, Place, recording_address
from maane.channels.voice.settings import Chosen
from maane.channels.voice.thinking import THINK_S, Thoughts, patience_of
from maane.channels.voice.turns import Asked
from maane.channels.voice.twiml import Ear, Voice, ask, hints_of, nothing, say_and_end, wait
from maane.conversations import operations as conversations
from maane.conversations.models import Message
from maane.kit.db import Database, Transaction, now
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, tenant_for_job

MOST_FAILED = 2
"""So often a caller is asked to say something again that could not be kept."""
Rest = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Heard:
    """What Twilio says that a caller said in a step; empty for silence."""

    text: str
    confidence_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Gather:
    """The engine with what it works with. ``origin`` is how Twilio reaches us; ``rest`` lets other
    requests run while one waits (``kit.turns``)."""

    database: Database
    thoughts: Thoughts
    origin: str
    limits: Limits
    rest: Rest

    def greet(self, business_id: int, ring: Ring) -> str:
        """The first words of a call that came in, which is kept first."""
        self.thoughts.prepare()
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            chosen = choices.chosen_by(tx, tenant)
            call, _ = watching.begin(tx, self.thoughts.jobs, tenant, ring, _way(chosen))
            if call.status in ENDED:
                return nothing()
            if not tenancy.is_active(tx, tenant):
                call.end_reason = "suspended"
                return say_and_end(chosen.sentences.closed, chosen.voice)
            turn = calls.turn_of(tx, tenant, call, 0)
            if turn is None:
                greeting = first_words(tx, tenant, call, chosen)
                turn = calls.say(tx, tenant, call, 0, "greeting", greeting)
            return self.speak(tx, tenant, call, turn, chosen, Place())

    def take_turn(self, business_id: int, ring: Ring, heard: Heard, place: Place) -> str:
        """The answer to what was heard in a step: its words, or that it takes a moment."""
        asked = None
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            chosen = choices.chosen_by(tx, tenant)
            # A call that begins here was greeted by nobody, so nobody said that it is recorded.
            way = replace(_way(chosen), is_recorded=False)
            call, _ = watching.begin(tx, self.thoughts.jobs, tenant, ring, way)
            turn = calls.turn_of(tx, tenant, call, place.step)
            if call.status in ENDED and (turn is None or turn.said_id is None):
                if heard.text:
                    sure = heard.confidence_percent
                    calls.hear_late(
                        tx, tenant, call, place.step, heard.text, confidence_percent=sure
                    )
                return nothing()
            if turn is None or turn.state == "listening":
                calls.answer_now(call)
                if heard.text:
                    turn, message = calls.hear(
                        tx,
                        tenant,
                        call,
                        place.step,
                        heard.text,
                        due_at=now() + THINK_S,
                        confidence_percent=heard.confidence_percent,
                    )
                    asked = self._asked(tx, tenant, call, turn, message, chosen)
                else:
                    turn = _ask_again(tx, tenant, call, place.step, chosen)
            turn_id, is_thinking = turn.id, turn.state == "thinking"
        if asked is not None:
            self.thoughts.begin(asked)
        return self._answer(business_id, turn_id, place, is_thinking=is_thinking)

    def go_on(self, business_id: int, ring: Ring, place: Place) -> str:
        """What follows a word to wait: the answer by now, or another such word."""
        with self.database.transaction(business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked(tx, tenant, ring.external_id)
            turn = None if call is None else calls.turn_of(tx, tenant, call, place.step)
            if call is None or turn is None:
                return nothing()
            turn_id, is_thinking = turn.id, turn.state == "thinking"
        return self._answer(business_id, turn_id, place, is_thinking=is_thinking)

    def take_over(self, tx: Transaction, tenant: Tenant, call: Call, chosen: Chosen) -> str:
        """Goes on with a call whose sockets are lost: asks to say it again, and listens."""
        turn = sockets.last_turn(tx, tenant, call) if call.engine == choices.GATHER else None
        if turn is None:
            call.engine = choices.GATHER
            untold = sockets.untold(tx, tenant, call)
            again = f"{untold} {chosen.sentences.again}".strip()
            step = sockets.next_step(tx, tenant, call)
            turn = calls.say(tx, tenant, call, step, "silence", again)
        return self.speak(tx, tenant, call, turn, chosen, Place())

    def keep_partial(self, business_id: int, ring: Ring, words: str, place: Place) -> None:
        """Keeps words that may still change, in case the caller hangs up on them."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked(tx, tenant, ring.external_id)
            if call is not None:
                calls.keep_partial(tx, tenant, call, place.step, words)

    def ask_once_more(self, place: Place, language: str) -> str:
        """What a caller hears where a fault of ours lost what they said. Asks nothing of the database,
        which may be what is at fault."""
        preset, sentences = preset_of(language), sentences_of(language)
        voice = Voice(preset.say_language, preset.voice)
        if place.failed >= MOST_FAILED:
            return say_and_end(sentences.sorry, voice)
        same = replace(place, failed=place.failed + 1, round=0)
        ear = self._ear(same, preset.hear_language, preset.speech_model, preset.speech_timeout_s)
        return ask(sentences.again, voice, ear)

    def _asked(
        self,
        tx: Transaction,
        tenant: Tenant,
        call: Call,
        turn: CallTurn,
        message: Message,
        chosen: Chosen,
    ) -> Asked | None:
        """The turn that is to be thought of; None where the call has had as much as one may, and ends."""
        age_s = (now() - call.started_at).total_seconds()
        reason = self.limits.reached(age_s=age_s, turns=turn.step, tokens=call.tokens)
        if reason is None:
            return turns.ask(tx, tenant, call, turn, message)
        turns.conclude(tx, tenant, call, turn, message, chosen.sentences.spent)
        call.end_reason = reason
        return None

    def _answer(self, business_id: int, turn_id: int, place: Place, *, is_thinking: bool) -> str:
        """Waits where the answer is being thought of, and says what there is to say then."""
        with self.database.transaction(business_id, writes=False) as tx:
            turn = calls.get_turn(tx, tenant_for_job(tx, business_id), turn_id)
            left_s = 0.0 if turn.due_at is None else (turn.due_at - now()).total_seconds()
        if is_thinking and place.round >= turn.rounds:
            with self.rest():
                self.thoughts.wait(business_id, turn_id, min(patience_of(place.round), left_s))
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            chosen = choices.chosen_by(tx, tenant)
            call = calls.locked_by_id(tx, tenant, turn.call_id)
            turn = calls.get_turn(tx, tenant, turn_id)
            if place.round < turn.rounds:
                return self._wait(chosen, place)
            if turn.state == "thinking" and turn.due_at is not None and now() < turn.due_at:
                calls.wait_longer(tx, turn, place.round + 1)
                return self._wait(chosen, place)
            if turn.state == "thinking":
                self._take_message(tx, tenant, call, turn)
            return self.speak(tx, tenant, call, turn, chosen, place)

    def _take_message(self, tx: Transaction, tenant: Tenant, call: Call, turn: CallTurn) -> None:
        """Lets intake answer a turn for which no model did in time."""
        message = conversations.find_message(tx, tenant, turn.heard_id or 0)
        if message is None:
            return
        asked = turns.ask(tx, tenant, call, turn, message)
        reply = intake_reply(asked.turn)
        took_s = (now() - turn.heard_at).total_seconds()
        turns.settle(tx, self.thoughts.jobs, tenant, call, turn, asked.turn, reply, took_s=took_s)

    def speak(
        self,
        tx: Transaction,
        tenant: Tenant,
        call: Call,
        turn: CallTurn,
        chosen: Chosen,
        place: Place,
    ) -> str:
        """The TwiML of a turn that was decided on; the same each time."""
        message = conversations.find_message(tx, tenant, turn.said_id or 0)
        text = "" if message is None else message.text
        if call.status not in ENDED:
            calls.leave(tx, tenant, call, turn)
        if turn.ends_call:
            call.end_reason = call.end_reason or _reason(turn)
            return say_and_end(text, chosen.voice)
        person = transfers.first(tx, tenant, call) if turn.transfers else None
        if person is not None:
            after = Place(step=turn.step + 1, is_other=place.is_other or place.is_unheard)
            return dialling.ring(tx, tenant, call, person, chosen, self.origin, after, said=text)
        is_other = place.is_other or place.is_unheard
        following = Place(step=turn.step + 1, is_other=is_other, language=chosen.language)
        preset = chosen.preset
        hear_language, speech_model = (
            preset.other if is_other else (preset.hear_language, preset.speech_model)
        )
        ear = self._ear(
            following, hear_language, speech_model, preset.speech_timeout_s, chosen.hints
        )
        is_recorded = call.is_recorded and turn.kind == "greeting"
        to = recording_address(self.origin, tenant.id, call.id) if is_recorded else ""
        return ask(text, chosen.voice, ear, recorded_to=to)

    def _ear(
        self,
        place: Place,
        hear_language: str,
        speech_model: str,
        speech_timeout_s: int,
        hints: str = "",
    ) -> Ear:
        return Ear(
            language=hear_language,
            speech_model=speech_model,
            speech_timeout_s=speech_timeout_s,
            hints=hints_of(hints),
            action=self._address(TURN, place),
            partial=self._address(PARTIAL, place),
            otherwise=self._address(TURN, replace(place, is_unheard=True)),
        )

    def _wait(self, chosen: Chosen, place: Place) -> str:
        phrases = chosen.sentences.wait
        text = phrases[place.round] if place.round < len(phrases) else None
        onward = replace(place, round=place.round + 1, language=chosen.language)
        return wait(text, chosen.voice, self._address(WAIT, onward))

    def _address(self, path: str, place: Place) -> str:
        return f"{self.origin}{path}?{place.query()}"


def _way(chosen: Chosen) -> Way:
    return Way(choices.GATHER, chosen.language, chosen.is_recorded)


def _ask_again(tx: Transaction, tenant: Tenant, call: Call, step: int, chosen: Chosen) -> CallTurn:
    """What is said to somebody who said nothing: a question, another one, and then goodbye."""
    asked = chosen.sentences.silent
    call.silences += 1
    if call.silences > len(asked):
        return calls.say(
            tx, tenant, call, step, "farewell", chosen.sentences.unheard, ends_call=True
        )
    return calls.say(tx, tenant, call, step, "silence", asked[call.silences - 1])


def _reason(turn: CallTurn) -> str:
    return "silent" if turn.kind == "farewell" else "assistant_ended"
