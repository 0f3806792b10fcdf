"""Constant statements of hot paths, compiled once and sent to the driver itself.

SQLAlchemy's way from a statement to its driver costs more than SQLite's answer does, and its way from a
row to an object of the ORM as much again: a query of a turn took 0.37 ms of the processor on PostgreSQL,
and takes 0.06 (``docs/performance.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from sqlalchemy import ClauseElement, Select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import Mapper, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from maane.kit.drivers import driver_of, raise_as_sqlalchemy
from maane.kit.libpq import PreparedStatement

T = TypeVar("T")


class Prepared:
    """One constant statement. Values and rows are converted by the columns' own types. A row is a plain
    tuple."""

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self._for: dict[str, _Compiled] = {}

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows; none for a statement that returns none. Raises what SQLAlchemy would raise."""
        dialect = connection.dialect
        compiled = self._for.get(dialect.name)
        if compiled is None:
            compiled = self._for[dialect.name] = _Compiled(self.statement, dialect)
        try:
            return compiled.execute(connection, values)
        except dialect.loaded_dbapi.Error as error:
            raise_as_sqlalchemy(connection, compiled.sql, error)


class _Compiled:
    """What a driver needs of a statement, and what must be done to the values on either side."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        if dialect.name == "postgresql":
            dialect = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
        compiled: Any = statement.compile(dialect=dialect)
        self.sql: str = compiled.string
        self._libpq = PreparedStatement(self.sql) if dialect.name == "postgresql" else None
        self._order: list[str] = compiled.positiontup
        self._fixed = {
            name: bound.effective_value
            for name, bound in compiled.binds.items()
            if not bound.required
        }
        self._convert_values = {
            name: convert
            for name, bound in compiled.binds.items()
            if (convert := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        self._convert_columns = [
            (number, convert)
            for number, column in enumerate(columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
            is not None
        ]

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        bound, driver = self._bind(values), driver_of(connection)
        if self._libpq is not None:
            return self._convert(self._libpq.execute(driver, connection.info, bound))
        return self._convert(driver.execute(self.sql, bound).fetchall())

    def _bind(self, values: Mapping[str, Any]) -> list[Any]:
        bound = {**self._fixed, **values}
        for name, convert in self._convert_values.items():
            bound[name] = convert(bound[name])
        return [bound[name] for name in self._order]

    def _convert(self, found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        if not self._convert_columns:
            return found
        converted = []
        for row in found:
            cells = list(row)
            for number, convert in self._convert_columns:
                cells[number] = convert(cells[number])
            converted.append(tuple(cells))
        return converted


class PreparedQuery(Prepared, Generic[T]):
    """A ``select`` of one table's objects. Use it by ``Transaction.load``.

    ``is_fresh``: what the session knows already is overwritten by what the database says now, as a
    query that locks must do.
    """

    def __init__(self, statement: Select[T], *, is_fresh: bool = False) -> None:
        super().__init__(statement)
        self._mapper: Mapper[T] = statement.column_descriptions[0]["entity"].__mapper__
        self._keys = [
            self._mapper.get_property_by_column(column).key for column in statement.selected_columns
        ]
        self._primary = [
            self._keys.index(self._mapper.get_property_by_column(column).key)
            for column in self._mapper.primary_key
        ]
        self._is_fresh = is_fresh

    def objects_of(self, session: Session, rows: list[tuple[Any, ...]]) -> list[T]:
        """The rows as objects of the session: each row of the database is one object there."""
        return [self._object_of(session, row) for row in rows]

    def _object_of(self, session: Session, row: tuple[Any, ...]) -> T:
        primary = tuple(row[number] for number in self._primary)
        known: T | None = session.identity_map.get(
            self._mapper.identity_key_from_primary_key(primary)
        )
        if known is not None and not self._is_fresh:
            return known
        found: T = self._mapper.class_manager.new_instance() if known is None else known
        for key, value in zip(self._keys, row, strict=True):
            set_committed_value(found, key, value)
        if known is None:
            make_transient_to_detached(found)
            session.add(found)
        return found
