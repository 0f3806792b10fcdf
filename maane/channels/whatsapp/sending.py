"""Sends a message that was kept before: an answer of a turn, or what somebody of the business wrote.

Who may send is decided by compare and set. No code can tell, after a kill between the request to the
provider and our noting its reply, whether the message left. Nearly all of that time is the provider's,
after it has the message; so it is not sent again, the screen says that it is not known, and the status
event of the provider, which bears our own id, settles it. Where none comes for some minutes the message
failed, people are told, and one of them decides whether it is sent again. A provider that stays silent to
a living worker is asked once more, no more often, and not where something was said after it.
"""

from __future__ import annotations

from dataclasses import dataclass

from maane.channels import inbox
from maane.channels.whatsapp import connection, operations, templates
from maane.channels.whatsapp.provider import Provider, SendError
from maane.conversations import operations as conversations
from maane.conversations import outbound, reasons
from maane.conversations.models import UNCERTAIN, Message
from maane.jobs.queue import Jobs, NotYet, TryLater
from maane.kit.db import Database, Transaction
from maane.kit.logging import LOG
from maane.notifications import operations as notifications
from maane.settings import Settings
from maane.tenancy.access import Tenant, tenant_for_job

WAIT_FOR_STATUS_S = 10.0
WAIT_FOR_TURN_S = 5.0
"""Between two looks whether what was to be said before has left."""
INTERRUPTED = reasons.told("interrupted")
GIVEN_UP = reasons.told("given_up")
NO_NUMBER = reasons.told("no_number")


@dataclass(frozen=True, slots=True)
class Way:
    """How a message reaches its customer, and the event that it answers, if it answers one."""

    provider: str
    contact_key: str
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """What a worker has at hand for it."""

    database: Database
    settings: Settings
    jobs: Jobs

    def send(self, business_id: int, message_id: int) -> None:
        """Sends a message that somebody of the business wrote. Raises ``TryLater`` when it cannot be
        sent now, and ``NotYet`` while one that was written before it is on its way."""
        with self.database.transaction(business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, business_id)
            message, conversation = outbound.outgoing(tx, tenant, message_id)
            if message.status == "pending" and outbound.is_behind(tx, tenant, message):
                raise NotYet(WAIT_FOR_TURN_S)
        provider = operations.provider_of_channel(conversation.channel)
        if message.status in ("pending", "sending"):
            self.deliver(business_id, Way(provider, conversation.contact_key), message)

    def give_up(self, business_id: int, message_id: int) -> None:
        """Says on the message that it will not be sent, with the last reason."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            message, _ = outbound.outgoing(tx, tenant, message_id)
            outbound.give_up(tx, tenant, message, GIVEN_UP)
            notifications.tell_of_unsent(tx, self.jobs, tenant, message_id)

    def deliver(self, business_id: int, way: Way, answer: Message) -> None:
        """Sends a message that was kept as pending, once. Raises ``TryLater`` when it cannot be now, and
        ``NotYet`` while its provider may still say what became of it."""
        was_uncertain = answer.status == "sending"
        if was_uncertain and answer.error in (None, INTERRUPTED, UNCERTAIN):
            self._await_status(business_id, way, answer.id, answer.error or INTERRUPTED)
            return
        sender = self._claim(business_id, way, answer)
        if sender is None:
            if was_uncertain:
                self._await_status(business_id, way, answer.id, UNCERTAIN)
            return
        try:
            if answer.template is None:
                sent = sender.send_text(way.contact_key, answer.text, answer.id)
            else:
                template = templates.message_of(answer.template)
                sent = sender.send_template(way.contact_key, template, answer.id)
        except SendError as error:
            self._note_failure(business_id, way, answer.id, error, was_uncertain=was_uncertain)
            return
        finally:
            sender.close()
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            outbound.mark_sent(tx, tenant, answer.id, sent.external_id, sent.status)

    def _claim(self, business_id: int, way: Way, answer: Message) -> Provider | None:
        """Who sends it, for the one caller that may now. Its connection is made before the claim is
        true: what lies between the claim and the wire is the time in which a kill can lose an answer."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            barrier = outbound.barrier(tx, tenant, answer)
            if barrier == outbound.WINDOW_CLOSED and answer.status == "pending":
                self._fail(tx, tenant, way, answer.id, barrier, barrier)
            if barrier is not None:
                return None
            if answer.status == "sending":
                if outbound.is_overtaken(tx, tenant, answer):
                    return None
                outbound.release_sending(tx, tenant, answer.id, answer.error)
            if not outbound.claim_sending(tx, tenant, answer.id):
                return None
            sender = connection.sender_for(tx, tenant, self.settings, way.provider)
            if sender is None:
                self._fail(tx, tenant, way, answer.id, NO_NUMBER, operations.NOT_CONNECTED)
            elif not outbound.fit(tx, tenant, answer, sender.longest_text):
                sender.close()
                words, failure = reasons.told("too_long"), operations.REFUSED
                self._fail(tx, tenant, way, answer.id, words, failure)
                return None
            return sender

    def _note_failure(
        self,
        business_id: int,
        way: Way,
        answer_id: int,
        error: SendError,
        *,
        was_uncertain: bool,
    ) -> None:
        LOG.warning("send failed", business_id=business_id, message_id=answer_id)
        if error.is_uncertain:
            if was_uncertain:
                self._await_status(business_id, way, answer_id, UNCERTAIN)
                return
            with self.database.transaction(business_id) as tx:
                tenant = tenant_for_job(tx, business_id)
                outbound.note_uncertain(tx, tenant, answer_id, error.words)
            raise TryLater(WAIT_FOR_STATUS_S)
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            if not error.may_retry:
                self._fail(tx, tenant, way, answer_id, error.words, operations.REFUSED)
                return
            outbound.release_sending(tx, tenant, answer_id, error.words)
        raise TryLater(error.after_s)

    def _fail(
        self,
        tx: Transaction,
        tenant: Tenant,
        way: Way,
        message_id: int,
        words: str,
        failure: str,
    ) -> None:
        """Says on a message, and on the event that it answers, that it will not be sent, and tells the
        people of the business."""
        if not outbound.mark_failed(tx, tenant, message_id, words):
            return
        if way.event_id is not None:
            inbox.mark_failed(tx, tenant, way.event_id, failure)
        notifications.tell_of_unsent(tx, self.jobs, tenant, message_id)

    def _await_status(self, business_id: int, way: Way, message_id: int, words: str) -> None:
        """Waits for the provider's word of a message that is not sent again, and ends where there is
        one. Raises ``NotYet``. After ``LONGEST_UNCERTAIN`` the message failed."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            message = conversations.find_message(tx, tenant, message_id)
            if message is None or message.status != "sending":
                return
            left_s = outbound.uncertain_for(message).total_seconds()
            if left_s <= 0:
                self._fail(tx, tenant, way, message_id, UNCERTAIN, UNCERTAIN)
                return
            outbound.note_uncertain(tx, tenant, message_id, words)
        raise NotYet(left_s)
