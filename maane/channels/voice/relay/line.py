"""The order in which what a call's socket keeps is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from maane.channels.voice.relay.keeping import PATIENCE_S, Keeper
from maane.kit.logging import LOG

T = TypeVar("T")


class Line:
    """The keeping of one call: what is asked of it is done in that order, whoever waits for it."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(
        self, work: Callable[[], T], *, after_s: float = 0.0, patience_s: float = PATIENCE_S
    ) -> asyncio.Task[T]:
        """Begins work, now or a moment later, and waits for nobody. ``patience_s``: how long it is tried
        while the database is away."""
        return self.follow(self._run(work, after_s, patience_s))

    def follow(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """As a task that ``finish`` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._is_done)
        return task

    async def finish(self) -> None:
        """Waits for all that was begun. Each piece of it ends; the process must not end before."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, work: Callable[[], T], after_s: float, patience_s: float) -> T:
        if after_s:
            await asyncio.sleep(after_s)
        async with self._turn:
            return await self._keeper.run(work, patience_s)

    def _is_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("call was not kept", error=type(error).__name__)
