"""The edge of DBOS, and the only file that imports it.

A job is enqueued by name inside the transaction that caused it, in the same database, so neither can
be lost without the other. A job's id is chosen by its cause: the same cause twice runs once. Jobs of one
partition (a conversation) run one after the other. The application version is fixed: with a version
taken from the code, work that waits would be stranded by the next deploy.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from dbos import DBOS, DBOSClient, DBOSConfig
from sqlalchemy import inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from maane.kit.db import Database

APPLICATION = "maane"
VERSION = "1"
SCHEMA = "dbos"
TURNS = "turns"
POLL_S = 0.1
TURNS_AT_ONCE = 32
ATTEMPTS = 6
FIRST_PAUSE_S = 1.0

Job = Callable[[int, int], None]


class Jobs:
    """Enqueues jobs for the workers. One per process; it opens no connection of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._client = DBOSClient(
            system_database_url=_url(database.url),
            dbos_system_schema=None if database.is_sqlite else SCHEMA,
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue_turn(
        self, tx: Session, name: str, business_id: int, subject_id: int, partition: str
    ) -> None:
        """Adds the job ``name(business_id, subject_id)`` when ``tx`` commits, once a subject."""
        self._client.enqueue_in_transaction(
            tx.connection(),
            {
                "queue_name": TURNS,
                "workflow_name": name,
                "workflow_id": f"{name}:{business_id}:{subject_id}",
                "queue_partition_key": f"{business_id}:{partition}",
                "app_version": VERSION,
            },
            business_id,
            subject_id,
        )

    def is_reachable(self) -> bool:
        """True when the tables of the queue are there and can be read."""
        schema = None if self._database.is_sqlite else SCHEMA
        try:
            return inspect(self._database.engine).has_table("workflow_status", schema=schema)
        except SQLAlchemyError:
            return False

    def close(self) -> None:
        self._client.destroy()


def migrate_queue(url: URL, application_role: str | None) -> None:
    """Makes or updates the tables of the queue, as the database's owner."""
    logging.getLogger("dbos").setLevel(logging.WARNING)
    DBOS.migrate(
        _url(url),
        schema=SCHEMA,
        application_role=None if url.get_backend_name() == "sqlite" else application_role,
    )


def run_jobs(
    database: Database, worker_id: str, jobs: dict[str, Job], stopping: threading.Event
) -> None:
    """Runs the jobs by their names until ``stopping`` is set.

    Work that this ``worker_id`` had begun when it was killed is taken up again first. A job that
    raises is tried again, ``ATTEMPTS`` times in all, with growing pauses.
    """
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": _url(database.url),
        "application_version": VERSION,
        "executor_id": worker_id,
        "run_migrations": False,
        "enable_otlp": False,
        "log_level": "WARNING",
        "use_listen_notify": False,
        "sys_db_pool_size": 8,
    }
    DBOS(config=config)
    for name, job in jobs.items():
        _register(name, job)
    DBOS.launch()
    try:
        DBOS.register_queue(
            TURNS,
            partition_concurrency=1,
            worker_concurrency=TURNS_AT_ONCE,
            polling_interval_sec=POLL_S,
            on_conflict="always_update",
        )
        stopping.wait()
    finally:
        DBOS.destroy(workflow_completion_timeout_sec=5)


def _register(name: str, job: Job) -> None:
    @DBOS.step(
        name=f"{name} step",
        retries_allowed=True,
        max_attempts=ATTEMPTS,
        interval_seconds=FIRST_PAUSE_S,
        backoff_rate=2,
    )
    def step(business_id: int, subject_id: int) -> None:
        job(business_id, subject_id)

    @DBOS.workflow(name=name)
    def workflow(business_id: int, subject_id: int) -> None:
        step(business_id, subject_id)


def _url(url: URL) -> str:
    plain = url.set(drivername=url.get_backend_name())
    return plain.render_as_string(hide_password=False)


__all__ = ["Job", "Jobs", "migrate_queue", "run_jobs"]
