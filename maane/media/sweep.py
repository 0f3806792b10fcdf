"""Removes files that no row speaks of any more.

Rows go in many ways, with their messages or in a restored database; so a file is not removed beside
its row, where a kill between the two would leave it for good, but looked for afterwards. A row is there
before its file, so what has none has lost it.
"""

from __future__ import annotations

from itertools import islice

from maane.kit.db import Database
from maane.media import store
from maane.media.files import Files
from maane.tenancy.access import tenant_for_job

AT_ONCE = 500


def sweep(database: Database, files: Files, business_id: int) -> int:
    """How many files of a business were removed."""
    removed = 0
    keys = files.keys(business_id)
    while some := list(islice(keys, AT_ONCE)):
        with database.transaction(business_id, writes=False) as tx:
            known = store.known_keys(tx, tenant_for_job(tx, business_id), some)
        for key in set(some) - known:
            files.remove(business_id, key)
            removed += 1
    return removed
