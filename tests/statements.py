"""What really reaches a database, whoever sent it there."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event

from maane.kit.db import Database

# libpq's own trace; F is what the client sent. https://www.postgresql.org/docs/current/libpq-control.html
_SENT = re.compile(
    r"\tF\t\d+\t(?:"
    r'Query\t "(?P<query>.*?)"\n'
    r'|Parse\t "(?P<parsed>[^"]*)" "(?P<sql>.*?)" \d[ \d]*\n'
    r'|Bind\t "[^"]*" "(?P<bound>[^"]*)" )',
    re.DOTALL,
)


@contextmanager
def recorded(database: Database) -> Iterator[list[str]]:
    """The statements of all connections of the block, transactions' own included. Complete only when
    the block has ended."""
    statements: list[str] = []
    with TemporaryDirectory() as folder, _watched(database, statements, Path(folder)):
        yield statements


@contextmanager
def _watched(database: Database, statements: list[str], folder: Path) -> Iterator[None]:
    traced: list[Any] = []

    def watch(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(statements.append)
        else:
            file = (folder / str(len(traced))).open("wb")
            traced.append(file)
            connection.pgconn.trace(file.fileno())

    database.dispose()
    event.listen(database.engine, "connect", watch)
    try:
        yield
    finally:
        event.remove(database.engine, "connect", watch)
        database.dispose()
        for file in traced:
            file.close()
            statements.extend(_sent(Path(file.name).read_text()))


def _sent(trace: str) -> Iterator[str]:
    prepared: dict[str, str] = {}
    for found in _SENT.finditer(trace):
        if found["query"] is not None:
            yield found["query"]
        elif found["parsed"] is not None:
            prepared[found["parsed"]] = found["sql"]
        else:
            yield prepared[found["bound"]]
