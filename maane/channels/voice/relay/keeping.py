"""What a socket reads and writes of its call in the database. All of it waits for the database and so
runs beside the event loop, in threads; of one call, one thing after the other, in the order asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, TypeVar

from maane.assistant.booking import Wishes
from maane.assistant.operations import Consent, Reply, Turn, called_back
from maane.assistant.streaming import Spoken
from maane.assistant.tools import Deeds, carry_out
from maane.calls import operations as calls
from maane.calls import sockets
from maane.calls.models import Call
from maane.calls.operations import Times
from maane.channels.voice import connection, turns
from maane.channels.voice import settings as choices
from maane.channels.voice.relay.words import joined, rest_of
from maane.channels.voice.settings import Chosen
from maane.channels.voice.simulator.account import account_of as simulator_of
from maane.conversations import operations as conversations
from maane.conversations import reading
from maane.conversations.models import Message
from maane.jobs.queue import Jobs
from maane.kit.db import Database, Transaction, now
from maane.kit.errors import Unavailable
from maane.notifications import operations as notifications
from maane.settings import Settings
from maane.tenancy.access import Tenant, tenant_for_job

T = TypeVar("T")
THINK_S = timedelta(seconds=60)
"""A turn whose process was killed is nobody's after so long."""
AWAITED_S = 3.0
"""So long a caller waits for a database that is away."""
PATIENCE_S = 120.0
"""So long what was said is held for one."""
PAUSE_S, LONGEST_PAUSE_S = 0.4, 5.0


class Superseded(Exception):
    """Another socket speaks with this call now, or nobody does any more."""


@dataclass
class Recall:
    """What a socket holds of its call while it lives, so that nothing but the model stands before an
    answer's first word. ``turn`` is what a turn begins with, but for its history. ``is_greeted``: the
    last thing said is what the socket opens with. ``is_stopped``: they asked for silence in it."""

    business_id: int
    call_id: int
    conversation_id: int
    number: int
    chosen: Chosen
    turn: Turn
    history: list[Message]
    step: int
    silences: int
    age_s: float
    turns: int
    untold: str = ""
    tokens: int = 0
    is_greeted: bool = True
    is_stopped: bool = False

    def know(self, name: str) -> None:
        """The caller's name, learnt in the call."""
        self.turn = replace(self.turn, known_name=name)

    def heed(self, consent: Consent) -> None:
        """Whether a text is wanted, for the next turn."""
        text: Literal["no", "may", "asked"] = "no"
        if consent in ("asked", "unclear"):
            text = "asked" if consent == "asked" else "may"
        self.turn = replace(self.turn, text=text)
        self._ask_for_none()

    def stop(self) -> None:
        """They want to be written to no more; then they are not asked for it either."""
        self.is_stopped = True
        self._ask_for_none()

    def _ask_for_none(self) -> None:
        if self.is_stopped and self.turn.text == "may":
            self.turn = replace(self.turn, text="no")

    def next_turn(self) -> Turn:
        return replace(self.turn, history=self.history[-conversations.HISTORY :])


