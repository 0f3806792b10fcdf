"""No table is forgotten by export, erasure and retention."""

from __future__ import annotations

import pytest
from sqlalchemy import text

import maane.ops.tables  # noqa: F401
from maane.kit.db import Base
from maane.privacy.holdings import HOLDINGS, HOLDS_NONE
from tests.people import World


def test_every_table_is_declared_once() -> None:
    """A new table must say what it holds of a person (``HOLDINGS``) or why it holds none."""
    held = [holding.table for holding in HOLDINGS]
    assert sorted([*held, *HOLDS_NONE]) == sorted(Base.metadata.tables)


def test_no_id_of_a_row_that_was_deleted_is_given_anew(world: World, kind: str) -> None:
    """The audit log, and jobs that ran, remember rows by their ids. A migration that makes such a table
    calls ``never_reuse_ids``."""
    if kind == "postgresql":
        pytest.skip("PostgreSQL's sequences never give an id twice")
    with world.database.engine.connect() as connection:
        for holding in HOLDINGS:
            if "id" not in Base.metadata.tables[holding.table].columns or holding.stays:
                continue
            found = text("SELECT sql FROM sqlite_schema WHERE name = :name")
            ddl = connection.execute(found, {"name": holding.table}).scalar_one()
            assert "PRIMARY KEY (id AUTOINCREMENT)" in ddl, holding.table


def test_what_points_at_others_is_deleted_before_them() -> None:
    order = [holding.table for holding in HOLDINGS if holding.stays is None]
    for name in order:
        for constraint in Base.metadata.tables[name].foreign_key_constraints:
            target = constraint.referred_table.name
            if constraint.ondelete is None and target in order and target != name:
                assert order.index(name) < order.index(target), (name, target)
