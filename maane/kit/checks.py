"""A change that migrations make and SQLite has no statement for. Frozen: a migration that ran must never
change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def replace_check(table: str, name: str, before: str, after: str) -> None:
    """Gives a CHECK other values.

    SQLite cannot change a constraint. Rebuilding the table would break the keys that point at it
    from inside, and a migration's transaction cannot turn them off; so its text is edited, which
    SQLite's page on ALTER TABLE allows for constraints that do not touch what is stored. Raises
    ``RuntimeError`` where the table does not say ``before`` exactly once.
    """
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, after)
        return
    _edit(table, before, after)


def never_reuse_ids(table: str) -> None:
    """Lets no row of a table get the id of one that was deleted. PostgreSQL's sequences never do; SQLite
    gives the id of the last row anew once that is gone, and then whatever remembers a row by its id (the
    audit log, a job that ran) speaks of another. Raises as ``replace_check``."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        return
    # SQLite makes its table of sequences with the first table that wants one.
    connection.exec_driver_sql("CREATE TABLE has_sequence (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    connection.exec_driver_sql("DROP TABLE has_sequence")
    _edit(table, "PRIMARY KEY (id)", "PRIMARY KEY (id AUTOINCREMENT)")
    key: sa.ColumnClause[int] = sa.column("id")
    highest = connection.execute(sa.select(sa.func.max(key)).select_from(sa.table(table)))
    connection.execute(
        sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"),
        {"name": table, "seq": highest.scalar_one() or 0},
    )


def _edit(table: str, before: str, after: str) -> None:
    """Changes the text of a table on SQLite."""
    connection = op.get_bind()
    found = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name")
    ddl = connection.execute(found, {"name": table}).scalar_one()
    if ddl.count(before) != 1:
        raise RuntimeError(f"{table} does not say once: {before}")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": ddl.replace(before, after), "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
