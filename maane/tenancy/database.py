"""What the database itself must guarantee, checked at start-up and given by migrations."""

from __future__ import annotations

from sqlalchemy import text

from maane.kit.db import Base, Database, available
from maane.settings import SettingsError
from maane.tenancy.isolation import is_guarded

_ROLE = text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
_OWNED = text(
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
    "AND c.relkind IN ('r', 'p') AND pg_has_role(current_user, c.relowner, 'USAGE') LIMIT 1"
)
_SECURED = text(
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
    "AND c.relkind IN ('r', 'p') AND c.relrowsecurity AND c.relforcerowsecurity"
)


def check_role(database: Database) -> None:
    """Refuses a PostgreSQL role that could pass row-level security by. Raises ``SettingsError``."""
    if database.is_sqlite:
        return
    with available(), database.engine.connect() as connection:
        name, is_super, bypasses = connection.execute(_ROLE).one()
        owned = connection.execute(_OWNED).scalar_one_or_none()
        secured = set(connection.execute(_SECURED).scalars())
    advice = "let MAANE_DATABASE_URL name a role of its own (docs/operators.md, PostgreSQL)"
    if is_super or bypasses:
        raise SettingsError(
            f"MAANE_DATABASE_URL: the role {name} can bypass row-level security; {advice}"
        )
    if owned is not None:
        raise SettingsError(f"MAANE_DATABASE_URL: the role {name} owns the table {owned}; {advice}")
    wanted = {table.name for table in Base.metadata.tables.values() if is_guarded(table)}
    if missing := sorted(wanted - secured):
        raise SettingsError(
            f"the database has no row-level security on {', '.join(missing)}: run maane migrate"
        )
