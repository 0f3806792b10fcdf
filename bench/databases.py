"""Throw-away databases: files in a temporary folder, or databases that are dropped afterwards."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

STATISTICS_S = 60.0
"""PostgreSQL's own ``autovacuum_naptime``."""
SERVER = os.environ.get("BENCH_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")


@dataclass(frozen=True)
class Place:
    """One database: its owner's address, and the address of whoever serves from it."""

    owner_url: str
    app_url: str
    var_dir: Path

    @property
    def is_sqlite(self) -> bool:
        return self.owner_url.startswith("sqlite")

    def execute(self, statement: str, values: Any = None) -> list[Any]:
        """As the owner, past row-level security."""
        if self.is_sqlite:
            with sqlite3.connect(self.owner_url.removeprefix("sqlite:///")) as connection:
                return connection.execute(statement, values or ()).fetchall()
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def settle(self) -> None:
        """Writes out what rounds before left in memory. It is of the whole server on PostgreSQL, where
        one round's checkpoint would otherwise fall into the next one's time."""
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)" if self.is_sqlite else "CHECKPOINT")

    def count_on(self, table: str) -> None:
        """The next row's id follows the highest; SQLite does so by itself."""
        if not self.is_sqlite:
            highest = f"(SELECT max(id) FROM {table})"
            self.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest})")

    def gather_statistics(self) -> None:
        """What a server has of data that is not a minute old."""
        self.execute("ANALYZE")

    @contextmanager
    def looked_after(self) -> Iterator[None]:
        """PostgreSQL gathers statistics once a minute by itself; where the server's autovacuum is off, as
        on some build machines, this does it. Without them it reads all messages of a business to find
        one, by whichever index begins with the business."""
        if self.is_sqlite or self.execute("SHOW autovacuum")[0][0] == "on":
            yield
            return
        done = threading.Event()

        def gather() -> None:
            while not done.wait(STATISTICS_S):
                self.gather_statistics()

        gathering = threading.Thread(target=gather)
        gathering.start()
        try:
            yield
        finally:
            done.set()
            gathering.join()

    def columns(self, table: str) -> list[str]:
        if self.is_sqlite:
            return [row[1] for row in self.execute(f"PRAGMA table_info({table})")]
        rows = self.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
            "AND table_schema = 'public'",
            (table,),
        )
        return [row[0] for row in rows]

    def variables(self) -> dict[str, str]:
        """What makes Maane serve from here."""
        return {
            "MAANE_VAR_DIR": str(self.var_dir),
            "MAANE_DATABASE_URL": self.app_url,
            "MAANE_MIGRATION_DATABASE_URL": self.owner_url,
            "MAANE_SECRET_KEY": "b" * 40,
            "MAANE_WEB_THREADS": "4",
        }


def has_postgresql() -> bool:
    try:
        psycopg.connect(SERVER, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def place(kind: str, name: str, *, synchronous: bool = True) -> Iterator[Place]:
    """A fresh database of a kind. ``synchronous`` False turns off waiting for the disk, for all who
    use it, which shows the share of everything else."""
    with tempfile.TemporaryDirectory(prefix=f"maane-bench-{name}-") as folder:
        var_dir = Path(folder)
        if kind == "sqlite":
            url = f"sqlite:///{var_dir / 'maane.db'}"
            yield Place(url, url, var_dir)
            return
        owner = urlsplit(SERVER)
        # Two runs at once must not drop each other's databases, nor the roles that serve from them.
        database = f"maane_bench_{os.getpid()}_{name}"
        app = f"{database}:bench@{owner.netloc.rpartition('@')[2]}"
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {database}")
            if not synchronous:
                connection.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
        owner = owner._replace(path=f"/{database}")
        try:
            yield Place(owner.geturl(), owner._replace(netloc=app).geturl(), var_dir)
        finally:
            with psycopg.connect(SERVER, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
                # The migration made it; only a role that has nothing left can be dropped.
                connection.execute(f"DROP ROLE IF EXISTS {database}")
