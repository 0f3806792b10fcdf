"""The job of a turn: take in what a person wrote, decide on one answer, send it once (``sending``).

Each stage is a transaction of its own and can be repeated: a worker that was killed takes the job up
again and finds what is done already. The answer is kept before it is sent and the database holds one
per message; who may send it is decided by compare and set.

People write in bursts. A turn takes in all that its person wrote, and only the job of the newest
message goes on; the others find that and end, since it answers for them. It goes on when the person
has paused, or when their first message has waited long enough; the wait is the queue's (``NotYet``),
not a thread's. What was written while the model thought makes its reply stale: it is dropped, and the
job of what came in then, which stands behind this one in the queue, thinks again with everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from maane.assistant.model import Model
from maane.assistant.operations import Reply, Turn, compose_reply
from maane.assistant.tools import carry_out
from maane.channels import inbox
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp import media_jobs, operations
from maane.channels.whatsapp.operations import said_in
from maane.channels.whatsapp.payload import InboundMessage
from maane.channels.whatsapp.sending import GIVEN_UP, NOT_MADE, NOT_SENT, Sending, Way
from maane.conversations import operations as conversations
from maane.conversations import outbound, pinning
from maane.conversations.consent import Words
from maane.conversations.models import Conversation, Message
from maane.conversations.operations import Contact, Incoming
from maane.hours import operations as opening
from maane.jobs.queue import Jobs, NotYet
from maane.kit.db import Database, Transaction, now
from maane.leads import operations as leads
from maane.notifications import operations as notifications
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, caller_for_job, tenant_for_job

LONGEST_PAUSE = timedelta(seconds=15)
"""So long after the first message that awaits an answer it is given, whether they paused or not."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A turn that was taken in: where it came from, what to answer, and the answer if decided; else
    how long the person may still be writing."""

    way: Way
    turn: Turn
    answer: Message | None
    wait_s: float


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
    def sending(self) -> Sending:
        return Sending(self.database, self.settings, self.jobs)

    def answer(self, business_id: int, event_id: int) -> None:
        """Answers what a person wrote, as the job of one stored event. Raises ``NotYet`` while they may
        still be writing, ``TryLater`` when the answer cannot be sent now."""
        opened = self._open(business_id, event_id)
        if opened is None:
            return
        answer = opened.answer
        if answer is None:
            if opened.wait_s > 0:
                raise NotYet(opened.wait_s)
            reply = compose_reply(self.model, opened.turn, self.database)
            answer = self._decide(business_id, opened, reply)
        if answer is not None and answer.status in ("pending", "sending"):
            self.sending.deliver(business_id, opened.way, answer)

    def give_up(self, business_id: int, event_id: int) -> None:
        """Says on the event that it failed, and on the answer that it will not be sent."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            event = inbox.get_event(tx, tenant, event_id)
            if event is None:
                return
            message = conversations.message_of_event(tx, tenant, event.external_id)
            has_answer = message is not None and outbound.give_up_answer(
                tx, tenant, message, GIVEN_UP
            )
            inbox.mark_failed(tx, tenant, event_id, NOT_SENT if has_answer else NOT_MADE)
            if message is not None:
                answer = conversations.answer_to(tx, tenant, message.id) or message
                notifications.tell_of_failure(
                    tx, self.jobs, tenant, message.conversation_id, answer.id
                )

    def _open(self, business_id: int, event_id: int) -> Opened | None:
        """None where this job has nothing to answer."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            event = inbox.get_event(tx, tenant, event_id)
            said = None if event is None else said_in(event)
            if event is None or said is None:
                return None
            business = tenancy.get_business(tx, business_id)
            is_active = business.status == "active"
            chosen = operations.settings_of(tx, tenant)
            conversation, is_new = _take_in(
                self, tx, tenant, event, said, chosen.words, is_active=is_active
            )
            if said.is_echo or not is_active:
                return None
            lead_name = _open_lead(tx, tenant, conversation.id, said, is_new=is_new)
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
            version = pinning.prompts_for(tx, tenant, conversation)
            turn = Turn(
                tenant=tenant,
                prompt="" if version is None else version.whatsapp_prompt,
                prompt_version=0 if version is None else version.version,
                history=conversations.history(tx, tenant, message),
                known_name=lead_name,
                offers_appointments=business.offers_appointments,
                hours=opening.hours_for_turn(tx, tenant, business),
                is_last=is_last,
            )
            pause = operations.pause_of(chosen, event.provider)
            wait_s = 0.0
            if answer is None:
                wait_s = max(_wait_s(awaiting, pause), media_jobs.hearing_s(tx, tenant, awaiting))
            way = Way(event.provider, said.contact_key, event.id)
            return Opened(way, turn, answer, wait_s)

    def _decide(self, business_id: int, opened: Opened, reply: Reply) -> Message | None:
        """The answer that is to be sent; None when it was stale or a person took over."""
        turn, message = opened.turn, opened.turn.history[-1]
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            conversation = conversations.lock(tx, tenant, message.conversation_id)
            if (answer := conversations.answer_to(tx, tenant, message.id)) is not None:
                return answer
            if _has_written_more(tx, tenant, opened) and conversations.may_go_stale(
                tx, conversation
            ):
                return None
            answer = conversations.decide_answer(
                tx,
                tenant,
                message,
                reply.author,
                reply.text,
                turn.prompt_version,
                is_last_word=turn.is_last,
            )
            if answer is None:
                return None
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


def _take_in(
    work: Work,
    tx: Transaction,
    tenant: Tenant,
    event: InboundEvent,
    said: InboundMessage,
    words: Words,
    *,
    is_active: bool,
) -> tuple[Conversation, bool]:
    """Takes in all that this person wrote until now, and says whether anything was new. In a suspended
    business it is heard and awaits no answer."""
    waiting = inbox.waiting_events(tx, tenant, event.provider, said.contact_key)
    events = {row.id: row for row in (*waiting, event)}
    parsed = [(said_in(row) or said, row) for row in events.values()]
    parsed.sort(key=lambda pair: operations.order_of(pair[0], pair[1].id))
    last, _ = parsed[-1]
    conversation = conversations.take_in(
        tx,
        tenant,
        Contact(operations.CHANNELS[event.provider], last.contact_key, last.phone, last.name),
        [
            Incoming(
                external_id=row.external_id,
                text=message.text,
                at=message.at,
                received_at=row.received_at,
                awaits_answer=message.is_answerable and not message.is_echo and is_active,
                is_echo=message.is_echo,
                takes_over=message.is_echo and message.is_answerable,
            )
            for message, row in parsed
        ],
        words,
    )
    messages = [message for message, _ in parsed]
    media_jobs.expect(
        tx, work.jobs, work.settings, tenant, event.provider, messages, is_active=is_active
    )
    new = [row for _, row in parsed if row.processed_at is None]
    for row in new:
        row.processed_at = now()
    tx.flush()
    return conversation, bool(new)


def _wait_s(awaiting: Sequence[Message], pause: timedelta) -> float:
    """Seconds until the messages that await an answer should get it."""
    received = [message.created_at for message in awaiting]
    due_at = min(max(received) + pause, min(received) + LONGEST_PAUSE)
    return (due_at - now()).total_seconds()


def _has_written_more(tx: Transaction, tenant: Tenant, opened: Opened) -> bool:
    """True when the person wrote since the turn was opened: that is not taken in yet, since their jobs
    run one after the other."""
    waiting = inbox.waiting_events(tx, tenant, opened.way.provider, opened.way.contact_key)
    found = [said_in(event) for event in waiting]
    return any(said is not None and said.is_answerable and not said.is_echo for said in found)


def _open_lead(
    tx: Transaction, tenant: Tenant, conversation_id: int, said: InboundMessage, *, is_new: bool
) -> str | None:
    """The name on the conversation's lead, which is opened, or found by its phone number."""
    lead_id = conversations.lead_id_of(tx, tenant, conversation_id)
    caller = caller_for_job(tenant)
    name = said.name or said.phone or said.contact_key
    if lead_id is None:
        lead = leads.open_for_contact(tx, tenant, caller, said.phone, name, source="whatsapp")
        conversations.tie_lead(tx, tenant, conversation_id, lead.id)
        return lead.name
    if is_new:
        return leads.note_contact(tx, tenant, caller, lead_id, said.phone, name).name
    return leads.get_lead(tx, tenant, lead_id).name
