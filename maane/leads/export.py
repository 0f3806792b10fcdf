"""All leads of a business as a table that spreadsheets open."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from maane.kit.db import Database
from maane.leads import stages, store
from maane.leads.models import Lead
from maane.tenancy.access import Tenant

COLUMNS = (
    *("id", "name", "phone", "email", "note"),
    *("status", "stage", "source", "created_at", "updated_at"),
)
"""``status`` is the key of a stage, for machines; ``stage`` what the business calls it."""
ROWS_AT_ONCE = 200
# Without it Excel reads Hebrew as Latin letters.
BYTE_ORDER_MARK = "\ufeff"
# A cell that begins with one of these is a formula to a spreadsheet (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(database: Database, tenant: Tenant) -> Iterator[str]:
    """The lines of the file, newest lead first, in pieces.

    Each piece is a reading transaction of its own, so that a slow download holds none open. What
    customers wrote cannot become a formula: such a cell begins with an apostrophe. Phone numbers
    are digits after a plus and stay as they are.
    """
    yield BYTE_ORDER_MARK + _lines([COLUMNS])
    after: str | None = None
    while True:
        with database.transaction(tenant.id, writes=False) as tx:
            rows, after = store.list_leads(tx, tenant, status=None, limit=ROWS_AT_ONCE, after=after)
            names = stages.names_of_stages(tx, tenant)
            cells = [_cells(row, names.get(row.status, row.status)) for row in rows]
        if cells:
            yield _lines(cells)
        if after is None:
            return


def _cells(row: Lead, stage: str) -> tuple[str, ...]:
    return (
        str(row.id),
        _inert(row.name),
        row.phone or "",
        _inert(row.email or ""),
        _inert(row.note),
        row.status,
        _inert(stage),
        row.source,
        row.created_at.isoformat(timespec="seconds"),
        row.updated_at.isoformat(timespec="seconds"),
    )


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: list[tuple[str, ...]]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