@dataclass(frozen=True, slots=True)
class Kept:
    """A turn that was kept: its row, and the message that was heard in it."""

    turn_id: int
    message: Message


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer became: all of it, what of it is to be said yet, and what must not go unheard;
    ``is_rung``: a person is rung after it."""

    text: str
    rest: str
    told: str
    is_rung: bool = False


@dataclass
class Keeper:
    """The database, for all calls of a process."""

    database: Database
    jobs: Jobs
    threads: ThreadPoolExecutor = field(
        # One: more would only contend for the interpreter, which the event loop needs as well. Two took a
        # sixth more of the processor, and a caller waited twice as long in the worst twentieth of turns.
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="calls")
    )

    async def run(self, work: Callable[[], T], patience_s: float) -> T:
        """Runs work beside the loop; again, while the database is away, for about so long."""
        loop = asyncio.get_running_loop()
        until, pause_s = loop.time() + patience_s, PAUSE_S
        while True:
            try:
                return await loop.run_in_executor(self.threads, work)
            except Unavailable:
                if loop.time() + pause_s > until:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def tokens_of(self, business_id: int, settings: Settings) -> list[str]:
        """The credentials that sign a business's handshakes: Twilio's where it has a number, and the
        simulator's."""
        with self.database.transaction(business_id, writes=False) as tx:
            channel = connection.connected(tx, tenant_for_job(tx, business_id))
            token = None if channel is None else connection.token_of(settings, channel)
        return [token or "", simulator_of(settings, business_id).token]

    def take(self, business_id: int, call_sid: str, account_sid: str, token: str) -> Recall | None:
        """What is known of a call, for the one who brings its token."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked(tx, tenant, call_sid)
            if call is None or call.account_sid != account_sid:
                return None
            if not sockets.take(tx, tenant, call, token):
                return None
            return _recalled(tx, tenant, call)

    def hear(self, recall: Recall, step: int, words: str) -> Kept:
        with self.database.transaction(recall.business_id) as tx:
            tenant, call = _owned(tx, recall)
            calls.answer_now(call)
            row, message = calls.hear(tx, tenant, call, step, words, due_at=now() + THINK_S)
            return Kept(row.id, message)

    def hear_last(self, recall: Recall, step: int, words: str) -> None:
        """Words that get no answer of their own: the call has had as much as one may."""
        with self.database.transaction(recall.business_id) as tx:
            tenant, call = _owned(tx, recall)
            row, _ = calls.hear(tx, tenant, call, step, words, due_at=now())
            sockets.drop(tx, row)

    def keep_partial(self, recall: Recall, step: int, words: str) -> None:
        with self.database.transaction(recall.business_id) as tx:
            tenant, call = _owned(tx, recall)
            calls.keep_partial(tx, tenant, call, step, words)

    def settle(
        self,
        recall: Recall,
        kept: Kept,
        turn: Turn,
        spoken: Spoken,
        before: str,
        times: Measured,
        *,
        is_left: bool = False,
    ) -> Answered:
        """Makes an answer and its deeds true. ``before`` was told of an earlier turn. ``is_left``: nobody
        hears it, as after the end of the call, which may not be known yet."""
        with self.database.transaction(recall.business_id) as tx:
            tenant, call = _owned(tx, recall, is_own_turn=True)
            row = calls.get_turn(tx, tenant, kept.turn_id)
            said = joined(before, spoken.said)
            answer: Message | None
            if row.state == "thinking":
                answer = turns.settle(
                    tx,
                    self.jobs,
                    tenant,
                    call,
                    row,
                    _with(turn, kept),
                    spoken.reply,
                    is_said=spoken.is_said and not is_left,
                    is_unheard=is_left or not sockets.is_current(call, recall.number),
                )
                if said:
                    conversations.begin_with(tx, answer, said)
                answer.text = " ".join(answer.text.split())
                sockets.note_times(row, times.of(spoken.reply), times.first_audio_ms)
                sockets.say_now(tx, tenant, row)
                call.tokens = max(call.tokens, recall.tokens)
                if is_left:
                    promised = spoken.reply.deeds.handed_over is not None
                    row.untold = joined(before, called_back(turn) if promised else "") or None
                elif spoken.reply.ends_call:
                    call.end_reason = call.end_reason or "assistant_ended"
            else:
                # It was kept by a try whose end nobody heard of.
                answer = conversations.find_message(tx, tenant, row.said_id or 0)
            text = "" if answer is None else answer.text
            rest = "" if spoken.is_said else rest_of(text, said)
            told = rest if spoken.reply.deeds.wishes else ""
            return Answered(text, rest, told, row.transfers)

    def cut(
        self,
        recall: Recall,
        kept: Kept,
        turn: Turn,
        spoken: Spoken,
        heard: str,
        untold: str,
        times: Measured,
        *,
        is_last: bool = False,
    ) -> None:
        """Keeps of an answer that was not finished what was heard of it. What the caller told is kept, a
        person who was asked for is told; nothing is booked that was not told."""
        deeds = replace(spoken.reply.deeds, wishes=Wishes())
        if turn.transfer == "ready" and not is_last:
            # They spoke over it before they were told: what they say now decides whether they want one.
            deeds.handed_over = None
        with self.database.transaction(recall.business_id) as tx:
            tenant, call = _owned(tx, recall, is_own_turn=True)
            row = calls.get_turn(tx, tenant, kept.turn_id)
            if row.state != "thinking":
                return
            if heard:
                reply = replace(
                    spoken.reply, text=heard, deeds=deeds, is_taken=False, ends_call=False
                )
                turns.settle(
                    tx, self.jobs, tenant, call, row, _with(turn, kept), reply, is_said=True
                )
                sockets.say_now(tx, tenant, row)
                row.spoken = heard
            else:
                self._carry_out(tx, tenant, call, deeds)
                sockets.drop(tx, row)
            call.tokens = max(call.tokens, recall.tokens)
            row.untold = untold or None
            sockets.note_times(row, times.of(spoken.reply), times.first_audio_ms)

    def hand_over(self, recall: Recall, reason: str) -> None:
        """A person was asked for, and the call ended before anything came of it."""
        with self.database.transaction(recall.business_id) as tx:
            tenant, call = _owned(tx, recall, is_own_turn=True)
            self._carry_out(tx, tenant, call, Deeds(handed_over=reason))

    def _carry_out(self, tx: Transaction, tenant: Tenant, call: Call, deeds: Deeds) -> None:
        """Makes deeds true that no answer goes with."""
        conversation = conversations.lock(tx, tenant, call.conversation_id)
        was_handed_over = conversations.is_silent(conversation)
        carry_out(tx, tenant, conversation.id, deeds)
        if deeds.handed_over is not None:
            calls.note_outcome(tx, tenant, call, "message_taken")
            notifications.tell_of_answer(
                tx,
                self.jobs,
                tenant,
                conversation,
                is_taken=False,
                appointment=None,
                was_handed_over=was_handed_over,
            )

    def trim(self, recall: Recall, turn_id: int, heard: str, untold: str) -> None:
        """The same of an answer that was decided on already."""
        with self.database.transaction(recall.business_id) as tx:
            tenant, _ = _owned(tx, recall)
            sockets.cut(tx, tenant, calls.get_turn(tx, tenant, turn_id), heard, untold)

    def trim_unasked(self, recall: Recall, step: int, heard: str) -> None:
        """The same of what was said in a step in which nothing was heard."""
        with self.database.transaction(recall.business_id) as tx:
            tenant, call = _owned(tx, recall)
            turn = calls.turn_of(tx, tenant, call, step)
            if turn is not None:
                sockets.cut(tx, tenant, turn, heard, "")

    def mend(self, recall: Recall, turn_id: int, text: str) -> None:
        with self.database.transaction(recall.business_id) as tx:
            tenant, _ = _owned(tx, recall)
            sockets.mend(tx, tenant, calls.get_turn(tx, tenant, turn_id), text)

    def say(
        self, recall: Recall, step: int, kind: str, text: str, *, reason: str | None = None
    ) -> int:
        """Keeps what is said in a step in which nothing was heard; with a ``reason`` it is the last. The
        id of its turn."""
        with self.database.transaction(recall.business_id) as tx:
            tenant, call = _owned(tx, recall)
            row = calls.say(tx, tenant, call, step, kind, text, ends_call=reason is not None)
            sockets.say_now(tx, tenant, row)
            call.silences = recall.silences
            call.end_reason = call.end_reason or reason
            return row.id


@dataclass(slots=True)
class Measured:
    """Moments of a turn on the loop's clock, in seconds; ``heard_at`` is the end of the speech."""

    heard_at: float
    first_token_at: float | None = None
    first_frame_at: float | None = None

    @property
    def first_audio_ms(self) -> int | None:
        return self._ms(self.first_frame_at)

    def of(self, reply: Reply) -> Times:
        return Times(
            first_token_ms=self._ms(self.first_token_at),
            model_ms=round(reply.spent.model_s * 1000),
            tools_ms=round(reply.spent.tools_s * 1000),
            tools=reply.spent.tools,
        )

    def _ms(self, at: float | None) -> int | None:
        return None if at is None else round((at - self.heard_at) * 1000)


