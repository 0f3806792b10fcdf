"""``maane migrate``: brings the schema to this version, on either database."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

import maane.ops.tables  # noqa: F401  (all tables, for the metadata)
from maane.jobs.queue import migrate_queue
from maane.kit.db import Database
from maane.ops.schema import MIGRATIONS
from maane.settings import Settings, SettingsError
from maane.tenancy.protection import APP_GROUP

_LOCK_KEY = 7_206_211


def migrate(settings: Settings) -> list[str]:
    """Runs the migrations that are missing, one process at a time. Returns lines for a person.

    On PostgreSQL it connects as the owner (``MAANE_MIGRATION_DATABASE_URL``) and makes the login
    role of ``MAANE_DATABASE_URL`` where it is missing. Raises ``SettingsError`` in one line.
    """
    url = settings.migration_database
    try:
        if url.get_backend_name() == "sqlite":
            return _migrate_sqlite(settings)
        engine = create_engine(url, connect_args={"connect_timeout": 3})
        with engine.begin() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})"))
            _upgrade(connection)
            connection.execute(text(f"GRANT SELECT ON alembic_version TO {APP_GROUP}"))
            lines = _ensure_login(connection, settings)
        engine.dispose()
        migrate_queue(url, APP_GROUP, settings.secret("partitions"))
        return ["the schema is up to date", *lines]
    except SQLAlchemyError as error:
        first = str(error.__cause__ or error).strip().split("\n")[0]
        raise SettingsError(f"the database refused to migrate: {first}") from error


def _migrate_sqlite(settings: Settings) -> list[str]:
    Path(settings.database.database or "").parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database)
    writer = database.engine.execution_options(maane_begin="BEGIN IMMEDIATE")
    with writer.begin() as connection:
        _upgrade(connection)
    database.dispose()
    migrate_queue(settings.database, None, settings.secret("partitions"))
    return ["the schema is up to date"]


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _ensure_login(connection: Connection, settings: Settings) -> list[str]:
    """The login role of the application: it is a member of the group and owns nothing."""
    app = settings.database
    if app.username is None or app.username == settings.migration_database.username:
        return [
            f"let the application sign in as a role of its own that is a member of {APP_GROUP}: "
            "set MAANE_DATABASE_URL to it and MAANE_MIGRATION_DATABASE_URL to the owner"
        ]
    quote = connection.dialect.identifier_preparer.quote
    exists = connection.execute(
        text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": app.username}
    ).scalar_one_or_none()
    lines = []
    if exists is None:
        connection.execute(
            text(
                f"CREATE ROLE {quote(app.username)} LOGIN NOSUPERUSER NOBYPASSRLS "
                "NOCREATEDB NOCREATEROLE"
            )
        )
        if app.password:
            secret = str(app.password).replace("'", "''")
            connection.exec_driver_sql(
                f"ALTER ROLE {quote(app.username)} PASSWORD '{secret}'".replace("%", "%%")
            )
        lines.append(f"made the role {app.username}")
    connection.execute(text(f"GRANT {APP_GROUP} TO {quote(app.username)}"))
    return lines
