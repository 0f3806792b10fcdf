"""The job of a turn: take in what a person wrote, decide on one answer, send it once (``sending``).

Each stage is a transaction of its own and can be repeated: a worker that was killed takes the job up
again and finds what is done already. The answer is kept before it is sent and the database holds one
per message; who may send it is decided by compare and set.

People write in bursts. A turn takes in all that its person wrote, and only the job of the newest
message goes on; the others find that and end, since it answers for them. It goes on when the person
has paused, or when their first message has waited long enough; the wait is the queue's (``NotYet``),
not a thread's. What is written while the model thinks is taken in within seconds, so that people see it
and a word that ends messages counts. It makes the reply stale: that is dropped, and the job of what came
in then, which stands behind this one in the queue, thinks again with everything.

An answer that its provider does not take now waits in the queue as well, and what comes meanwhile is
taken in. It then makes way for the next answer, which is for all, or is waited for (``_make_way``).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from maane.assistant.model import Model
from maane.assistant.operations import Reply, Turn, compose_reply
from maane.assistant.tools import carry_out
from maane.channels import inbox
from maane.channels.whatsapp import media_jobs, operations
from maane.channels.whatsapp.operations import said_in
from maane.channels.whatsapp.sending import GIVEN_UP, WAIT_FOR_TURN_S, Sending, Way
from maane.channels.whatsapp.taking_in import open_lead, take_in, take_in_alone
from maane.conversations import away, outbound, pinning
from maane.conversations import operations as conversations
from maane.conversations.models import UNCERTAIN, Conversation, Message
from maane.jobs.queue import TURNS_AT_ONCE, Jobs, NotYet, TryLater, Wait
from maane.kit.db import Database, Transaction, now
from maane.kit.errors import NotFound
from maane.kit.logging import LOG
from maane.leads import operations as leads
from maane.notifications import operations as notifications
from maane.settings import Settings
from maane.tenancy.access import Tenant, caller_for_job, tenant_for_job

LONGEST_PAUSE = timedelta(seconds=15)
"""So long after the first message that awaits an answer it is given, whether they paused or not."""
LOOK_S = 1.5
"""Between two looks, while the model thinks, whether its person wrote more; most turns end before one."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A turn that was taken in: where it came from, what to answer, and the answer if decided."""

    way: Way
    turn: Turn
    answer: Message | None


