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
from datetime import timedelta
from hashlib import sha256
from typing import TypeVar, cast

from dbos import DBOS, DBOSClient, DBOSConfig
from sqlalchemy import (
    TableClause,
    Text,
    bindparam,
    column,
    create_engine,
    inspect,
    select,
    table,
    update,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from maane.jobs.pace import POLL_S, Pace
from maane.kit.db import Database, available, now
from maane.kit.errors import NotFound, Unavailable
from maane.kit.logging import LOG
from maane.kit.prepared import Prepared

T = TypeVar("T")

APPLICATION = "maane"
VERSION = "1"
SCHEMA = "dbos"
CONCEALED = ":by-key:"
TURNS = "turns"
LATER = ":later:"
TURNS_AT_ONCE = 64
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
LONGEST_PAUSE_S = 300.0
DATABASE_PAUSE_S = 1.0
KEPT = timedelta(days=30)
"""So long a job that has ended can be looked at. What it did is kept elsewhere."""
BATCH, MOST_BATCHES = 500, 20
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


class Interrupted(BaseException):
    """Ends a job in a worker that ends while the database is away. DBOS keeps an ``Exception`` as a job's
    end; of anything else it keeps nothing, and the job is taken up again."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a try returns for ``NotYet``."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Coming:
    """How a job comes back. One that is to be on time is taken up ``EARLY_S`` before it is due
    (``due_at``, seconds of the epoch), and then waits for the rest. ``tried``: so many tries failed."""

    after_s: float
    due_at: float
    tried: int


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
        jobs = _table_of_jobs(database.url)
        self._partition_of = Prepared(
            select(jobs.c.queue_partition_key).where(jobs.c.workflow_uuid == bindparam("own_id"))
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

    def enqueue_again(
        self, own_id: str, name: str, business_id: int, subject_id: int, coming: Coming
    ) -> None:
        """Adds the running job ``own_id`` once more for later, in its partition; once, also where it is
        asked for twice. Raises ``Unavailable``."""
        with self._database.transaction(business_id) as tx:
            ((partition,),) = tx.run(self._partition_of, {"own_id": own_id})
            self._client.enqueue_in_transaction(
                tx.connection(),
                {
                    "queue_name": TURNS,
                    "workflow_name": name,
                    "workflow_id": later_id(own_id),
                    "queue_partition_key": partition,
                    "app_version": VERSION,
                    "delay_seconds": coming.after_s,
                },
                business_id,
                subject_id,
                coming.due_at,
                coming.tried,
            )

    def forget_ended(self) -> None:
        """Removes jobs that ended ``KEPT`` ago or longer, some thousands of them at most. Raises
        ``Unavailable``."""
        before = (now() - KEPT).isoformat()
        for _ in range(MOST_BATCHES):
            with available():
                ended = self._client.list_workflows(
                    status=["SUCCESS", "ERROR", "CANCELLED"],
                    # What has ended was created before; by that they are found in an index.
                    end_time=before,
                    completed_before=before,
                    limit=BATCH,
                    load_input=False,
                    load_output=False,
                )
                self._client.delete_workflows([job.workflow_id for job in ended])
            if len(ended) < BATCH:
                return

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


def _table_of_jobs(url: URL) -> TableClause:
    schema = None if url.get_backend_name() == "sqlite" else SCHEMA
    return table(
        "workflow_status",
        column("workflow_uuid", Text),
        column("queue_partition_key", Text),
        schema=schema,
    )


def _conceal_partitions(url: URL, secret: bytes) -> None:
    jobs = _table_of_jobs(url)
    key = jobs.c.queue_partition_key
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
    database: Database,
    client: Jobs,
    worker_id: str,
    jobs: dict[str, Job],
    stopping: threading.Event,
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
    pace = Pace(TURNS_AT_ONCE)
    for name, job in jobs.items():
        _register(client, name, job, pace, stopping)
    DBOS.launch()
    try:
        queue = DBOS.register_queue(
            TURNS,
            partition_concurrency=1,
            worker_concurrency=TURNS_AT_ONCE,
            polling_interval_sec=POLL_S,
            on_conflict="always_update",
        )
        pace.keep(queue.set_polling_interval_sec, stopping)
    finally:
        DBOS.destroy(workflow_completion_timeout_sec=5)


def _register(client: Jobs, name: str, job: Job, pace: Pace, stopping: threading.Event) -> None:
    """A workflow without steps: a job looks at what is done already, so one that was killed begins anew,
    and to keep what each try came to would cost as much as a stage of the turn. DBOS's own retries cannot
    wait as long as a provider asks, nor say that they gave up."""

    @DBOS.workflow(name=name)
    def workflow(business_id: int, subject_id: int, due_at: float = 0.0, tried: int = 0) -> None:
        with pace.place():
            begin(business_id, subject_id, due_at, tried)

    def begin(business_id: int, subject_id: int, due_at: float, tried: int) -> None:
        subject = (business_id, subject_id)
        left_s = min(max(0.0, due_at - time.time()), EARLY_S)
        while True:
            time.sleep(left_s)
            outcome = try_job(name, job, *subject, stopping)
            if not isinstance(outcome, Wait) or outcome.after_s > EARLY_S:
                break
            left_s = outcome.after_s
        if outcome is None:
            return
        if isinstance(outcome, Wait):
            coming = Coming(outcome.after_s - EARLY_S, time.time() + outcome.after_s, tried)
        elif tried == len(PAUSES_S):
            LOG.error("job given up", job=name, business_id=business_id, subject_id=subject_id)
            _once_reachable(lambda: job.give_up(*subject), stopping)
            return
        else:
            coming = Coming(max(PAUSES_S[tried], outcome), 0.0, tried + 1)
        own_id = cast("str", DBOS.workflow_id)
        _once_reachable(lambda: client.enqueue_again(own_id, name, *subject, coming), stopping)


def _once_reachable(do: Callable[[], T], stopping: threading.Event) -> T:
    """While the database is away nothing can be done at all; that waits here and is no failure. Raises
    ``Interrupted`` when the worker ends meanwhile."""
    while True:
        try:
            return do()
        except Unavailable:
            if stopping.wait(DATABASE_PAUSE_S):
                raise Interrupted from None


def later_id(own_id: str) -> str:
    """The id under which a job comes back: it follows from its own, so a worker that was killed here
    finds what it had enqueued, and no two are the same."""
    first, _, number = own_id.rpartition(LATER)
    return f"{first}{LATER}{int(number) + 1}" if first else f"{own_id}{LATER}1"


def try_job(
    name: str, job: Job, business_id: int, subject_id: int, stopping: threading.Event
) -> Wait | float | None:
    """One try. None when the job is done, ``Wait`` when its time has not come, else the seconds that
    the cause of the failure asked to wait (0: none). Raises ``Interrupted``.

    What failed is logged by its kind and place only: its text may hold a customer's words.
    """
    try:
        _once_reachable(lambda: job.run(business_id, subject_id), stopping)
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
