"""Every query on prompts.

Saving prompts is the write that people wait for, so its statements are made once and go past the
ORM's unit of work; the isolation guard checks them all the same.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import bindparam, func, insert, literal_column, select

from maane.kit.db import Transaction
from maane.kit.prepared import Prepared
from maane.prompts.models import PromptVersion, SavedPrompts
from maane.tenancy.access import Tenant

_TABLE: Any = PromptVersion.__table__
_OF_BUSINESS = select(*(_TABLE.c[field.name] for field in fields(SavedPrompts))).where(
    _TABLE.c.business_id == bindparam("business_id")
)
# The number is a literal: for a bound one PostgreSQL's generic plan expects a tenth of the rows and
# sorts all versions of the business, so that each save cost more than the one before.
_LATEST = Prepared(_OF_BUSINESS.order_by(_TABLE.c.version.desc()).limit(literal_column("1")))
_VERSION = Prepared(_OF_BUSINESS.where(_TABLE.c.version == bindparam("version")))
_INSERT = Prepared(
    insert(_TABLE).inline().values({c.name: bindparam(c.name) for c in _TABLE.c if c.name != "id"})
)


def find_latest(tx: Transaction, tenant: Tenant) -> SavedPrompts | None:
    return _saved(tx.run(_LATEST, {"business_id": tenant.id}))


def find_version(tx: Transaction, tenant: Tenant, version: int) -> SavedPrompts | None:
    return _saved(tx.run(_VERSION, {"business_id": tenant.id, "version": version}))


def newest_version(tx: Transaction, tenant: Tenant) -> int:
    statement = select(func.max(PromptVersion.version)).where(
        PromptVersion.business_id == tenant.id
    )
    return tx.scalars(statement).one() or 0


def add_version(tx: Transaction, tenant: Tenant, values: dict[str, Any]) -> SavedPrompts:
    tx.run(_INSERT, {"business_id": tenant.id, **values})
    return SavedPrompts(**values)


def _saved(rows: list[tuple[Any, ...]]) -> SavedPrompts | None:
    return SavedPrompts(*rows[0]) if rows else None
