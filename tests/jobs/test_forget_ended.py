"""The rows of jobs that ended long ago are removed, and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from maane.jobs import queue
from maane.jobs.queue import KEPT, Jobs
from maane.kit.db import Database, now
from maane.settings import Settings
from tests.people import A

NAME = "a job"
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def settings(new_settings: Callable[..., Settings]) -> Settings:
    return new_settings()


def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(settings.database)
    jobs = Jobs(database, settings.secret("partitions"))
    with database.transaction(A) as tx:
        for subject in range(1, 9):
            jobs.enqueue_turn(tx, NAME, A, subject, "one partition")
    at = "workflow_status" if database.is_sqlite else "dbos.workflow_status"
    long_ago = int((now() - KEPT).timestamp() * 1000) - DAY_MS
    recently = long_ago + 2 * DAY_MS

    def become(subjects: str, status: str, created_at: int, completed_at: int | None) -> None:
        with database.engine.begin() as connection:
            connection.execute(
                text(
                    f"UPDATE {at} SET status = :status, created_at = :created, "
                    "completed_at = :completed WHERE workflow_uuid IN "
                    f"({','.join(repr(f'{NAME}:{A}:{one}') for one in subjects)})"
                ),
                {"status": status, "created": created_at, "completed": completed_at},
            )

    become("123", "SUCCESS", long_ago - DAY_MS, long_ago)
    become("4", "ERROR", long_ago - DAY_MS, long_ago)
    become("5", "SUCCESS", long_ago - DAY_MS, recently)
    become("6", "SUCCESS", recently, recently)
    become("7", "ENQUEUED", long_ago - DAY_MS, None)
    become("8", "PENDING", long_ago - DAY_MS, None)
    monkeypatch.setattr(queue, "BATCH", 2)
    jobs.forget_ended()
    with database.engine.begin() as connection:
        left = connection.execute(text(f"SELECT workflow_uuid FROM {at}")).scalars().all()
    assert sorted(left) == [f"{NAME}:{A}:{subject}" for subject in (5, 6, 7, 8)]
    jobs.close()
    database.dispose()
