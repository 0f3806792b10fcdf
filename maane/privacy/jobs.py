"""The nights: planned by every worker, run once."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from maane.jobs.queue import Jobs
from maane.kit.db import Database, now
from maane.media.files import Files
from maane.media.sweep import sweep
from maane.privacy import retention
from maane.tenancy import operations as tenancy
from maane.tenancy.access import tenant_for_job

RETENTION_JOB = "delete what is too old"
BETWEEN_BATCHES_S = 0.05
"""So long others have the database to themselves; on SQLite there is one writer at a time."""


@dataclass(frozen=True)
class Retention:
    """What a worker has at hand for it."""

    database: Database
    jobs: Jobs
    files: Files

    def plan(self) -> None:
        """Enqueues each night that is due: one job for a business and a day, however many ask. A night
        that no worker lived to see is made up for by the first one that does."""
        at = now()
        with self.database.transaction(writes=False) as tx:
            nights = [(b.id, retention.night_of(b, at)) for b in tenancy.list_retaining(tx)]
        for business_id, day in nights:
            if day is None:
                continue
            with self.database.transaction(business_id) as tx:
                if not retention.is_begun(tx, tenant_for_job(tx, business_id), day):
                    self.jobs.enqueue_turn(tx, RETENTION_JOB, business_id, day, "retention")

    def run(self, business_id: int, day: int) -> None:
        """Deletes what is too old, batch by batch."""
        while True:
            with self.database.transaction(business_id) as tx:
                is_over = retention.delete_some(tx, tenant_for_job(tx, business_id), day)
            if is_over:
                sweep(self.database, self.files, business_id)
                return
            threading.Event().wait(BETWEEN_BATCHES_S)

    def sweep(self, business_id: int, lead_id: int) -> None:
        """Removes the files of a person who was erased, as those of anybody whose rows are gone."""
        sweep(self.database, self.files, business_id)

    def give_up_sweeping(self, business_id: int, lead_id: int) -> None:
        """The log says so; the next sweep removes them."""

    def give_up(self, business_id: int, day: int) -> None:
        """The log says so; the next night begins with what this one left."""
