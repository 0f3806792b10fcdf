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
from threading import Lock, RLock
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    MetaData,
    Select,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Dialect
from sqlalchemy.exc import DBAPIError, InterfaceError, MultipleResultsFound, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from maane.kit.engines import BEGIN_WRITING, BUSY_TIMEOUT_MS, postgres_engine, sqlite_engine
from maane.kit.errors import Invalid, Unavailable
from maane.kit.prepared import Prepared, PreparedQuery

SCOPE_SETTING = "maane.tenant"
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
    ``run`` sends a prepared statement on that connection past the session; the guards look at it all
    the same.
    """

    guards: ClassVar[list[Callable[[Transaction, Any, Mapping[str, Any]], None]]] = []
    """Called with each statement that ``run`` is given, before it is sent. They raise to refuse."""

    def __init__(self, connection: Connection, scope: int | None) -> None:
        super().__init__(connection, expire_on_commit=False, autoflush=False)
        self._connection = connection
        self.info["scope"] = scope

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
            if self._connection.dialect.name == "postgresql":
                self._connection.exec_driver_sql(_announce(scope))

    def run(self, prepared: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of one prepared statement."""
        for guard in self.guards:
            guard(self, prepared.statement, values)
        return prepared.execute(self._connection, values)

    def load(self, query: PreparedQuery[T], values: Mapping[str, Any]) -> list[T]:
        """The objects of one prepared query, in this session. As with the session's own queries here,
        nothing is flushed before."""
        return query.objects_of(self, self.run(query, values))

    def load_one(self, query: PreparedQuery[T], values: Mapping[str, Any]) -> T | None:
        """The one object of a query that finds at most one. Raises ``MultipleResultsFound``."""
        found = self.load(query, values)
        if len(found) > 1:
            raise MultipleResultsFound("a query for one row found several")
        return found[0] if found else None


def _announce(scope: int) -> str:
    return f"SELECT set_config('{SCOPE_SETTING}', '{int(scope)}', true)"


_PING = Prepared(select(1))


class _WriteTurn:
    """SQLite's own wait for the write lock sleeps in steps; threads of one process queue here instead and
    are woken at once. Where another process holds the lock, the queue must not add up: raises
    ``Unavailable``."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise Unavailable("database", retry_after=1)

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Database:
    """The engines of one process. Made by whoever starts the process, never at import.

    ``one_at_a_time`` is for a process of many threads: drivers give the interpreter away at each call,
    and threads that contend for it there took twice the processor's time for the same transactions
    (``docs/performance.md``). ``is_hurried`` is for one that serves somebody who waits, as a caller does:
    a lock that does not come free and a statement that does not end are the database being away.
    """

    def __init__(
        self,
        url: URL,
        *,
        pool_size: int = 10,
        one_at_a_time: bool = False,
        is_hurried: bool = False,
    ) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = (
            sqlite_engine(url)
            if self.is_sqlite
            else postgres_engine(url, pool_size, is_hurried=is_hurried)
        )
        self._write: AbstractContextManager[object] = (
            _WriteTurn() if self.is_sqlite else nullcontext()
        )
        self._turn: AbstractContextManager[object] = RLock() if one_at_a_time else nullcontext()

    @contextmanager
    def transaction(
        self, scope: int | None = None, *, writes: bool = True
    ) -> Iterator[Transaction]:
        """One transaction, committed when the block ends without an error.

        On SQLite a writing transaction takes the write lock at once (``BEGIN IMMEDIATE``): a lock
        taken halfway cannot wait and would fail under load. Raises ``Unavailable`` when the
        database is away or stays locked.
        """
        write = self._write if writes else nullcontext()
        with available(), self._turn, write, self._begun(scope, writes) as core:
            transaction = Transaction(core, scope)
            try:
                yield transaction
                if writes:
                    transaction.flush()
            finally:
                # To close an ORM session that nothing used costs as much as a statement.
                if transaction.in_transaction():
                    transaction.close()
            core.commit()

    def _begun(self, scope: int | None, writes: bool) -> Connection:
        """A connection whose transaction has begun, tried twice as in ``fetch_one``.
        Whoever closes it uncommitted rolls back."""
        return _twice(lambda: self._begin_once(scope, writes))

    def _begin_once(self, scope: int | None, writes: bool) -> Connection:
        core = self.engine.connect().execution_options(maane_begin=self._begin(scope, writes))
        try:
            core.begin()
        except BaseException:
            core.close()
            raise
        return core

    def _begin(self, scope: int | None, writes: bool) -> str:
        if self.is_sqlite:
            return BEGIN_WRITING if writes else "BEGIN"
        # In one message: a transaction of a business costs no round trip more than any other.
        return "BEGIN" if scope is None else f"BEGIN; {_announce(scope)}"

    def fetch_one(self, prepared: Prepared, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The first row of one statement outside any transaction, tried twice.

        The second try is what lets a process recover from a database that was restarted while its
        connections stood idle, without a ping before every request.
        """
        with available():
            return _twice(lambda: self._fetch_one(prepared, values))

    def _fetch_one(self, prepared: Prepared, values: dict[str, Any]) -> tuple[Any, ...] | None:
        with self.engine.connect() as connection:
            rows = prepared.execute(connection, values)
            return rows[0] if rows else None

    def is_reachable(self) -> bool:
        try:
            self.fetch_one(_PING, {})
        except Unavailable:
            return False
        return True

    def dispose(self) -> None:
        self.engine.dispose()


def _twice(ask: Callable[[], T]) -> T:
    """Asks again when the connection turned out to be gone: then all were replaced."""
    try:
        return ask()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    return ask()


@contextmanager
def available() -> Iterator[None]:
    """Turns *the database cannot be had now* into ``Unavailable``; a mistake of ours stays one."""
    try:
        yield
    except PoolTimeout:
        raise Unavailable("database", retry_after=1) from None
    except (OperationalError, InterfaceError) as error:
        # SQLite calls a statement that is wrong an operational error as well.
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            raise
        raise Unavailable("database", retry_after=1) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("database", retry_after=1) from error
        raise


def upsert(tx: Session, table: type[Base]) -> Any:
    """An INSERT that can say ``on_conflict_…``, which each kind of database spells by itself."""
    kind = sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql
    return kind.insert(table)


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
