"""Every query on hours."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from maane.hours.models import BusinessHours
from maane.kit.db import Transaction
from maane.kit.prepared import PreparedQuery
from maane.tenancy.access import Tenant

_HOURS = PreparedQuery(
    select(BusinessHours).where(BusinessHours.business_id == bindparam("business_id"))
)


def find(tx: Transaction, tenant: Tenant) -> BusinessHours | None:
    return tx.load_one(_HOURS, {"business_id": tenant.id})


def add(tx: Transaction, row: BusinessHours) -> None:
    tx.add(row)
    tx.flush()
