"""Migrations of a database that has rows in it, by an owner whom row security holds like anyone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, Table, create_engine, text
from sqlalchemy.engine import Connection, make_url

import maane.ops.tables  # noqa: F401
from maane.kit.db import Database, Transaction
from maane.ops.schema import MIGRATIONS
from tests.postgres import Cluster

OWNER = "an_owner"


@pytest.fixture
def empty(cluster: Cluster | None, tmp_path: Path) -> Iterator[Database]:
    """A database without tables, signed in to as its owner."""
    if cluster is None:
        database = Database(make_url(f"sqlite:///{tmp_path}/maane.db"))
        yield database
        database.dispose()
        return
    server = create_engine(
        cluster.url("postgres").replace("postgresql", "postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )
    url = cluster.url("migrated", OWNER).replace("postgresql", "postgresql+psycopg")
    database = Database(make_url(url))
    with server.connect() as connection:
        connection.execute(text(f"CREATE ROLE {OWNER} LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE"))
        connection.execute(text(f"CREATE DATABASE migrated OWNER {OWNER}"))
        yield database
        database.dispose()
        connection.execute(text("DROP DATABASE migrated WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE {OWNER}"))
    server.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_a_turn_that_was_under_way_is_found_by_the_next_version(empty: Database) -> None:
    at = "'2026-11-01 06:00:00'"
    with empty.engine.begin() as connection:
        _upgrade(connection, "0002")
    with empty.transaction(1) as tx:
        for statement in (
            "INSERT INTO businesses VALUES "
            f"(1, 'A', NULL, 'he', 'Asia/Jerusalem', 'active', {at}, {at})",
            "INSERT INTO conversations VALUES "
            f"(1, 'whatsapp', '972', NULL, NULL, 1, {at}, {at}, 1), "
            f"(2, 'whatsapp', '973', NULL, NULL, 1, {at}, {at}, 1)",
            "INSERT INTO messages VALUES "
            f"(1, 1, NULL, 'inbound', 'customer', '', 'received', NULL, 'a', NULL, {at}, 1), "
            f"(2, 1, 1, 'outbound', 'intake', '', 'sent', NULL, 'b', 1, {at}, 1), "
            f"(3, 1, NULL, 'inbound', 'customer', '', 'received', NULL, 'c', NULL, {at}, 1), "
            f"(4, 2, NULL, 'inbound', 'customer', '', 'received', NULL, 'd', NULL, {at}, 1)",
        ):
            tx.execute(text(statement))
    with empty.engine.begin() as connection:
        _upgrade(connection, "0003")
    with empty.transaction(1, writes=False) as tx:
        rows = tx.execute(text("SELECT id FROM messages WHERE awaits_answer ORDER BY id"))
        assert [key for (key,) in rows] == [3, 4]


def test_leads_that_were_there_keep_their_status_and_begin_a_history(empty: Database) -> None:
    at = "'2026-11-01 06:00:00'"
    lead = f"'', 'qualified', 'manual', {at}, {at}, 1"
    with empty.engine.begin() as connection:
        _upgrade(connection, "0004")
    with empty.transaction(1) as tx:
        for statement in (
            "INSERT INTO businesses VALUES "
            f"(1, 'A', NULL, 'he', 'Asia/Jerusalem', 'active', {at}, {at})",
            f"INSERT INTO leads VALUES (1, 'a', NULL, NULL, {lead})",
            f"INSERT INTO leads VALUES (2, 'b', NULL, NULL, {lead})",
            "INSERT INTO audit_events (business_id, actor_user_id, actor_name, impersonating, "
            "action, subject, request_id, at) "
            f"VALUES (1, 5, 'Dana', false, 'lead.created', 'lead:2', '', {at})",
        ):
            tx.execute(text(statement))
    with empty.engine.begin() as connection:
        _upgrade(connection, "0007")
    with empty.transaction(1) as tx:
        stages = tx.execute(text("SELECT key, kind FROM lead_stages ORDER BY position")).all()
        assert [key for key, _ in stages] == ["new", "contacted", "qualified", "won", "lost"]
        events = tx.execute(text("SELECT lead_id, kind, actor_name FROM lead_events ORDER BY id"))
        assert [tuple(event) for event in events] == [(1, "created", None), (2, "created", "Dana")]
        statuses = tx.execute(text("SELECT status FROM leads")).scalars().all()
        assert set(statuses) == {"qualified"}
    with pytest.raises(Exception, match=r"(?i)foreign key"), empty.transaction(1) as tx:
        tx.execute(text("UPDATE leads SET status = 'nowhere'"))
    if empty.is_sqlite:
        with empty.engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


def test_a_recording_that_lies_at_the_provider_is_known_to_the_next_version(
    empty: Database,
) -> None:
    with empty.engine.begin() as connection:
        _upgrade(connection, "0030")
    call = {"account_sid": "AC1", "direction": "inbound", "engine": "gather", "status": "completed"}
    with empty.transaction(1) as tx:
        _insert(tx, "businesses", id=1, language="he", timezone="Asia/Jerusalem", status="active")
        for key, sid, status in ((1, "RE1", "stored"), (2, "RE2", "failed"), (3, None, "waiting")):
            own = {"business_id": 1, "id": key}
            words = {"contact_key": str(key), "owner": "assistant", "status": "open"}
            _insert(tx, "conversations", **own, channel="phone", **words)
            _insert(tx, "calls", **own, conversation_id=key, external_id=f"CA{key}", **call)
            more = {"file_key": str(key), "is_at_provider": key != 2, "status": status}
            _insert(tx, "recordings", **own, call_id=key, external_id=sid, **more)
    with empty.engine.begin() as connection:
        _upgrade(connection, "0032")
    with empty.transaction(1, writes=False) as tx:
        rows = tx.execute(text("SELECT external_id, account_sid FROM recording_copies")).all()
    assert [tuple(row) for row in rows] == [("RE1", "AC1")]


def _insert(tx: Transaction, name: str, **values: Any) -> None:
    """A row of a table as it was; what it must have and is not given is nothing of its kind."""
    table = Table(name, MetaData(), autoload_with=tx.connection())
    empty = {str: "", int: 0, bool: False, datetime: datetime(2026, 11, 1, tzinfo=UTC)}
    for column in table.columns:
        if not column.nullable and column.server_default is None and column.name not in values:
            values[column.name] = empty[column.type.python_type]
    tx.execute(table.insert().values(values))
