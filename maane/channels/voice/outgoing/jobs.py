"""Closes a call that Twilio was asked for and never spoke of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from maane.calls import operations as calls
from maane.calls import outgoing
from maane.calls.models import ENDED
from maane.channels.voice.closing import close
from maane.jobs.queue import Jobs, NotYet
from maane.kit.db import Database, now
from maane.tenancy.access import tenant_for_job

UNKNOWN = timedelta(minutes=2)
"""A call that Twilio took is reported within seconds. One of which nothing came, because its answer was
lost or our process ended before it, is given up after so long, and what comes later hangs up."""


@dataclass(frozen=True)
class CloseOutgoing:
    """The job of each call that was asked for. Once Twilio has spoken of it, it is watched as any other
    (``watching``)."""

    database: Database
    jobs: Jobs

    def close(self, business_id: int, call_id: int) -> None:
        """Raises ``NotYet`` while Twilio may still speak of it."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked_by_id(tx, tenant, call_id)
            row = outgoing.of_call(tx, tenant, call_id)
            if row is None or row.state != "asked" or call.status in ENDED:
                return
            left_s = (call.started_at + UNKNOWN - now()).total_seconds()
            if left_s <= 0:
                call.outcome, reason = "failed", "provider_unknown"
                close(tx, self.jobs, tenant, call, "failed", duration_s=None, reason=reason)
        if left_s > 0:
            raise NotYet(left_s)

    def give_up(self, business_id: int, call_id: int) -> None:
        """Leaves the call as it is."""
