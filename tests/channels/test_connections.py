"""What a worker's connections ask of PostgreSQL, as the server sees it: two decisions of speed that no
answer shows when they are lost (``docs/performance.md``)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from maane.kit.db import Database
from tests.postgres import Cluster
from tests.town import Town

WAYS = ("enable_indexscan", "enable_bitmapscan", "enable_seqscan", "jit")
CUSTOMERS = 4
WATCHED_S = 1.0
"""Jobs that have begun reach their first lock in a hundredth of it."""


@pytest.fixture
def owner(one_town: Town, cluster: Cluster | None) -> Iterator[Database]:
    """The town's database in the hands of its superuser, while no worker runs."""
    if cluster is None:
        pytest.skip("a file has no other side that sees connections; the PostgreSQL run covers it")
    one_town.end_worker()
    one_town.pause(0)
    database = Database(one_town.settings.migration_database)
    yield database
    database.dispose()


def _explain(owner: Database) -> None:
    """The server writes the plan of each statement into its log, with the settings that are not its own.
    https://www.postgresql.org/docs/current/auto-explain.html"""
    name = owner.url.database
    with owner.engine.begin() as connection:
        for setting in (
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_settings = on",
        ):
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET {setting}")


def _plans(cluster: Cluster, table: str) -> list[str]:
    """The plans that were logged for statements on a table."""
    entries = cluster.log.read_text(errors="replace").replace("\n\t", " ").splitlines()
    plans = [entry for entry in entries if " plan: " in entry and "Query Text:" in entry]
    return [plan for plan in plans if table in plan]


def test_the_look_for_jobs_is_planned_alike_in_a_flood_and_nothing_else_is(
    one_town: Town, owner: Database, cluster: Cluster
) -> None:
    _explain(owner)
    one_town.start_worker()
    customer = one_town.customer()
    customer.write("שלום")
    customer.wait_for_answers(1)
    one_town.end_worker()
    looks = _plans(cluster, "queue_partition_key IS NOT NULL")
    assert looks
    for look in looks:
        assert all(f"{way} = 'off'" in look for way in WAYS), look
    for usual in ("messages.conversation_id", "workflow_status.completed_at <="):
        plans = _plans(cluster, usual)
        assert plans
        assert not [plan for plan in plans if "Settings:" in plan]


def test_the_transactions_of_a_worker_take_turns(one_town: Town, owner: Database) -> None:
    customers = [one_town.customer() for _ in range(CUSTOMERS)]
    for customer in customers:
        customer.write("שלום")
    with owner.engine.begin() as blocker, owner.engine.connect() as watcher:
        blocker.exec_driver_sql("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        one_town.start_worker()
        while not (_waiting(watcher) and _begun(watcher) == CUSTOMERS):
            time.sleep(0.03)
        until = time.monotonic() + WATCHED_S
        while time.monotonic() < until:
            assert _waiting(watcher) == 1
            time.sleep(0.03)
    for customer in customers:
        customer.wait_for_answers(1)


def _waiting(watcher: Connection) -> int:
    """How many of the database's connections wait for a lock in a transaction of theirs."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return _count(watcher, statement)


def _begun(watcher: Connection) -> int:
    return _count(watcher, "SELECT count(*) FROM dbos.workflow_status WHERE status = 'PENDING'")


def _count(watcher: Connection, statement: str) -> int:
    # What is seen of others' activity is fixed for a transaction.
    count: int = watcher.execute(text(statement)).scalar_one()
    watcher.rollback()
    return count
