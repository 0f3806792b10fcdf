"""A town for each file that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from maane.channels.whatsapp.connection import connect_number
from maane.kit.db import Database
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fakes import FakeGraph, FakeModel, echo
from tests.people import A
from tests.serving import Server
from tests.town import NUMBER, SECRET, Town


@pytest.fixture(scope="module")
def one_town(new_module_settings: Any) -> Iterator[Town]:
    settings = new_module_settings()
    with FakeModel() as model, FakeGraph() as graph:
        variables = {
            "MAANE_WHATSAPP_APP_SECRET": SECRET,
            "MAANE_WHATSAPP_API_URL": graph.url,
            "MAANE_WORKER_ID": "the worker",
        }
        database = Database(settings.database)
        with database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            connect_number(tx, tenant, caller_for_job(tenant), settings, NUMBER, "EAAG-token")
        with Server(settings, variables) as server:
            town = Town(settings, model, graph, server, variables, database)
            yield town
            town.end_worker()
        database.dispose()


@pytest.fixture
def town(one_town: Town) -> Iterator[Town]:
    """The town with its worker at work and nothing broken; nobody is waited for unless a test says so."""
    one_town.pause(0)
    one_town.start_worker()
    yield one_town
    one_town.model.say = echo
    one_town.model.status, one_town.model.delay_s, one_town.model.raw = 200, 0.0, None
    one_town.graph.script, one_town.graph.delay_s = [], 0.0
