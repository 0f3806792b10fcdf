"""The job of a turn: take in one stored event, decide on one answer, send it once.

Each stage is a transaction of its own and can be repeated: a worker that was killed takes the job up
again and finds what is done already. The answer is kept before it is sent and the database holds one
per message; who may send it is decided by compare and set. The one gap that no code can close is a kill
between the provider's taking a message and our noting it: the status event that bears our own id closes
it when it comes in time, else the message is sent again, since losing an answer is worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import sleep

from maane.assistant.model import Model
from maane.assistant.operations import Reply, Turn, compose_reply
from maane.channels import inbox
from maane.channels.whatsapp import operations
from maane.channels.whatsapp.payload import InboundMessage, parse_piece
from maane.channels.whatsapp.sender import SendError
from maane.conversations import operations as conversations
from maane.conversations.models import Message
from maane.conversations.operations import Contact
from maane.kit.db import Database, Transaction, now
from maane.kit.logging import LOG
from maane.leads import operations as leads
from maane.prompts import operations as prompts
from maane.settings import Settings
from maane.tenancy.access import Tenant, caller_for_job, tenant_for_job

WAIT_FOR_STATUS_S = 3.0


@dataclass(frozen=True)
class Work:
    """What a worker has at hand for its jobs."""

    database: Database
    settings: Settings
    model: Model | None

    def answer(self, business_id: int, event_id: int) -> None:
        """Answers one stored event. Raises ``SendError`` when a later try may work."""
        opened = self._take_in(business_id, event_id)
        if opened is None:
            return
        provider, contact_key, turn, answer = opened
        if answer is None:
            reply = compose_reply(self.model, turn)
            answer = self._decide(business_id, turn, reply)
        if answer is not None and answer.status in ("pending", "sending"):
            self._send(business_id, provider, contact_key, answer)

    def _take_in(
        self, business_id: int, event_id: int
    ) -> tuple[str, str, Turn, Message | None] | None:
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            event = inbox.get_event(tx, tenant, event_id)
            said = None if event is None else parse_piece(event.payload)
            if event is None or said is None:
                return None
            channel = "simulator" if event.provider == operations.SIMULATOR else "whatsapp"
            contact = Contact(channel, said.contact_key, said.phone, said.name)
            conversation, message = conversations.take_in(
                tx, tenant, contact, said.external_id, said.text, said.at
            )
            lead_name = _open_lead(tx, tenant, conversation.id, said)
            event.processed_at = event.processed_at or now()
            tx.flush()
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
            return event.provider, said.contact_key, turn, answer

    def _decide(self, business_id: int, turn: Turn, reply: Reply) -> Message | None:
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
                    tx, tenant, caller_for_job(tenant), lead_id, reply.name, reply.need
                )
            return answer

    def _send(self, business_id: int, provider: str, to: str, answer: Message) -> None:
        if answer.status == "sending":
            sleep(WAIT_FOR_STATUS_S)
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            sender = operations.sender_for(tx, tenant, self.settings, provider)
            if answer.status == "sending":
                conversations.release_sending(tx, tenant, answer.id)
            if not conversations.claim_sending(tx, tenant, answer.id):
                return
            if sender is None:
                conversations.mark_failed(tx, tenant, answer.id, "no number is connected")
                return
        try:
            sent = sender.send_text(to, answer.text, answer.id)
        except SendError as error:
            self._note_failure(business_id, answer, error)
            return
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            conversations.mark_sent(tx, tenant, answer.id, sent.external_id, sent.status)

    def _note_failure(self, business_id: int, answer: Message, error: SendError) -> None:
        LOG.warning("send failed", business_id=business_id, message_id=answer.id)
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            if not error.may_retry:
                conversations.mark_failed(tx, tenant, answer.id, error.words)
            elif not error.is_uncertain:
                conversations.release_sending(tx, tenant, answer.id)
        if error.may_retry:
            raise error


def _open_lead(
    tx: Transaction, tenant: Tenant, conversation_id: int, said: InboundMessage
) -> str | None:
    """The name on the conversation's lead, which is opened, or found by its phone number."""
    lead_id = conversations.lead_id_of(tx, tenant, conversation_id)
    caller = caller_for_job(tenant)
    if lead_id is None:
        phone, name = said.phone, said.name or said.phone or said.contact_key
        lead = leads.open_for_contact(tx, tenant, caller, phone, name, source="whatsapp")
        conversations.tie_lead(tx, tenant, conversation_id, lead.id)
        return lead.name
    return leads.get_lead(tx, tenant, lead_id).name
