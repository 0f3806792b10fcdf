"""PostgreSQL's own client library, for the few statements that run at every write.

psycopg's cursors do in Python what libpq does in C, and a save sends seven statements: its cursors cost a
sixth of all saves (``docs/performance.md``). ``psycopg.pq`` is its public door to libpq; values and rows
still go through psycopg's own adapters. https://www.psycopg.org/psycopg3/docs/api/pq.html
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any, cast

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

Driver = psycopg.Connection[Any]

_numbers = count(1)


class PreparedStatement:
    """One statement with ``$1`` for its values, prepared on each connection when first sent there.

    The server infers the types of the values from the statement. Raises ``psycopg.Error``.
    """

    def __init__(self, sql: str) -> None:
        self._sql = sql.encode()
        self._name = b"maane_%d" % next(_numbers)

    def execute(
        self, driver: Driver, known: dict[Any, Any], values: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        """All rows; none for a statement that returns none. ``known`` belongs to the connection, and
        ends with it."""
        transformer = known.get("transformer")
        if transformer is None:
            transformer = known["transformer"] = Transformer(driver)
        if self._name not in known:
            _check(driver, driver.pgconn.prepare(self._name, self._sql))
            known[self._name] = True
        text = transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
        result = _check(driver, driver.pgconn.exec_prepared(self._name, cast("Any", text)))
        if result.status == ExecStatus.COMMAND_OK:
            return []
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)


def command(driver: Driver, sql: str) -> None:
    """Statements without values and of no answer. Raises ``psycopg.Error``."""
    _check(driver, driver.pgconn.exec_(sql.encode()))


def commit(driver: Driver) -> None:
    """Raises ``psycopg.Error`` where the server rolls back instead, which it does without an error when
    a statement before had failed."""
    result = _check(driver, driver.pgconn.exec_(b"COMMIT"))
    if result.command_status != b"COMMIT":
        raise psycopg.errors.InFailedSqlTransaction("a failed transaction was not committed")


def roll_back(driver: Driver) -> None:
    """Raises ``psycopg.Error``."""
    if driver.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
        command(driver, "ROLLBACK")


def _check(driver: Driver, result: PGresult) -> PGresult:
    if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        return result
    if driver.pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError(result.get_error_message())
    raise error_from_result(result)
