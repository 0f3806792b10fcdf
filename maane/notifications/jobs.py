"""The jobs of notifications: one e-mail, and the second look at a handover."""

from __future__ import annotations

from dataclasses import dataclass

from maane.jobs.queue import Jobs, NotYet, TryLater
from maane.kit.db import Database
from maane.kit.logging import LOG
from maane.notifications import deliveries, operations, smtp
from maane.settings import Settings
from maane.tenancy.access import tenant_for_job


@dataclass(frozen=True)
class Notices:
    """What a worker has at hand for them."""

    database: Database
    settings: Settings
    jobs: Jobs

    def mail(self, business_id: int, delivery_id: int) -> None:
        """Sends one e-mail. Raises ``TryLater`` where the server cannot take it now."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            due = deliveries.due(tx, tenant, self.settings, delivery_id)
            if due is None or not deliveries.claim(tx, tenant, delivery_id):
                return
        mail = smtp.Mail(
            to=due.recipient,
            subject=due.letter.headline,
            body=due.letter.body,
            language=tenant.language,
            key=f"notification.{business_id}.{delivery_id}",
        )
        try:
            smtp.send(self.settings, mail)
        except smtp.MailError as error:
            LOG.warning(
                "e-mail failed",
                business_id=business_id,
                delivery_id=delivery_id,
                reason=error.reason,
            )
            settle = deliveries.release if error.may_retry else deliveries.fail
            with self.database.transaction(business_id) as tx:
                settle(tx, tenant, delivery_id, error.reason, error.answer)
            if error.may_retry:
                raise TryLater from None
            return
        with self.database.transaction(business_id) as tx:
            deliveries.mark_sent(tx, tenant, delivery_id)

    def give_up(self, business_id: int, delivery_id: int) -> None:
        """Says on a delivery that it will not be sent."""
        with self.database.transaction(business_id) as tx:
            deliveries.give_up(tx, tenant_for_job(tx, business_id), delivery_id)

    def escalate(self, business_id: int, notification_id: int) -> None:
        """Looks whether somebody came. Raises ``NotYet`` before the time."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            wait = operations.escalate(tx, self.jobs, tenant, notification_id)
        if wait is not None:
            raise NotYet(wait.total_seconds())

    def follow_hours(self, business_id: int, _: int) -> None:
        """What waits for an opening looks at the hours that were changed."""
        with self.database.transaction(business_id) as tx:
            operations.follow_hours(tx, self.jobs, tenant_for_job(tx, business_id))

    def give_up_following(self, business_id: int, _: int) -> None:
        """The log says so; each look at its own time computes anew."""

    def give_up_escalating(self, business_id: int, notification_id: int) -> None:
        """The log says so; the customer still stands in the list of those who wait."""
