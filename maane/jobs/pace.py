"""How often a worker looks for jobs.

A look costs PostgreSQL a step for each conversation that waits. A worker that has its hands full finds
one or two places free at each, and in a flood the looks took as much of the processors as the webhooks'
own statements (``docs/performance.md``). So a full worker looks seldom, and takes more at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from maane.kit.logging import LOG

POLL_S = 0.1
FULL_POLL_S = 1.0
FULL = 0.75
"""The share of a worker's places that are taken when it counts as full."""


class Pace:
    """Counts the jobs of one worker, which has so many ``places``."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken = 0
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Around each job."""
        with self._lock:
            self._taken += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1

    @property
    def poll_s(self) -> float:
        """Seconds between two looks, by how many jobs there are now."""
        return FULL_POLL_S if self._taken >= FULL * self._places else POLL_S

    def keep(self, choose: Callable[[float], None], stopping: threading.Event) -> None:
        """Until ``stopping`` is set, calls ``choose`` with the seconds between two looks whenever they
        are others. A choice that fails is made again a second later. Workers share one choice, and all
        have their hands full at the same time."""
        chosen_s = POLL_S
        while not stopping.wait(FULL_POLL_S):
            wanted_s = self.poll_s
            if wanted_s == chosen_s:
                continue
            try:
                choose(wanted_s)
            except Exception as error:
                LOG.warning("pace not chosen", error=type(error).__name__)
            else:
                chosen_s = wanted_s