def _owned(tx: Transaction, recall: Recall, *, is_own_turn: bool = False) -> tuple[Tenant, Call]:
    """The call, locked. Raises ``Superseded``, but for the end of a socket's own turn, which was spoken
    whoever speaks now."""
    tenant = recall.turn.tenant
    call = calls.locked_by_id(tx, tenant, recall.call_id)
    if not is_own_turn and not sockets.is_current(call, recall.number):
        raise Superseded
    return tenant, call


def _recalled(tx: Transaction, tenant: Tenant, call: Call) -> Recall:
    chosen = choices.chosen_by(tx, tenant)
    calls.answer_now(call)
    messages, _ = reading.list_messages(
        tx, tenant, call.conversation_id, limit=conversations.HISTORY, after=None
    )
    history = [message for message, _ in reversed(messages) if message.status != "withheld"]
    last = sockets.last_turn(tx, tenant, call)
    step = 0 if last is None else last.step + 1
    return Recall(
        business_id=tenant.id,
        call_id=call.id,
        conversation_id=call.conversation_id,
        number=call.socket_number,
        chosen=chosen,
        turn=turns.known(tx, tenant, call, history),
        history=history,
        step=step,
        age_s=(now() - call.started_at).total_seconds(),
        turns=step - 1,
        silences=call.silences,
        untold=(last and last.untold) or "",
        tokens=call.tokens,
        is_greeted=last is not None and _opens(last.kind, call.socket_number),
    )


def _with(turn: Turn, kept: Kept) -> Turn:
    """The turn with the message that it answers as it is in the database."""
    return replace(turn, history=[*turn.history[:-1], kept.message])


def _opens(kind: str, number: int) -> bool:
    """True for a turn whose words a socket opens with; after a lost one that is another sentence."""
    return kind == "transfer" or (kind == "greeting" and number == 1)
