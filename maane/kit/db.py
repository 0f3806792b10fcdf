"""One database for the process: engines, transactions, column types and keyset pages.

A request or a job is one transaction, opened with ``Database.transaction`` and committed when its
block ends. A transaction may carry a *scope*: the one owner whose rows it may touch. On PostgreSQL
the scope is set for the transaction alone (``set_config(…, true)``), where row-level security reads
it; session-level settings would leak to the next user of a pooled connection.
"""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from threading import Lock
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    Executable,
    Integer,
    MetaData,
    Select,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import URL, Connection, CursorResult, Dialect, Row
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from maane.kit.errors import Invalid, Unavailable

SCOPE_SETTING = "maane.tenant"
BUSY_TIMEOUT_MS = 5_000
CONNECT_TIMEOUT_S = 3
POOL_TIMEOUT_S = 5
MAX_PAGE = 200

T = TypeVar("T")

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key. SQLite counts up only a column declared INTEGER, which is 64 bits there too."""


class Utc(TypeDecorator[datetime]):
    """An instant. Stored as UTC, returned aware; a naive value is a mistake and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables. Names of constraints are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Transaction(Session):
    """The one transaction of a request or a job. ``scope`` is set once, at its start.

    It is an ORM session on a connection whose transaction ``Database`` began and will commit.
    ``run`` sends a prepared Core statement on that connection past the session, which costs a third;
    the guards look at it all the same.
    """

    guards: ClassVar[list[Callable[[Transaction, Any, Mapping[str, Any]], None]]] = []
    """Called with each statement that ``run`` is given, before it is sent. They raise to refuse."""

    def __init__(self, connection: Connection, scope: int | None) -> None:
        super().__init__(connection, expire_on_commit=False, autoflush=False)
        self.core = connection
        self.info["scope"] = scope
        if scope is not None:
            _announce_scope(connection, scope)

    @property
    def scope(self) -> int | None:
        value: int | None = self.info.get("scope")
        return value

    def narrow(self, scope: int) -> None:
        """Gives a transaction that has no scope yet its scope; a second one is a mistake."""
        if self.scope not in (None, scope):
            raise RuntimeError("a transaction serves one scope")
        if self.scope is None:
            self.info["scope"] = scope
            _announce_scope(self.core, scope)

    def run(self, statement: Executable, values: Mapping[str, Any]) -> CursorResult[Any]:
        """One Core statement; for the constants of hot paths."""
        for guard in self.guards:
            guard(self, statement, values)
        return self.core.execute(statement, values)


def _announce_scope(connection: Connection, scope: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT set_config(%(name)s, %(scope)s, true)",
            {"name": SCOPE_SETTING, "scope": str(scope)},
        )


class Database:
    """The engines of one process. Made by whoever starts the process, never at import."""

    def __init__(self, url: URL, *, pool_size: int = 10) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url, pool_size)
        self._writer = self.engine.execution_options(maane_begin="BEGIN IMMEDIATE")
        self._reader = self.engine.execution_options(maane_begin="BEGIN")
        # SQLite's own wait for the write lock sleeps in steps; threads of one process queue here
        # instead and are woken at once.
        self._turn: AbstractContextManager[object] = Lock() if self.is_sqlite else nullcontext()
        # A single statement needs no transaction; PostgreSQL is spared two round trips.
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def transaction(
        self, scope: int | None = None, *, writes: bool = True
    ) -> Iterator[Transaction]:
        """One transaction, committed when the block ends without an error.

        On SQLite a writing transaction takes the write lock at once (``BEGIN IMMEDIATE``): a lock
        taken halfway cannot wait and would fail under load. Raises ``Unavailable`` when the
        database is away or stays locked.
        """
        turn = self._turn if writes else nullcontext()
        engine = self._writer if writes else self._reader
        with (
            available(),
            turn,
            engine.begin() as connection,
            Transaction(connection, scope) as transaction,
        ):
            yield transaction
            if writes:
                transaction.flush()

    def fetch_one(
        self, statement: Executable, values: dict[str, Any]
    ) -> Row[*tuple[Any, ...]] | None:
        """The first row of one statement outside any transaction, tried twice.

        The second try is what lets a process recover from a database that was restarted while its
        connections stood idle, without a ping before every request.
        """
        with available():
            try:
                return self._fetch_one(statement, values)
            except (OperationalError, InterfaceError) as error:
                if not error.connection_invalidated:
                    raise
            return self._fetch_one(statement, values)

    def _fetch_one(
        self, statement: Executable, values: dict[str, Any]
    ) -> Row[*tuple[Any, ...]] | None:
        with (self._reader if self.is_sqlite else self._single).connect() as connection:
            return connection.execute(statement, values).first()

    def is_reachable(self) -> bool:
        try:
            self.fetch_one(text("SELECT 1"), {})
        except Unavailable:
            return False
        return True

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def available() -> Iterator[None]:
    """Turns *the database cannot be had now* into ``Unavailable``; a mistake of ours stays one."""
    try:
        yield
    except PoolTimeout:
        raise Unavailable("database", retry_after=1) from None
    except (OperationalError, InterfaceError) as error:
        raise Unavailable("database", retry_after=1) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("database", retry_after=1) from error
        raise


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=32,
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

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("maane_begin", "BEGIN"))

    return engine


def _postgres_engine(url: URL, pool_size: int) -> Engine:
    return create_engine(
        url,
        # An error's text must not carry what a customer wrote into a log.
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_TIMEOUT_S,
        skip_autocommit_rollback=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "maane"},
    )


def page(
    tx: Session, statement: Select[T], key: Any, *, limit: int, after: str | None
) -> tuple[Sequence[T], str | None]:
    """One keyset page, newest first: at most ``limit`` rows below the cursor, and the next cursor.

    ``key`` is the unique column that the order follows and that an index leads with, so a deep page
    costs what the first one costs. Raises ``Invalid`` for a cursor that is not one of ours.
    """
    statement = statement.order_by(key.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(key < decode_cursor(after))
    rows = tx.scalars(statement).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode_cursor(getattr(rows[limit - 1], key.key))


def encode_cursor(key: int) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> int:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = int(base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii"))
    except (ValueError, binascii.Error, UnicodeError):
        raise Invalid.field("after", "cursor", "is not a cursor of this list") from None
    if not 0 < key < 2**63:
        raise Invalid.field("after", "cursor", "is not a cursor of this list")
    return key


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)
