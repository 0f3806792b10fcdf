"""The job that tells the owner's phone, through the business's own number.

Outside the 24 hours after the owner last wrote to that number WhatsApp takes no free text, and the
delivery says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from maane.channels.whatsapp import connection
from maane.channels.whatsapp.provider import Provider, SendError
from maane.jobs.queue import TryLater
from maane.kit.db import Database
from maane.kit.logging import LOG
from maane.notifications import deliveries
from maane.notifications import operations as notifications
from maane.notifications.deliveries import Due
from maane.settings import Settings
from maane.tenancy.access import tenant_for_job

NO_MESSAGE = 0
"""Sent along as our own id, which belongs to no message: the provider repeats it in its status events,
and a delivery's id would be taken for a message's."""


@dataclass(frozen=True)
class PhoneNotices:
    """What a worker has at hand for it."""

    database: Database
    settings: Settings

    def send(self, business_id: int, delivery_id: int) -> None:
        """Sends one notification to the owner's phone. Raises ``TryLater``."""
        claimed = self._claim(business_id, delivery_id)
        if claimed is None:
            return
        sender, contact_key, due = claimed
        try:
            sent = sender.send_text(contact_key, due.letter.as_message, NO_MESSAGE)
        except SendError as error:
            self._note_failure(business_id, delivery_id, error)
            return
        finally:
            sender.close()
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            deliveries.mark_sent(tx, tenant, delivery_id, sent.external_id)

    def _claim(self, business_id: int, delivery_id: int) -> tuple[Provider, str, Due] | None:
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            due = deliveries.due(tx, tenant, self.settings, delivery_id)
            if due is None:
                return None
            window = notifications.window_of_phone(tx, tenant, due.recipient)
            sender = connection.sender_for(tx, tenant, self.settings, connection.META)
            if sender is None:
                deliveries.fail(tx, tenant, delivery_id, "not_connected")
                return None
            if window is None:
                sender.close()
                deliveries.fail(tx, tenant, delivery_id, "window_closed")
                return None
            if not deliveries.claim(tx, tenant, delivery_id):
                sender.close()
                return None
            return sender, window[0], due

    def _note_failure(self, business_id: int, delivery_id: int, error: SendError) -> None:
        LOG.warning("send failed", business_id=business_id, delivery_id=delivery_id)
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            if error.is_uncertain:
                deliveries.fail(tx, tenant, delivery_id, notifications.INTERRUPTED, error.words)
                return
            if not error.may_retry:
                deliveries.fail(tx, tenant, delivery_id, "refused", error.words)
                return
            deliveries.release(tx, tenant, delivery_id, "busy", error.words)
        raise TryLater(error.after_s)
