"""The job of a turn: take in one stored event, decide on one answer, send it once.

Each stage is a transaction of its own and can be repeated: a worker that was killed takes the job up
again and finds what is done already. The answer is kept before it is sent and the database holds one
per message; who may send it is decided by compare and set.

No code can tell, after a kill between the request to the provider and our noting its reply, whether
the message left. Nearly all of that time is the provider's, after it has the message; so it is not
sent again, the screen says that it is not known, and the provider's status event, which bears our own
id, settles it. A provider that stays silent to a living worker is asked once more, no more often.
"""

from __future__ import annotations

from dataclasses import dataclass

from maane.assistant.model import Model
from maane.assistant.operations import Reply, Turn, compose_reply
from maane.channels import inbox
from maane.channels.whatsapp import operations
from maane.channels.whatsapp.payload import InboundMessage, parse_piece
from maane.channels.whatsapp.sender import Sender, SendError
from maane.conversations import operations as conversations
from maane.conversations.models import Message
from maane.conversations.operations import Contact
from maane.jobs.queue import TryLater
from maane.kit.db import Database, Transaction, now
from maane.kit.logging import LOG
from maane.leads import operations as leads
from maane.prompts import operations as prompts
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, caller_for_job, tenant_for_job

WAIT_FOR_STATUS_S = 10.0
INTERRUPTED = "interrupted while it was being sent; it is not known whether it arrived"
GIVEN_UP = "could not be sent"


@dataclass(frozen=True, slots=True)
class Opened:
    """A turn that was taken in: where it came from, what to answer, and the answer if decided."""

    provider: str
    contact_key: str
    turn: Turn
    answer: Message | None


@dataclass(frozen=True)
class Work:
    """What a worker has at hand for its jobs."""

    database: Database
    settings: Settings
    model: Model | None

    def answer(self, business_id: int, event_id: int) -> None:
        """Answers one stored event. Raises ``TryLater`` when it cannot be sent now."""
        opened = self._take_in(business_id, event_id)
        if opened is None:
            return
        answer = opened.answer
        if answer is None:
            reply = compose_reply(self.model, opened.turn)
            answer = self._decide(business_id, opened.turn, reply)
        if answer.status in ("pending", "sending"):
            self._send(business_id, opened, answer)

    def give_up(self, business_id: int, event_id: int) -> None:
        """Says on the answer that it will not be sent, with the last reason."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            event = inbox.get_event(tx, tenant, event_id)
            if event is None:
                return
            message = conversations.message_of_event(tx, tenant, event.external_id)
            if message is None:
                return
            answer = conversations.answer_to(tx, tenant, message.id)
            if answer is not None:
                conversations.mark_failed(tx, tenant, answer.id, answer.error or GIVEN_UP)

    def _take_in(self, business_id: int, event_id: int) -> Opened | None:
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            event = inbox.get_event(tx, tenant, event_id)
            said = None if event is None else parse_piece(event.payload)
            if event is None or said is None:
                return None
            channel = "simulator" if event.provider == operations.SIMULATOR else "whatsapp"
            contact = Contact(channel, said.contact_key, said.phone, said.name)
            is_new = event.processed_at is None
            conversation, message = conversations.take_in(
                tx, tenant, contact, said.external_id, said.text, said.at
            )
            event.processed_at = event.processed_at or now()
            tx.flush()
            if not tenancy.is_active(tx, tenant):
                return None
            lead_name = _open_lead(tx, tenant, conversation.id, said, is_new=is_new)
            if not said.is_answerable:
                return None
            version = prompts.current_prompts(tx, tenant)
            turn = Turn(
                tenant=tenant,
                prompt="" if version is None else version.whatsapp_prompt,
                prompt_version=0 if version is None else version.version,
                history=conversations.history(tx, tenant, message),
                known_name=lead_name,
            )
            answer = conversations.answer_to(tx, tenant, message.id)
            return Opened(event.provider, said.contact_key, turn, answer)

    def _decide(self, business_id: int, turn: Turn, reply: Reply) -> Message:
        message = turn.history[-1]
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            if (answer := conversations.answer_to(tx, tenant, message.id)) is not None:
                return answer
            answer = conversations.decide_answer(
                tx, tenant, message, reply.author, reply.text, turn.prompt_version
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

    def _send(self, business_id: int, opened: Opened, answer: Message) -> None:
        was_uncertain = answer.status == "sending"
        if was_uncertain and answer.error is None:
            self._leave_uncertain(business_id, answer.id, INTERRUPTED)
            return
        with self.database.transaction(business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, business_id)
            sender = operations.sender_for(tx, tenant, self.settings, opened.provider)
        try:
            if not self._claim(business_id, answer, sender) or sender is None:
                return
            sent = sender.send_text(opened.contact_key, answer.text, answer.id)
        except SendError as error:
            self._note_failure(business_id, answer.id, error, was_uncertain=was_uncertain)
            return
        finally:
            if sender is not None:
                sender.close()
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            conversations.mark_sent(tx, tenant, answer.id, sent.external_id, sent.status)

    def _claim(self, business_id: int, answer: Message, sender: Sender | None) -> bool:
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            if answer.status == "sending":
                conversations.release_sending(tx, tenant, answer.id, answer.error)
            is_ours = conversations.claim_sending(tx, tenant, answer.id)
            if is_ours and sender is None:
                conversations.mark_failed(tx, tenant, answer.id, "no number is connected")
            return is_ours

    def _note_failure(
        self, business_id: int, answer_id: int, error: SendError, *, was_uncertain: bool
    ) -> None:
        LOG.warning("send failed", business_id=business_id, message_id=answer_id)
        if error.is_uncertain:
            self._leave_uncertain(business_id, answer_id, error.words)
            if was_uncertain:
                return
            raise TryLater(WAIT_FOR_STATUS_S)
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            if not error.may_retry:
                conversations.mark_failed(tx, tenant, answer_id, error.words)
                return
            conversations.release_sending(tx, tenant, answer_id, error.words)
        raise TryLater(error.after_s)

    def _leave_uncertain(self, business_id: int, answer_id: int, words: str) -> None:
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            conversations.note_uncertain(tx, tenant, answer_id, words)


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
