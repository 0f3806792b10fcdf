"""The edge of DBOS, and the only file that imports it.

A job is enqueued by name inside the transaction that caused it, in the same database, so neither can
be lost without the other. A job's id is chosen by its cause: the same cause twice runs once. Jobs of one
partition (a conversation) run one after the other. The application version is fixed: with a version
taken from the code, work that waits would be stranded by the next deploy.
"""

from __future__ import annotations

import hmac
import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, WorkflowStatus
from sqlalchemy import ColumnClause, column, create_engine, inspect, select, table, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from maane.kit.db import Database
from maane.kit.errors import NotFound, Unavailable
from maane.kit.logging import LOG

APPLICATION = "maane"
VERSION = "1"
SCHEMA = "dbos"
CONCEALED = ":by-key:"
TURNS = "turns"
LATER = ":later:"
POLL_S = 0.1
TURNS_AT_ONCE = 64
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
LONGEST_PAUSE_S = 300.0
DATABASE_PAUSE_S = 1.0
EARLY_S = 1.5
"""So long before it is due a job comes back: the second in which DBOS looks for jobs whose delay has
passed, and time to begin all those that it finds then."""


class TryLater(Exception):
    """Raised by a job whose work cannot be done now. ``after_s``: how long the cause asked to wait."""

    def __init__(self, after_s: float = 0.0) -> None:
        super().__init__("try later")
        self.after_s = after_s


