"""A PostgreSQL server of the tests' own: made in a temporary folder, stopped and started at will.

It listens on loopback only, on a free port, and never touches a server that runs already.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from maane.kit.db import Database

PATIENCE_S = 60


def find_binaries() -> Path | None:
    """The folder of the newest installed server, or None."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    return versions[-1].parent if versions else None


def wait_until_somebody_waits(database: Database) -> None:
    """Until another connection waits for a lock that is held."""
    statement = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with database.engine.connect() as connection:
            if connection.execute(statement).scalar_one():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for a lock")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """One throw-away server. ``url(name)`` is its superuser's address of a database."""

    def __init__(self) -> None:
        binaries = find_binaries()
        if binaries is None:
            raise RuntimeError("no PostgreSQL server is installed (apt-get install postgresql)")
        self._bin = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="maane-pg-"))
        self._folder.chmod(0o700)
        self.port = free_port()
        # The server refuses to run as root; Debian's package brings a user for it.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(self._folder, pwd.getpwnam(self._user).pw_uid)
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        self.start()

    @property
    def data(self) -> str:
        return str(self._folder / "data")

    @property
    def log(self) -> Path:
        return self._folder / "log"

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 "
            f"-c unix_socket_directories={self._folder} "
            "-c fsync=off -c max_connections=200"
        )
        self._run("pg_ctl", "-D", self.data, "-w", "-l", str(self.log), "-o", options, "start")

    def stop(self) -> None:
        # Not "immediate": after a crash, sequences of a database that was copied from a template
        # since the last checkpoint start over, which no real installation does.
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "fast", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        if self._user is not None:
            command = ["runuser", "-u", self._user, "--", *command]
        # A server that inherits a pipe would keep it open for ever; so its output goes to a file.
        with (self._folder.parent / f"{self._folder.name}.out").open("wb") as output:
            done = subprocess.run(
                command, stdout=output, stderr=subprocess.STDOUT, cwd="/", check=False
            )
        text = Path(output.name).read_text(errors="replace")
        Path(output.name).unlink()
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {text[-2000:]}")
