"""One try of a job: done, later, or failed, and nothing of what a customer wrote in the log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from maane.jobs import queue
from maane.jobs.queue import Interrupted, Job, NotYet, TryLater, Wait, try_job
from maane.kit.errors import Unavailable


def _try(
    run: Callable[[int, int], None], stopping: threading.Event | None = None
) -> Wait | float | None:
    def never(business_id: int, subject_id: int) -> None:
        raise AssertionError("not its part")

    return try_job("a job", Job(run, never), 1, 2, stopping or threading.Event())


def _raise(error: Exception) -> Callable[[int, int], None]:
    def run(business_id: int, subject_id: int) -> None:
        raise error

    return run


def test_done_is_none() -> None:
    seen: list[Any] = []
    assert _try(lambda *subject: seen.append(subject)) is None
    assert seen == [(1, 2)]


@pytest.mark.parametrize(("asked_s", "waits_s"), [(0.0, 0.0), (7.0, 7.0), (99_999.0, 300.0)])
def test_later_says_when_within_reason(asked_s: float, waits_s: float) -> None:
    assert _try(_raise(TryLater(asked_s))) == waits_s


def test_not_yet_is_no_failure() -> None:
    with structlog.testing.capture_logs() as logs:
        assert _try(_raise(NotYet(2.5))) == Wait(2.5)
    assert logs == []


def test_a_failure_is_logged_without_its_text() -> None:
    with structlog.testing.capture_logs() as logs:
        assert _try(_raise(ValueError("מילה של לקוח"))) == 0.0
    (line,) = logs
    assert (line["event"], line["error"], line["job"]) == ("job failed", "ValueError", "a job")
    assert "לקוח" not in str(line)


def test_a_database_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "DATABASE_PAUSE_S", 0.01)
    tries: list[int] = []

    def run(business_id: int, subject_id: int) -> None:
        tries.append(1)
        if len(tries) < 4:
            raise Unavailable("database")

    assert _try(run) is None
    assert len(tries) == 4


def test_a_worker_that_ends_does_not_wait_for_it() -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(Interrupted):
        _try(_raise(Unavailable("database")), stopping)
