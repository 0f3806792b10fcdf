"""What Python's garbage collector is told by a process that serves for long."""

from __future__ import annotations

import gc

THRESHOLD = 20_000
"""Objects made and not freed before a look at the youngest ones; Python's own 700 is a few requests."""


def settle(*, oldest: int = 10) -> None:
    """Called once a process has read and made what it will keep. All of that stays, so the collector need
    not look through it again: that took 0.1 to 0.25 s, in which everybody waited. ``oldest``: of how many
    looks at the middle generation one goes on to the oldest objects, the longest look of all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, 10, oldest)
