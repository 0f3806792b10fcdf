"""Turns that are thought of behind the request that asked, and how long that request waits for them.

A request for the next words of a call waits a little and then says that it takes a moment; the thinking
goes on meanwhile and leaves its result in the database, so whichever process the call comes back to finds
it. Where that is another one it looks there; where it is the same one it is woken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from maane.assistant.model import Model
from maane.calls import operations as calls
from maane.channels.voice.turns import Asked, think
from maane.jobs.queue import Jobs
from maane.kit.db import Database
from maane.kit.errors import NotFound
from maane.kit.logging import LOG
from maane.settings import Settings
from maane.tenancy.access import tenant_for_job

MODEL_S = 9.5
"""The most that a model may take for a spoken turn, whatever a turn may take elsewhere."""
THINK_S = timedelta(seconds=11)
"""After so long intake answers, whoever still thinks."""
PATIENCE_S = (2.5, 3.5, 3.5)
"""How long the request of each round waits; the last one holds for all after it."""
LOOK_S = 0.25


class Thoughts:
    """The turns that this process thinks of. One per application.

    ``most_waiting`` requests may wait at once: each holds a thread of the server, which pages need too.
    One more is told at once that it takes a moment, and comes back.
    """

    def __init__(
        self, database: Database, jobs: Jobs, settings: Settings, *, most_waiting: int
    ) -> None:
        self.database = database
        self.jobs = jobs
        self._settings = settings
        self._places = threading.BoundedSemaphore(most_waiting)
        self._running: dict[int, threading.Event] = {}
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._model: Model | None = None
        self._is_made = False

    @property
    def model(self) -> Model | None:
        """Made at its first use: a process does without its thread and its library where there is no
        model."""
        with self._making:
            if not self._is_made and self._settings.has_model:
                from maane.assistant.openai_model import model_of

                self._model = model_of(self._settings, time_s=MODEL_S)
                self._is_made = True
        return self._model

    def prepare(self) -> None:
        """Makes the model beside whatever goes on, so that the first answer need not."""
        if self._settings.has_model and not self._is_made:
            threading.Thread(target=lambda: self.model, daemon=True).start()

    def begin(self, asked: Asked) -> None:
        """Thinks of a turn on a thread of its own, which ends with the process."""
        done = threading.Event()
        with self._lock:
            self._running[asked.turn_id] = done
        threading.Thread(target=self._think, args=(asked, done), daemon=True).start()

    def _think(self, asked: Asked, done: threading.Event) -> None:
        try:
            think(self.database, self.jobs, self.model, asked)
        except Exception as error:
            # Whoever waits lets intake answer when the time is over.
            LOG.error(
                "turn failed",
                business_id=asked.business_id,
                call_id=asked.call_id,
                error=type(error).__name__,
            )
        finally:
            with self._lock:
                self._running.pop(asked.turn_id, None)
            done.set()

    def wait(self, business_id: int, turn_id: int, seconds: float) -> None:
        """Returns when the turn is decided on, or after so many seconds."""
        if seconds <= 0 or not self._places.acquire(blocking=False):
            return
        try:
            with self._lock:
                running = self._running.get(turn_id)
            if running is not None:
                running.wait(seconds)
                return
            self._look(lambda: self._is_decided(business_id, turn_id), seconds)
        finally:
            self._places.release()

    def _look(self, is_so: Callable[[], bool], seconds: float) -> None:
        deadline = monotonic() + seconds
        pause = threading.Event()
        while not is_so() and (left := deadline - monotonic()) > 0:
            pause.wait(min(LOOK_S, left))

    def _is_decided(self, business_id: int, turn_id: int) -> bool:
        with self.database.transaction(business_id, writes=False) as tx:
            try:
                turn = calls.get_turn(tx, tenant_for_job(tx, business_id), turn_id)
            except NotFound:
                return True
            return turn.state != "thinking"


def patience_of(number: int) -> float:
    """Seconds that the request of this round waits."""
    return PATIENCE_S[min(number, len(PATIENCE_S) - 1)]
