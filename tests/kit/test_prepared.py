"""Statements that go to the driver itself keep what SQLAlchemy would have given."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import QueuePool, bindparam, func, insert, literal_column, select, text
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError, ProgrammingError

from maane.kit.db import Prepared
from maane.prompts.models import PromptVersion
from maane.tenancy.isolation import IsolationError
from tests.people import A, B, World
from tests.postgres import Cluster

_TABLE = PromptVersion.__table__
_ADD = Prepared(
    insert(PromptVersion)
    .inline()
    .values({c.name: bindparam(c.name) for c in _TABLE.c if c.name != "id"})
)
_READ = Prepared(
    select(_TABLE.c.version, _TABLE.c.created_at, _TABLE.c.impersonating).where(
        _TABLE.c.business_id == bindparam("business_id"), _TABLE.c.version == bindparam("version")
    )
)
SECRET = "words of a customer"


def _row(business_id: int, version: int, at: datetime) -> dict[str, object]:
    return {
        "business_id": business_id,
        "version": version,
        "calls_prompt": SECRET,
        "whatsapp_prompt": SECRET,
        "created_by": None,
        "created_by_name": None,
        "impersonating": True,
        "created_at": at,
    }


def test_instants_and_booleans_come_back_as_their_columns_say(world: World) -> None:
    at = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    with world.database.transaction(A) as tx:
        assert tx.run(_ADD, _row(A, 7, at)) == []
        [(version, created_at, impersonating)] = tx.run(_READ, {"business_id": A, "version": 7})
    assert (version, impersonating) == (7, True)
    assert created_at == at
    assert created_at.tzinfo is UTC


def test_a_naive_instant_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="time zone"), world.database.transaction(A) as tx:
        tx.run(_ADD, _row(A, 7, datetime(2026, 3, 1)))


def test_a_driver_s_error_is_sqlalchemy_s_and_holds_no_values(world: World) -> None:
    at = datetime.now(UTC)
    with world.database.transaction(A) as tx:
        tx.run(_ADD, _row(A, 7, at))
    with pytest.raises(IntegrityError) as caught, world.database.transaction(A) as tx:
        tx.run(_ADD, _row(A, 7, at))
    assert SECRET not in str(caught.value)
    with world.database.transaction(A, writes=False) as tx:
        assert len(tx.run(_READ, {"business_id": A, "version": 7})) == 1


def test_a_statement_that_is_wrong_is_a_mistake_and_not_a_database_that_is_away(
    world: World,
) -> None:
    wrong = Prepared(select(literal_column("nothing")).where(func.missing_function() == 1))
    with (
        pytest.raises((ProgrammingError, OperationalError)) as caught,
        world.database.transaction(A) as tx,
    ):
        wrong.execute(tx.connection(), {})
    assert not caught.value.connection_invalidated
    with world.database.transaction(A, writes=False) as tx:
        assert tx.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize("scope", [None, B])
def test_the_isolation_guard_looks_at_them(world: World, scope: int | None) -> None:
    with pytest.raises(IsolationError), world.database.transaction(scope) as tx:
        tx.run(_READ, {"business_id": A, "version": 1})
    with pytest.raises(IsolationError), world.database.transaction(scope) as tx:
        tx.run(_ADD, _row(A, 7, datetime.now(UTC)))


def test_a_rollback_leaves_them_prepared(world: World) -> None:
    for _ in range(2):
        with world.database.transaction(A, writes=False) as tx:
            assert tx.run(_READ, {"business_id": A, "version": 7}) == []
            for _ in range(8):  # What it sends so often psycopg prepares by itself.
                tx.scalar(text("SELECT 1"))
        with pytest.raises(IntegrityError), world.database.transaction(A) as tx:
            tx.execute(text("INSERT INTO leads (business_id) VALUES (1)"))


def test_what_the_server_did_not_commit_is_no_success(world: World, kind: str) -> None:
    """PostgreSQL answers the COMMIT of a failed transaction with a ROLLBACK and no error."""
    if kind == "sqlite":
        pytest.skip(
            "a failed statement does not end SQLite's transaction; the PostgreSQL run covers it"
        )
    at = datetime.now(UTC)

    def swallow() -> None:
        with world.database.transaction(A) as tx:
            tx.run(_ADD, _row(A, 7, at))
            with suppress(IntegrityError):
                tx.run(_ADD, _row(A, 7, at))

    with pytest.raises(InternalError):
        swallow()
    with world.database.transaction(A, writes=False) as tx:
        assert tx.run(_READ, {"business_id": A, "version": 7}) == []


def test_connections_that_the_server_ended_are_replaced_at_once(
    world: World, cluster: Cluster | None
) -> None:
    if cluster is None:
        pytest.skip("a file ends no connection; the PostgreSQL run covers it")
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(world.database.transaction(A, writes=False))
    cluster.stop()
    cluster.start()
    with world.database.transaction(A) as tx:
        tx.run(_ADD, _row(A, 7, datetime.now(UTC)))
    # The others are not left in the pool for somebody to stumble over.
    pool = world.database.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedin() == 1
