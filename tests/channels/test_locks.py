"""Who runs a failed event again while a turn of its conversation books: neither ends in a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from maane.conversations import operations as conversations
from maane.tenancy import operations as tenancy
from maane.tenancy.access import tenant_for_job
from tests.channels.counter import SECRET, Counter, writes
from tests.fakes import FakeGraph
from tests.people import A, World
from tests.postgres import Cluster, wait_until_somebody_waits


def test_a_retry_waits_for_a_turn_that_books(
    new_world: Callable[..., World], cluster: Cluster | None
) -> None:
    if cluster is None:
        pytest.skip("SQLite has one write lock; the PostgreSQL run covers it")
    with FakeGraph() as graph:
        counter = Counter(new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url))
        graph.script = [(400, 190)]
        counter.deliver(writes("שלום", "wamid.1"))
        counter.work_off()
        path = f"/api/business/current/events/{counter.jobs()[0][1]}/retry"
        with ThreadPoolExecutor(1) as pool:
            with counter.world.database.transaction(A) as tx:
                tenant = tenant_for_job(tx, A)
                conversations.lock(tx, tenant, counter.messages()[0].conversation_id)
                retried = pool.submit(counter.owner.write, "POST", path)
                wait_until_somebody_waits(counter.world.database)
                tenancy.lock(tx, tenant)
            assert retried.result().status_code == 202
        assert counter.messages()[-1].status == "pending"
