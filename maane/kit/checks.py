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
    found = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name")
    ddl = connection.execute(found, {"name": table}).scalar_one()
    if ddl.count(before) != 1:
        raise RuntimeError(f"{table} has another {name} than expected")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": ddl.replace(before, after), "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
