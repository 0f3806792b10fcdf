"""A worker with its hands full looks for jobs seldom, and as before once it has not."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest

from maane.jobs import pace
from maane.jobs.pace import FULL_POLL_S, POLL_S, Pace


def test_three_quarters_are_full() -> None:
    keeper = Pace(4)
    with ExitStack() as jobs:
        for wanted_s in (POLL_S, POLL_S, FULL_POLL_S, FULL_POLL_S):
            jobs.enter_context(keeper.place())
            assert keeper.poll_s == wanted_s
    assert keeper.poll_s == POLL_S


def test_a_job_that_fails_gives_its_place_back() -> None:
    keeper = Pace(1)
    with pytest.raises(ValueError, match="broken"), keeper.place():
        raise ValueError("broken")
    assert keeper.poll_s == POLL_S


def test_each_change_is_chosen_once_and_again_where_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "FULL_POLL_S", 0.01)
    keeper, stopping, chosen = Pace(1), threading.Event(), []

    def choose(seconds: float) -> None:
        chosen.append(seconds)
        if len(chosen) == 1:
            raise OSError("the database is away")

    keeping = threading.Thread(target=keeper.keep, args=(choose, stopping))
    keeping.start()
    with keeper.place():
        _wait_for(chosen, 2)
    _wait_for(chosen, 3)
    time.sleep(0.1)
    stopping.set()
    keeping.join()
    assert chosen == [0.01, 0.01, POLL_S]


def _wait_for(chosen: list[float], number: int) -> None:
    deadline = time.monotonic() + 30
    while len(chosen) < number:
        assert time.monotonic() < deadline
        time.sleep(0.01)
