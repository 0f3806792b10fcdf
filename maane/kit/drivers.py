"""Past SQLAlchemy to a database's driver, and back with its errors."""

from __future__ import annotations

from typing import Any, NoReturn

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError


def driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


def raise_as_sqlalchemy(connection: Connection, sql: str, error: Exception) -> NoReturn:
    """A driver's error as SQLAlchemy raises it: by its class, without values, and with all connections
    taken out of the pool when this one is gone: they were of the same server."""
    dialect = connection.dialect
    dbapi = dialect.loaded_dbapi
    is_gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
    if is_gone:
        connection.invalidate(error)
        connection.engine.dispose()
    raise DBAPIError.instance(
        sql,
        None,
        error,
        dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_gone,
        dialect=dialect,
    ) from error
