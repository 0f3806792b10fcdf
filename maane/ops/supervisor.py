"""``maane serve``: starts the roles as processes of their own and watches them.

A role that ends is started again, more slowly each time; the first that cannot start at all ends
everything with its own message. Ctrl-C and SIGTERM end every process that was started here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from time import monotonic, sleep
from types import FrameType

from maane.kit.logging import LOG
from maane.settings import Settings, SettingsError

GRACE_S = 30.0
"""A process that is told to end finishes what it has begun: a turn of a job, words that callers said."""
STEADY_AFTER_S = 10.0
LONGEST_PAUSE_S = 30.0
WRONG_SETTING = 2
MOST_WORKERS = 2
"""On PostgreSQL, where nothing else is asked for: one interpreter is busy with 30 turns a second, and two
that look for work find it sooner."""


@dataclass
class Role:
    """One process: its command, and how it has been doing."""

    name: str
    variables: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_s: float = 0.5
    due_at: float = field(default=0.0)

    def start(self) -> None:
        # Ctrl-C reaches the whole terminal group; a session of its own leaves the order to us.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "maane", self.name],
            env=os.environ | self.variables,
            start_new_session=True,
        )
        self.started_at = monotonic()


def roles_of(settings: Settings) -> list[Role]:
    """What one machine runs. Each worker has a name of its own, the same at each start: by it a worker
    finds the work that it had begun. Raises ``SettingsError``."""
    number = settings.workers or (1 if settings.is_embedded else MOST_WORKERS)
    if number > 1 and settings.is_embedded:
        raise SettingsError("MAANE_WORKERS: SQLite has one writer; more workers need PostgreSQL")
    workers = [
        Role("worker", {} if n == 1 else {"MAANE_WORKER_ID": f"{settings.worker_id}/{n}"})
        for n in range(1, number + 1)
    ]
    return [Role("web"), Role("voice"), *workers]


def supervise(roles: list[Role]) -> int:
    """Runs until a signal or a role that cannot start. Returns the exit code."""
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    code = 0
    try:
        for role in roles:
            role.start()
        while not stopping:
            for role in roles:
                if (code := _watch(role)) != 0:
                    return code
            sleep(0.1)
    finally:
        _end(roles)
    return code


def _watch(role: Role) -> int:
    """Restarts a role that ended. Returns an exit code only when there is no use in that."""
    process = role.process
    if process is None:
        if monotonic() >= role.due_at:
            role.start()
        return 0
    ended = process.poll()
    if ended is None:
        return 0
    if ended == WRONG_SETTING:
        return ended
    was_steady = monotonic() - role.started_at > STEADY_AFTER_S
    role.pause_s = 0.5 if was_steady else min(role.pause_s * 2, LONGEST_PAUSE_S)
    role.due_at = monotonic() + role.pause_s
    role.process = None
    LOG.error("role ended", role=role.name, exit_code=ended, again_in_s=role.pause_s)
    return 0


def _end(roles: list[Role]) -> None:
    running = [role.process for role in roles if role.process is not None]
    for process in running:
        if process.poll() is None:
            process.terminate()
    deadline = monotonic() + GRACE_S
    for process in running:
        try:
            process.wait(max(0.0, deadline - monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