@dataclass(frozen=True)
class Work:
    """What a worker has at hand for its jobs."""

    database: Database
    settings: Settings
    model: Model | None

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.database, self.settings.secret("partitions"))

    @cached_property
    def _thinkers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(TURNS_AT_ONCE, thread_name_prefix="thinking")

    @cached_property
    def sending(self) -> Sending:
        return Sending(self.database, self.settings, self.jobs)

    def answer(self, business_id: int, event_id: int) -> None:
        """Answers what a person wrote, as the job of one stored event. Raises ``NotYet`` while they may
        still be writing, ``TryLater`` when the answer cannot be sent now, and ``NotFound`` only where
        the event itself was erased."""
        try:
            self._answer(business_id, event_id)
        except NotFound:
            # A lead may be deleted or merged while its turn reaches for it; the next try sees it gone.
            if self._has(business_id, event_id):
                raise TryLater from None
            raise

    def _has(self, business_id: int, event_id: int) -> bool:
        with self.database.transaction(business_id, writes=False) as tx:
            return inbox.has_event(tx, tenant_for_job(tx, business_id), event_id)

    def _answer(self, business_id: int, event_id: int) -> None:
        opened = self._open(business_id, event_id)
        if opened is None:
            return
        if isinstance(opened, Wait):
            raise NotYet(opened.after_s)
        answer = opened.answer
        if answer is None:
            reply = self._think(business_id, opened)
            answer = self._decide(business_id, opened, reply)
        if answer is not None and answer.status in ("pending", "sending"):
            self.sending.deliver(business_id, opened.way, answer)

    def _think(self, business_id: int, opened: Opened) -> Reply:
        """The reply to a turn, and meanwhile a look now and then at what its person writes."""
        thinking = self._thinkers.submit(compose_reply, self.model, opened.turn, self.database)
        while not wait((thinking,), LOOK_S).done:
            try:
                self._look(business_id, opened.way)
            except Exception as error:
                # The job of what was written takes it in after this turn, or fails by itself.
                LOG.warning("look failed", business_id=business_id, error=type(error).__name__)
        return thinking.result()

    def _look(self, business_id: int, way: Way) -> None:
        """Takes in what a person wrote since their turn was opened."""
        with self.database.transaction(business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, business_id)
            if not inbox.waiting_events(tx, tenant, way.provider, way.contact_key):
                return
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            waiting = inbox.waiting_events(tx, tenant, way.provider, way.contact_key)
            event = inbox.get_event(tx, tenant, waiting[-1].id) if waiting else None
            said = None if event is None else said_in(event)
            if event is None or said is None:
                return
            take_in(tx, self.jobs, self.settings, tenant, event, said)

    def give_up(self, business_id: int, event_id: int) -> None:
        """Says on the event that it failed, and on the answer that it will not be sent."""
        try:
            self._show(business_id, event_id)
        except Exception as error:
            # It stands among the failed ones all the same.
            LOG.error("not shown", business_id=business_id, error=type(error).__name__)
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            event = inbox.get_event(tx, tenant, event_id)
            if event is None:
                return
            message = conversations.message_of_event(tx, tenant, event.external_id)
            was_awaited = message is not None and message.awaits_answer
            reason = message and outbound.give_up_answer(tx, tenant, message, GIVEN_UP)
            failure = operations.NOT_MADE if reason is None else operations.NOT_SENT
            inbox.mark_failed(tx, tenant, event_id, UNCERTAIN if reason == UNCERTAIN else failure)
            if message is not None and (was_awaited or reason is not None):
                answer = conversations.answer_to(tx, tenant, message.id) or message
                notifications.tell_of_failure(
                    tx, self.jobs, tenant, message.conversation_id, answer.id
                )

    def _show(self, business_id: int, event_id: int) -> None:
        """Takes in an event that is given up, by itself and in words alone, so that people see what was
        written: nobody can be told of what stands in no conversation."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            event = inbox.get_event(tx, tenant, event_id)
            said = None if event is None else said_in(event)
            if event is not None and said is not None and event.processed_at is None:
                take_in_alone(tx, tenant, event, said)

    def _open(self, business_id: int, event_id: int) -> Opened | Wait | None:
        """None where this job has nothing to answer; ``Wait`` where what was taken in is not to be
        answered yet."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            event = inbox.get_event(tx, tenant, event_id)
            said = None if event is None else said_in(event)
            if event is None or said is None:
                return None
            heard = take_in(tx, self.jobs, self.settings, tenant, event, said)
            if said.is_echo or not heard.is_active:
                return None
            conversation, chosen, hours = heard.conversation, heard.chosen, heard.hours
            lead_name = open_lead(tx, tenant, conversation.id, said, is_new=heard.is_new)
            message = conversations.message_of_event(tx, tenant, said.external_id)
            if message is None:
                return None
            answer = conversations.answer_to(tx, tenant, message.id)
            awaiting = conversations.awaiting(tx, tenant, conversation.id)
            if answer is None and (not awaiting or awaiting[-1].id != message.id):
                return None
            is_last = conversations.owes_last_word(conversation, awaiting, chosen.words)
            if answer is None and conversations.is_silent(conversation) and not is_last:
                return None
            closed = None if is_last else away.owed(conversation, hours)
            if answer is None:
                hearing_s = media_jobs.hearing_s(tx, tenant, awaiting) if closed is None else 0.0
                pause = operations.pause_of(chosen, event.provider)
                if (wait_s := max(_wait_s(awaiting, pause), hearing_s)) > 0:
                    return Wait(wait_s)
            history = conversations.history_to_answer(tx, tenant, conversation)
            if answer is None:
                history, wait_s = _make_way(tx, tenant, history)
                if wait_s > 0:
                    return Wait(wait_s)
            version = None
            if closed is None:
                version = pinning.prompts_for(tx, tenant, conversation)
            turn = Turn(
                tenant=tenant,
                prompt="" if version is None else version.whatsapp_prompt,
                prompt_version=0 if version is None else version.version,
                history=history,
                known_name=lead_name,
                offers_appointments=heard.business.offers_appointments,
                hours=hours,
                away=closed,
                is_last=is_last,
            )
            way = Way(event.provider, said.contact_key, event.id)
            return Opened(way, turn, answer)

    def _decide(self, business_id: int, opened: Opened, reply: Reply) -> Message | None:
        """The answer that is to be sent; None when it was stale or a person took over."""
        turn, message = opened.turn, opened.turn.history[-1]
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            conversation = conversations.lock(tx, tenant, message.conversation_id)
            if (answer := conversations.answer_to(tx, tenant, message.id)) is not None:
                return answer
            has_written_more = _has_written_more(tx, tenant, opened, conversation)
            if has_written_more and conversations.may_go_stale(tx, conversation):
                return None
            answer = conversations.decide_answer(
                tx,
                tenant,
                message,
                reply.author,
                reply.text,
                None if turn.away else turn.prompt_version,
                is_last_word=turn.is_last,
            )
            if answer is None:
                return None
            if turn.away is not None:
                away.begin(tx, tenant, conversation, answer, turn.away.until)
            if told := carry_out(tx, tenant, message.conversation_id, reply.deeds):
                conversations.begin_with(tx, answer, told)
            notifications.tell_of_answer(
                tx,
                self.jobs,
                tenant,
                conversation,
                is_taken=reply.is_taken,
                appointment=reply.deeds.wishes.outcome,
            )
            lead_id = conversations.lead_id_of(tx, tenant, message.conversation_id)
            if lead_id is not None and (reply.name or reply.need):
                leads.add_from_intake(
                    tx,
                    tenant,
                    caller_for_job(tenant),
                    lead_id,
                    reply.name,
                    reply.need,
                    stand_ins=conversations.contact_names(tx, tenant, message.conversation_id),
                )
            return answer


