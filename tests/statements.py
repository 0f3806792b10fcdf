"""What really reaches a database's driver, whoever sent it there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from maane.kit.db import Database


@contextmanager
def recorded(database: Database) -> Iterator[list[str]]:
    """The statements of all connections while the block runs, transactions' own included."""
    statements: list[str] = []

    class Recording(psycopg.Cursor[Any]):
        def execute(self, query: Any, *rest: Any, **more: Any) -> Any:
            statements.append(str(query))
            return super().execute(query, *rest, **more)

    def watch(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(statements.append)
        else:
            connection.cursor_factory = Recording

    database.dispose()
    event.listen(database.engine, "connect", watch)
    try:
        yield statements
    finally:
        event.remove(database.engine, "connect", watch)
        database.dispose()
