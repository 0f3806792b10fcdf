"""Walls that migrations build around a table. Frozen: a migration that ran must never change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

APP_GROUP = "maane_app"
"""The PostgreSQL role that owns nothing; login roles of the application are its members."""

_OWNER = "NULLIF(current_setting('maane.tenant', true), '')::bigint"


def ensure_app_group() -> None:
    """Creates the group role where it is missing. Roles are shared by all databases of a server."""
    op.execute(
        f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{APP_GROUP}') THEN
                CREATE ROLE {APP_GROUP} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_GROUP}")


def allow(table: str, *privileges: str) -> None:
    """Grants the application what it needs of a table, never TRUNCATE or REFERENCES."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"GRANT {', '.join(privileges)} ON {table} TO {APP_GROUP}")
    sequence = op.get_bind().exec_driver_sql(
        "SELECT s.relname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid "
        f"WHERE s.relkind = 'S' AND d.refobjid = '{table}'::regclass"
    )
    for name in sequence.scalars().all():
        op.execute(f"GRANT USAGE ON SEQUENCE {name} TO {APP_GROUP}")


def secure_rows(table: str, *, has_unowned: bool = False) -> None:
    """Row-level security by ``business_id``, for the table's owner as well.

    With ``has_unowned``, rows without a business are those of the installation: they are seen and
    written only where no business is set.
    """
    if op.get_bind().dialect.name != "postgresql":
        return
    same = "IS NOT DISTINCT FROM" if has_unowned else "="
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY {table}_of_business ON {table} "
        f"USING (business_id {same} {_OWNER}) WITH CHECK (business_id {same} {_OWNER})"
    )


@contextmanager
def all_rows(table: str) -> Iterator[None]:
    """Inside, the migration's role, which owns the table, sees the rows of every business. The
    migration is one transaction, so nobody else ever does."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield
    if is_postgresql:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def make_append_only(table: str) -> None:
    """Rows can be added and read; changing or deleting one is an error in the database itself."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"""
            CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '{table} is append-only'; END $$
            """
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