def _wait_s(awaiting: Sequence[Message], pause: timedelta) -> float:
    """Seconds until the messages that await an answer should get it."""
    received = [message.created_at for message in awaiting]
    due_at = min(max(received) + pause, min(received) + LONGEST_PAUSE)
    return (due_at - now()).total_seconds()


def _make_way(
    tx: Transaction, tenant: Tenant, history: Sequence[Message]
) -> tuple[list[Message], float]:
    """The history of a turn without the answers that it overtakes, and seconds to wait for those that it
    may not. Both were tried, and wait for their next try. An answer may tell of an appointment, a
    handover or a promise as nothing else does; a person's words are not the assistant's to keep back."""
    kept, wait_s = [], 0.0
    for message in history:
        if message.error is not None and outbound.is_on_its_way(message):
            is_only_talk = message.answers_id is not None and not notifications.is_told_of(
                tx, tenant, message.id
            )
            if is_only_talk and outbound.overtake(tx, tenant, message):
                continue
            wait_s = WAIT_FOR_TURN_S
        kept.append(message)
    return kept, wait_s


def _has_written_more(
    tx: Transaction, tenant: Tenant, opened: Opened, conversation: Conversation
) -> bool:
    """True when the person wrote since the turn was opened, whether that was taken in or not."""
    message = opened.turn.history[-1]
    if conversation.last_inbound_id > message.id:
        awaiting = conversations.awaiting(tx, tenant, conversation.id)
        if awaiting and awaiting[-1].id > message.id:
            return True
    waiting = inbox.waiting_events(tx, tenant, opened.way.provider, opened.way.contact_key)
    found = [said_in(event) for event in waiting]
    return any(said is not None and said.is_answerable and not said.is_echo for said in found)
