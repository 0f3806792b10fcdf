"""Starts workers from one process that has imported them already.

To import a worker takes seconds of a processor, and a test that kills one starts it again and again. So
each run of the tests has one process that has done that and nothing else (it has no thread, no
connection and no settings), and a worker is a fork of it. From there on it is ``maane worker`` with an
environment, a session and a log of its own, and it dies as any other. That the command itself starts
from nothing is seen by ``tests/test_commands.py`` and the browser tests.
"""

from __future__ import annotations

import os
import sys
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_READY = get_context("forkserver")
_READY.set_forkserver_preload(["__main__", "maane.cli", "maane.worker", "maane.ops.web"])


def start(arguments: list[str], variables: dict[str, str], log: Path) -> ForkServerProcess:
    """``maane`` with these arguments, in an environment of these variables alone."""
    process = _READY.Process(target=_become, args=(arguments, variables, log))
    process.start()
    return process


def _become(arguments: list[str], variables: dict[str, str], log: Path) -> None:
    from maane.cli import main

    os.setsid()
    os.environ.clear()
    os.environ.update(variables)
    with log.open("ab") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    main(args=arguments, prog_name="maane")
