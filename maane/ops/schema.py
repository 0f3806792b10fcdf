"""Whether the database is at this version's schema. Apart from ``migrate``, which loads all tables
and the queue: every process asks this first, and should not wait for them."""

from __future__ import annotations

from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from maane.kit.db import Database, available
from maane.settings import PROJECT_ROOT, Settings, SettingsError

MIGRATIONS = PROJECT_ROOT / "migrations"


def check_migrated(settings: Settings) -> None:
    """Raises ``SettingsError`` when the database is not at this version's schema."""
    if settings.is_embedded and not Path(settings.database.database or "").is_file():
        raise SettingsError("there is no database yet: run maane migrate")
    database = Database(settings.database)
    try:
        with available(), database.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    finally:
        database.dispose()
    if found != ScriptDirectory(str(MIGRATIONS)).get_current_head():
        raise SettingsError("the database is not at this version's schema: run maane migrate")