class NotYet(Exception):
    """Raised by a job whose time has not come; it uses up no try. ``after_s``: until it may be."""

    def __init__(self, after_s: float) -> None:
        super().__init__("not yet")
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Wait:
    """What a try returns for ``NotYet``."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Job:
    """``run`` and ``give_up`` take a business's id and a subject's, and may be called again for the
    same subject: they look at what is done already. ``give_up`` follows the last try that failed."""

    run: Callable[[int, int], None]
    give_up: Callable[[int, int], None]


class Jobs:
    """Enqueues jobs for the workers. One per process; it opens no connection of its own."""

    def __init__(self, database: Database, secret: bytes) -> None:
        """``secret`` keys the names of partitions, which hold customers' numbers otherwise."""
        self._database = database
        self._secret = secret
        self._client = DBOSClient(
            # Ours, and not one of its own of the same database: it compiles its statements once only for
            # connections of its own engine's dialect, and that was a quarter of a webhook's time.
            system_database_engine=database.engine,
            dbos_system_schema=None if database.is_sqlite else SCHEMA,
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue_turn(
        self,
        tx: Session,
        name: str,
        business_id: int,
        subject_id: int,
        partition: str,
        *,
        again: int = 0,
        because: str = "",
    ) -> None:
        """Adds the job ``name(business_id, subject_id)`` when ``tx`` commits, once a subject, and
        once more for each number that ``again`` counts up to and each cause in ``because``."""
        repeat = (f":again:{again}" if again else "") + (f":{because}" if because else "")
        self._client.enqueue_in_transaction(
            tx.connection(),
            {
                "queue_name": TURNS,
                "workflow_name": name,
                "workflow_id": f"{name}:{business_id}:{subject_id}{repeat}",
                "queue_partition_key": _concealed(self._secret, business_id, partition),
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


def _concealed(secret: bytes, business_id: int, partition: str) -> str:
    """The name of a partition that does not say whose it is: the same for the same, and nobody without
    the secret can try all phone numbers."""
    message = f"{business_id}:{partition}".encode()
    return f"{business_id}{CONCEALED}{hmac.new(secret, message, sha256).hexdigest()[:32]}"


def migrate_queue(url: URL, application_role: str | None, secret: bytes) -> None:
    """Makes or updates the tables of the queue, as the database's owner, and conceals the partitions
    that a version before this one named by their customers."""
    logging.getLogger("dbos").setLevel(logging.WARNING)
    DBOS.migrate(
        _url(url),
        schema=SCHEMA,
        application_role=None if url.get_backend_name() == "sqlite" else application_role,
    )
    _conceal_partitions(url, secret)


def _conceal_partitions(url: URL, secret: bytes) -> None:
    schema = None if url.get_backend_name() == "sqlite" else SCHEMA
    key: ColumnClause[str] = column("queue_partition_key")
    jobs = table("workflow_status", key, schema=schema)
    engine = create_engine(url)
    with engine.begin() as connection:
        plain = select(key).select_from(jobs).where(key.not_like(f"%{CONCEALED}%")).distinct()
        for name in connection.execute(plain).scalars().all():
            business_id, _, partition = name.partition(":")
            concealed = _concealed(secret, int(business_id), partition)
            connection.execute(
                update(jobs).where(key == name).values(queue_partition_key=concealed)
            )
    engine.dispose()


def run_jobs(
    database: Database, worker_id: str, jobs: dict[str, Job], stopping: threading.Event
) -> None:
    """Runs the jobs by their names until ``stopping`` is set.

    Work that this ``worker_id`` had begun when it was killed is taken up again first. A job that
    raises is tried again after each of ``PAUSES_S``, or later where the cause asks for it; until then it
    holds nothing, and others of its partition run.
    """
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": _url(_with_steady_plans(database.url)),
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
        _register(name, job, stopping)
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


def _register(name: str, job: Job, stopping: threading.Event) -> None:
    """DBOS's own retries cannot wait as long as a provider asks, nor say that they gave up; so a try
    is a step that never raises, and its result is how long to wait, or None when the job is done."""

    @DBOS.step(name=f"try to {name}")
    def attempt(business_id: int, subject_id: int) -> Wait | float | None:
        return try_job(name, job, business_id, subject_id, stopping)

    @DBOS.step(name=f"give up to {name}")
    def give_up(business_id: int, subject_id: int) -> None:
        LOG.error("job given up", job=name, business_id=business_id, subject_id=subject_id)
        job.give_up(business_id, subject_id)

    @DBOS.workflow(name=name)
    def workflow(business_id: int, subject_id: int, due_at: float = 0.0, tried: int = 0) -> None:
        # No step: who is killed here waits for the same instant again.
        time.sleep(min(max(0.0, due_at - time.time()), EARLY_S))
        while (outcome := attempt(business_id, subject_id)) is not None:
            subject = (business_id, subject_id)
            if isinstance(outcome, Wait):
                if outcome.after_s > EARLY_S:
                    due_at = time.time() + outcome.after_s
                    _come_back(name, outcome.after_s - EARLY_S, *subject, due_at, tried)
                    return
                DBOS.sleep(outcome.after_s)
            elif tried == len(PAUSES_S):
                give_up(*subject)
                return
            else:
                pause_s = max(PAUSES_S[tried], outcome)
                tried += 1
                # False for one that slept here when a version before this one ended: it goes on so.
                if DBOS.patch("tries come back"):
                    _come_back(name, pause_s, *subject, 0.0, tried)
                    return
                DBOS.sleep(pause_s)


def _come_back(
    name: str, delay_s: float, business_id: int, subject_id: int, due_at: float, tried: int
) -> None:
    """Enqueues the running job once more for later, in its partition. Meanwhile it holds no thread and
    others of the partition run. A job that is to be on time is taken up ``EARLY_S`` before it is due
    (``due_at``, seconds of the epoch), and then waits for the rest. ``tried``: so many tries failed."""
    own_id = cast("str", DBOS.workflow_id)
    status = cast("WorkflowStatus", DBOS.get_workflow_status(own_id))
    options: EnqueueOptions = {
        "queue_name": TURNS,
        "workflow_name": name,
        "workflow_id": later_id(own_id),
        "queue_partition_key": cast("str", status.queue_partition_key),
        "app_version": VERSION,
        "delay_seconds": delay_s,
    }
    DBOS.enqueue_workflow_with_options(options, business_id, subject_id, due_at, tried)


def later_id(own_id: str) -> str:
    """The id under which a job comes back: it follows from its own, so a worker that was killed here
    finds what it had enqueued, and no two are the same."""
    first, _, number = own_id.rpartition(LATER)
    return f"{first}{LATER}{int(number) + 1}" if first else f"{own_id}{LATER}1"


def try_job(
    name: str, job: Job, business_id: int, subject_id: int, stopping: threading.Event
) -> Wait | float | None:
    """One try. None when the job is done, ``Wait`` when its time has not come, else the seconds that
    the cause of the failure asked to wait (0: none).

    While the database is away nothing can be done at all; that waits here and is no failure of the
    job. What failed is logged by its kind and place only: its text may hold a customer's words.
    """
    while True:
        try:
            job.run(business_id, subject_id)
            return None
        except NotYet as not_yet:
            return Wait(not_yet.after_s)
        except NotFound:
            # Its subject was erased meanwhile: nothing is left to do for it.
            LOG.info(
                "job has no subject any more",
                job=name,
                business_id=business_id,
                subject_id=subject_id,
            )
            return None
        except TryLater as later:
            return min(later.after_s, LONGEST_PAUSE_S)
        except Unavailable:
            if stopping.wait(DATABASE_PAUSE_S):
                return 0.0
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            LOG.error(
                "job failed",
                job=name,
                business_id=business_id,
                subject_id=subject_id,
                error=type(error).__name__,
                place=f"{last.filename}:{last.lineno}",
            )
            return 0.0


def _with_steady_plans(url: URL) -> URL:
    """A worker's look for jobs must cost the same in a flood. PostgreSQL's statistics know a queue that
    is nearly empty, and by them it read every waiting job once for each conversation that waits: 10 s
    for 8,000 of them. With all other ways at the same handicap it takes the index made for this look,
    0.1 s; the handicap would also set off its compiler, so that is off."""
    if url.get_backend_name() == "sqlite":
        return url
    ways = ("indexscan", "bitmapscan", "seqscan")
    options = " ".join([*(f"-c enable_{way}=off" for way in ways), "-c jit=off"])
    return url.update_query_dict({"options": options})


def _url(url: URL) -> str:
    plain = url.set(drivername=url.get_backend_name())
    return plain.render_as_string(hide_password=False)


__all__ = ["Job", "Jobs", "NotYet", "TryLater", "Wait", "migrate_queue", "run_jobs", "try_job"]
