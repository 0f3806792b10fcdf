"""What ``/readyz`` says is missing is really missing."""

from __future__ import annotations

from sqlalchemy import text

from maane.kit.db import Database
from tests.people import Browser, World


def test_ready_names_a_queue_that_is_not_there(world: World) -> None:
    browser = Browser(world.app)
    assert browser.get("/readyz").json == {"status": "ready", "missing": []}
    owner = Database(world.settings.migration_database)
    schema = "" if owner.is_sqlite else "dbos."
    with owner.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {schema}workflow_status RENAME TO gone"))
    owner.dispose()
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "missing": ["queue"]}
    assert browser.get("/livez").status_code == 200
