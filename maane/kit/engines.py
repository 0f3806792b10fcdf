"""The two kinds of engines, and how a transaction begins on each."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL, Connection

from maane.kit import libpq
from maane.kit.drivers import driver_of, raise_as_sqlalchemy

BUSY_TIMEOUT_MS = 5_000
"""So long whoever waits for another's lock waits, at most."""
SLOW_TIMEOUT_MS = 8_000
"""So long one statement may take in a process that serves somebody who waits."""
LOOK_S = 0.002
BEGIN_WRITING = "BEGIN IMMEDIATE"
CONNECT_TIMEOUT_S = 3
POOL_TIMEOUT_S = 5


def sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=32,
        pool_use_lifo=True,
        max_overflow=32,
        pool_timeout=POOL_TIMEOUT_S,
        connect_args={
            "timeout": BUSY_TIMEOUT_MS / 1000,
            "check_same_thread": False,
            # The driver must not begin transactions by itself: it would always defer the lock.
            "isolation_level": None,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16000")

    event.listen(engine, "begin", _begin)
    return engine


class LibpqDialect(PGDialect_psycopg):
    """psycopg's dialect, with transactions ended by libpq's own calls. psycopg's rollback would also
    deallocate every prepared statement of its connection."""

    supports_statement_cache = True

    def do_commit(self, dbapi_connection: Any) -> None:
        libpq.commit(dbapi_connection.driver_connection)

    def do_rollback(self, dbapi_connection: Any) -> None:
        libpq.roll_back(dbapi_connection.driver_connection)


registry.register("postgresql.libpq", __name__, LibpqDialect.__name__)


def postgres_engine(url: URL, pool_size: int, *, is_hurried: bool = False) -> Engine:
    """``is_hurried``: a statement that waits for a lock, or takes long, fails."""
    engine = create_engine(
        url.set(drivername="postgresql+libpq"),
        # An error's text must not carry what a customer wrote into a log.
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_TIMEOUT_S,
        # The driver must not begin transactions by itself: one statement alone needs none.
        isolation_level="AUTOCOMMIT",
        # A transaction is ended by whoever began it (``Database.transaction``), so nothing is left to
        # roll back when a connection returns.
        pool_reset_on_return=None,
        # The connection used last has its pages and its server process still in the processor's cache.
        pool_use_lifo=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "maane"},
    )
    if is_hurried:

        @event.listens_for(engine, "connect")
        def prepare(connection: libpq.Driver, _: object) -> None:
            libpq.command(
                connection,
                f"SET lock_timeout = {BUSY_TIMEOUT_MS}; SET statement_timeout = {SLOW_TIMEOUT_MS}",
            )

    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Both drivers are in autocommit, so a transaction begins when it is said here."""
    begin = connection.get_execution_options().get("maane_begin", "BEGIN")
    try:
        if begin == BEGIN_WRITING:
            _take_write_lock(driver_of(connection))
        elif connection.dialect.name == "postgresql":
            libpq.command(driver_of(connection), begin)
        else:
            driver_of(connection).execute(begin)
    except connection.dialect.loaded_dbapi.Error as error:
        raise_as_sqlalchemy(connection, begin, error)


def _take_write_lock(driver: sqlite3.Connection) -> None:
    """SQLite's own wait sleeps longer and longer, up to 100 ms, and whoever looks more often takes the
    lock before it. Here the wait for another process looks every ``LOOK_S``."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                driver.execute(BEGIN_WRITING)
                return
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() > deadline:
                    raise
            time.sleep(LOOK_S)
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
