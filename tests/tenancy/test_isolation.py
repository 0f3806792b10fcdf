"""The walls between businesses, beneath HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, text, update

import maane.ops.tables  # noqa: F401
from maane.kit.db import Base, Database
from maane.leads.models import Lead
from maane.prompts.models import PromptVersion
from maane.settings import SettingsError
from maane.tenancy.access import Tenant
from maane.tenancy.database import check_role
from maane.tenancy.isolation import IsolationError, is_guarded
from tests.people import A, B, World

# Tables that belong to no business, each for a reason. A new table must be guarded or stand here.
SHARED = {
    "businesses": "is the tenant",
    "users": "a person may serve several businesses",
    "sessions": "belong to a person",
    "login_throttles": "counted before anybody is known",
    "assignments": "join people and businesses",
    "channel_numbers": "find the business of an incoming message; hold no secret",
}


def test_every_table_is_guarded_or_shared_for_a_reason() -> None:
    for table in Base.metadata.tables.values():
        assert is_guarded(table) != (table.name in SHARED), table.name


def test_every_guarded_table_carries_the_business_in_its_keys() -> None:
    for table in Base.metadata.tables.values():
        if not is_guarded(table) or table.name == "audit_events":
            continue
        assert not table.c.business_id.nullable, table.name
        for constraint in table.foreign_key_constraints:
            target = constraint.referred_table
            if is_guarded(target):
                assert "business_id" in constraint.column_keys, constraint
        for index in table.indexes:
            if index.unique:
                assert "business_id" in index.columns, index
        for unique in table.constraints:
            if unique.__class__.__name__ == "UniqueConstraint":
                assert "business_id" in {c.name for c in unique.columns}, unique


def test_postgresql_secures_every_guarded_table(world: World, kind: str) -> None:
    if kind != "postgresql":
        pytest.skip("row-level security is PostgreSQL's; the PostgreSQL run covers it")
    with world.database.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, "
                "(SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid "
                "AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL) "
                "FROM pg_class c WHERE c.relkind = 'r' "
                "AND c.relnamespace = 'public'::regnamespace"
            )
        ).all()
    secured = {name for name, enabled, forced, policies in rows if enabled and forced and policies}
    guarded = {t.name for t in Base.metadata.tables.values() if is_guarded(t)}
    assert secured == guarded


def test_the_application_s_role_sees_nothing_without_a_business(world: World, kind: str) -> None:
    """Raw SQL on the engine, past the ORM's guard: PostgreSQL's own wall."""
    if kind != "postgresql":
        pytest.skip("row-level security is PostgreSQL's; the PostgreSQL run covers it")
    with world.database.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM leads")).scalar_one() == 0
        connection.execute(text("SELECT set_config('maane.tenant', '1', true)"))
        found = connection.execute(text("SELECT DISTINCT business_id FROM leads")).scalars().all()
        assert found == [A]
    foreign = text(
        "INSERT INTO prompt_versions (business_id, version, calls_prompt, whatsapp_prompt, "
        "impersonating, created_at) SELECT 2, 9, set_config('maane.tenant', '1', true), '', false, now()"
    )
    with (
        pytest.raises(Exception, match="row-level security"),
        world.database.engine.begin() as connection,
    ):
        connection.execute(foreign)
    with world.database.engine.begin() as connection:
        # The setting ended with its transaction and did not leak to the next user of the pool.
        assert connection.execute(text("SELECT count(*) FROM leads")).scalar_one() == 0
    for statement in ("TRUNCATE leads", "ALTER TABLE leads DISABLE ROW LEVEL SECURITY"):
        with (
            pytest.raises(Exception, match=r"permission denied|must be owner"),
            world.database.engine.begin() as connection,
        ):
            connection.execute(text(statement))


def test_a_role_that_could_bypass_it_is_refused(world: World, kind: str) -> None:
    if kind != "postgresql":
        pytest.skip("roles are PostgreSQL's; the PostgreSQL run covers it")
    owner = Database(world.settings.migration_database)
    with pytest.raises(SettingsError, match="can bypass row-level security"):
        check_role(owner)
    with owner.engine.begin() as connection:
        connection.execute(text("ALTER TABLE leads NO FORCE ROW LEVEL SECURITY"))
    owner.dispose()
    with pytest.raises(SettingsError, match="no row-level security on leads"):
        check_role(world.database)


@pytest.mark.parametrize(
    "statement",
    [
        select(Lead),
        select(Lead.name),
        select(PromptVersion.version).join(Lead, Lead.business_id == PromptVersion.business_id),
        update(Lead).values(name="x"),
        delete(Lead),
    ],
)
def test_the_orm_refuses_a_statement_without_its_business(world: World, statement: object) -> None:
    with pytest.raises(IsolationError), world.database.transaction() as tx:
        tx.execute(statement)  # type: ignore[call-overload]


def test_a_forgotten_condition_is_added(world: World) -> None:
    with world.database.transaction(A) as tx:
        assert {lead.business_id for lead in tx.scalars(select(Lead))} == {A}
        assert tx.get(Lead, 2) is None
        tx.execute(update(Lead).values(note="changed"))
        tx.execute(delete(Lead).where(Lead.id == 2))
    with world.database.transaction(B, writes=False) as tx:
        assert [lead.note for lead in tx.scalars(select(Lead))] == [""]


def test_a_row_of_another_business_cannot_be_added(world: World) -> None:
    with world.database.transaction(A, writes=False) as tx:
        lead = tx.scalars(select(Lead)).one()
    values = {"name": "x", "created_at": lead.created_at, "updated_at": lead.updated_at}
    stranger = Lead(business_id=B, note="", status="new", source="manual", **values)
    with world.database.transaction(A, writes=False) as tx:
        tx.add(stranger)
        with pytest.raises(IsolationError):
            tx.flush()
    with pytest.raises(IsolationError), world.database.transaction(A) as tx:
        tx.execute(insert(Lead), [{"business_id": B, **values}])
    with pytest.raises(IsolationError), world.database.transaction(A) as tx:
        tx.execute(insert(Lead).values(business_id=B, **values))
    with pytest.raises(IsolationError), world.database.transaction(A) as tx:
        tx.execute(insert(Lead).values([{"business_id": b, **values} for b in (A, B)]))
    with pytest.raises(IsolationError), world.database.transaction() as tx:
        tx.execute(insert(Lead), [{"business_id": B, **values}])


def test_only_the_guard_makes_a_tenant() -> None:
    with pytest.raises(TypeError):
        Tenant(1, "A", "he", "Asia/Jerusalem", proof=object())


def test_a_transaction_serves_one_business(world: World) -> None:
    with pytest.raises(RuntimeError), world.database.transaction(A) as tx:
        tx.narrow(B)
