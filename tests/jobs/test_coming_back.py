"""A job that cannot be done now comes back later: it holds nobody up meanwhile, its tries are counted
over all of its comings, and a kill between them neither loses nor doubles it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from maane.jobs import queue
from maane.jobs.queue import Job, Jobs, TryLater, later_id, run_jobs
from maane.kit.db import Database
from maane.kit.errors import Unavailable
from maane.settings import Settings
from tests.people import A

NAME = "a job"
PAUSES_S = (0.2, 0.2, 0.2)
BUSY, IDLE = 1, 2
PATIENCE_S = 120
_FRESH = get_context("spawn")


def test_each_coming_has_an_id_of_its_own() -> None:
    ids = ["a job:1:2:again:1"]
    for _ in range(12):
        ids.append(later_id(ids[-1]))
    assert len(set(ids)) == 13
    assert ids[1] == "a job:1:2:again:1:later:1"
    assert ids[12] == "a job:1:2:again:1:later:12"
    assert later_id("a job:1:2:later") == "a job:1:2:later:later:1"


def _work(settings: Settings, diary: Path) -> None:
    """A worker whose one job writes down what it does, and succeeds for nobody but ``IDLE``, and for that
    not while the file ``away`` is there."""
    queue.PAUSES_S = PAUSES_S
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())

    def note(line: str) -> None:
        with diary.open("a") as file:
            file.write(f"{line}\n")

    def run(business_id: int, subject_id: int) -> None:
        note(f"run {subject_id}")
        if subject_id != IDLE:
            raise TryLater
        if (diary.parent / "away").exists():
            raise Unavailable("database")

    def give_up(business_id: int, subject_id: int) -> None:
        note(f"give up {subject_id}")

    database = Database(settings.database)
    client = Jobs(database, settings.secret("partitions"))
    run_jobs(database, client, "the worker", {NAME: Job(run, give_up)}, stopping)


@contextmanager
def _working(settings: Settings, diary: Path) -> Iterator[Any]:
    process = _FRESH.Process(target=_work, args=(settings, diary))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it does not come")


@pytest.fixture
def settings(new_settings: Callable[..., Settings]) -> Settings:
    return new_settings()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database)
    yield database
    database.dispose()


def _enqueue(database: Database, settings: Settings, *subjects: int) -> None:
    jobs = Jobs(database, settings.secret("partitions"))
    with database.transaction(A) as tx:
        for subject in subjects:
            jobs.enqueue_turn(tx, NAME, A, subject, "one partition")


def _states(database: Database) -> dict[str, str]:
    table_name = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    statement = text(f"SELECT workflow_uuid, status FROM {table_name}")
    with database.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(statement)}


def _count(database: Database, table: str) -> int:
    schema = "" if database.is_sqlite else "dbos."
    with database.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {schema}{table}")).scalar_one())


def test_others_of_its_partition_run_and_its_tries_are_counted(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    diary = tmp_path / "diary"
    diary.touch()
    _enqueue(database, settings, BUSY, IDLE)
    with _working(settings, diary):
        _wait(lambda: "give up" in diary.read_text())
        _wait(lambda: set(_states(database).values()) == {"SUCCESS"})
    lines = diary.read_text().splitlines()
    assert lines.index(f"run {IDLE}") < lines.index(f"give up {BUSY}")
    assert lines.count(f"run {BUSY}") == len(PAUSES_S) + 1
    assert lines.count(f"give up {BUSY}") == lines.count(f"run {IDLE}") == 1
    # Each step that the queue would keep costs as much as a stage of a turn.
    assert _count(database, "operation_outputs") == 0
    own = f"{NAME}:{A}:{BUSY}"
    assert set(_states(database)) == {
        own,
        *(f"{own}:later:{number}" for number in (1, 2, 3)),
        f"{NAME}:{A}:{IDLE}",
    }


def test_a_kill_at_any_time_leaves_one_end(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    diary = tmp_path / "diary"
    diary.touch()
    _enqueue(database, settings, BUSY)
    for runs in (1, 2, 3):
        with _working(settings, diary) as process:
            _wait(lambda n=runs: diary.read_text().count("run") >= n)
            os.kill(process.pid, signal.SIGKILL)
    with _working(settings, diary):
        _wait(lambda: set(_states(database).values()) == {"SUCCESS"})
    lines = diary.read_text().splitlines()
    # A try that was killed before its outcome was kept is made again.
    assert len(PAUSES_S) + 1 <= lines.count(f"run {BUSY}") <= len(PAUSES_S) + 4
    assert lines.count(f"give up {BUSY}") == 1
    assert len(_states(database)) == len(PAUSES_S) + 1


def test_a_worker_that_ends_while_the_database_is_away_leaves_its_job_as_begun(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    diary, away = tmp_path / "diary", tmp_path / "away"
    diary.touch()
    away.touch()
    _enqueue(database, settings, IDLE)
    with _working(settings, diary) as process:
        _wait(lambda: "run" in diary.read_text())
        os.kill(process.pid, signal.SIGTERM)
        process.join(PATIENCE_S)
        assert process.exitcode == 0
    assert set(_states(database).values()) == {"PENDING"}
    away.unlink()
    with _working(settings, diary):
        _wait(lambda: set(_states(database).values()) == {"SUCCESS"})
    assert "give up" not in diary.read_text()
