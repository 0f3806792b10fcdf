"""No table is forgotten by export, erasure and retention."""

from __future__ import annotations

import maane.ops.tables  # noqa: F401
from maane.kit.db import Base
from maane.privacy.holdings import HOLDINGS, HOLDS_NONE


def test_every_table_is_declared_once() -> None:
    """A new table must say what it holds of a person (``HOLDINGS``) or why it holds none."""
    held = [holding.table for holding in HOLDINGS]
    assert sorted([*held, *HOLDS_NONE]) == sorted(Base.metadata.tables)


def test_what_points_at_others_is_deleted_before_them() -> None:
    order = [holding.table for holding in HOLDINGS if holding.stays is None]
    for name in order:
        for constraint in Base.metadata.tables[name].foreign_key_constraints:
            target = constraint.referred_table.name
            if constraint.ondelete is None and target in order and target != name:
                assert order.index(name) < order.index(target), (name, target)
