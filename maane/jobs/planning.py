"""What is due by the clock: every worker looks, and a job's id lets it run once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from maane.kit.errors import Unavailable
from maane.kit.logging import LOG

LOOK_EVERY_S = 600.0


def keep_planning(plans: Mapping[str, Callable[[], None]], stopping: threading.Event) -> None:
    """Calls each plan, which does or enqueues what is due, every few minutes until ``stopping`` is set.
    What one of them fails at keeps the others from nothing."""
    while True:
        for name, plan in plans.items():
            try:
                plan()
            except Unavailable:
                LOG.warning("not planned: the database is away", plan=name)
            except Exception as error:
                LOG.error("not planned", plan=name, error=type(error).__name__)
        if stopping.wait(LOOK_EVERY_S):
            return
