"""Statements that go to the driver itself keep what SQLAlchemy would have given."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import QueuePool, bindparam, func, insert, literal_column, select, text, update
from sqlalchemy.exc import (
    IntegrityError,
    InternalError,
    MultipleResultsFound,
    OperationalError,
    ProgrammingError,
)

from maane.kit.prepared import Prepared, PreparedQuery
from maane.leads import stages
from maane.leads.models import Lead
from maane.prompts.models import PromptVersion
from maane.tenancy.access import tenant_for_job
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


_ALL = select(Lead).where(Lead.business_id == bindparam("business_id"))
_BY_ID = _ALL.where(Lead.id == bindparam("id"))
FOUND = PreparedQuery(_BY_ID)
FRESH = PreparedQuery(_BY_ID, is_fresh=True)
ALL = PreparedQuery(_ALL)


def _lead(name: str) -> Lead:
    at = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
    return Lead(
        business_id=A,
        name=name,
        note="",
        status="new",
        source="manual",
        created_at=at,
        updated_at=at,
    )


def _added(world: World, name: str) -> int:
    with world.database.transaction(A) as tx:
        stages.stages_for_writing(tx, tenant_for_job(tx, A))
        lead = _lead(name)
        tx.add(lead)
        tx.flush()
        return lead.id


def test_a_loaded_object_is_the_session_s_own(world: World) -> None:
    """As the ORM would load it: equal in all columns, changed by flush, one object for one row."""
    key = _added(world, "דנה")
    with world.database.transaction(A) as tx:
        lead = tx.load_one(FOUND, {"business_id": A, "id": key})
        assert lead is not None
        assert tx.load_one(FOUND, {"business_id": A, "id": key}) is lead
        assert tx.get(Lead, key) is lead
        lead.name = "רות"
    with world.database.transaction(A) as tx:
        asked = tx.scalars(select(Lead).where(Lead.business_id == A, Lead.id == key)).one()
        columns = {c.key: getattr(asked, c.key) for c in Lead.__mapper__.column_attrs}
        tx.expunge_all()
        loaded = tx.load_one(FOUND, {"business_id": A, "id": key})
        assert loaded is not asked
        assert columns == {c.key: getattr(loaded, c.key) for c in Lead.__mapper__.column_attrs}
        assert columns["name"] == "רות"


def test_only_a_fresh_query_overwrites_what_the_session_knows(world: World) -> None:
    key = _added(world, "דנה")
    values = {"business_id": A, "id": key}
    with world.database.transaction(A) as tx:
        lead = tx.load_one(FOUND, values)
        assert lead is not None
        tx.execute(
            update(Lead.__table__)
            .where(Lead.__table__.c.business_id == A, Lead.__table__.c.id == key)
            .values(name="רות")
        )
        assert tx.load(FOUND, values) == [lead]
        assert lead.name == "דנה"
        assert tx.load(FRESH, values) == [lead]
        assert lead.name == "רות"
        assert not tx.is_modified(lead)


def test_one_row_is_asked_for_and_two_are_a_mistake(world: World) -> None:
    values = {"business_id": A}
    _added(world, "דנה")
    _added(world, "רות")
    with world.database.transaction(A) as tx:
        assert tx.load_one(FOUND, {"business_id": A, "id": 0}) is None
        with pytest.raises(MultipleResultsFound):
            tx.load_one(ALL, values)


def test_nothing_is_loaded_of_another_business(world: World) -> None:
    key = _added(world, "דנה")
    with world.database.transaction(B) as tx, pytest.raises(IsolationError):
        tx.load_one(FOUND, {"business_id": A, "id": key})
