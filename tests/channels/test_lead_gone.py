"""A lead that somebody deletes at the very instant in which a turn reaches for it: the customer is
answered all the same, and their message is in the inbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.operations import ANSWER_JOB
from maane.jobs.queue import Job, try_job
from maane.leads import operations as leads
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.channels.counter import SECRET, Counter, writes
from tests.fakes import FakeGraph
from tests.people import A, World
from tests.postgres import PATIENCE_S, Cluster, wait_until_somebody_waits

ANSWER = "תשובת העוזר"


@pytest.fixture
def counter(new_world: Callable[..., World], cluster: Cluster | None) -> Iterator[Counter]:
    if cluster is None:
        pytest.skip("on SQLite a turn holds the only write lock, so nothing comes in between")
    with FakeGraph() as graph:
        counter = Counter(new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url))
        counter.deliver(writes("שלום", "wamid.1"))
        counter.work_off()
        yield counter


@contextmanager
def _deleting_the_lead(counter: Counter) -> Iterator[None]:
    """The lead is deleted, and nobody sees it before the block ends."""
    with counter.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        (lead, *_), _ = leads.list_leads(tx, tenant, status=None, limit=1, after=None)
        leads.delete_lead(tx, tenant, caller_for_job(tenant), lead.id)
        yield


def _try(work: Work, event_id: int) -> object:
    return try_job(ANSWER_JOB, Job(work.answer, work.give_up), A, event_id, threading.Event())


def _said(counter: Counter) -> list[tuple[str, str]]:
    return [(m.text, m.status) for m in counter.messages()]


def test_deleted_while_a_message_is_taken_in(counter: Counter) -> None:
    counter.deliver(writes("יש מישהו?", "wamid.2"))
    _, event_id = counter.jobs()[-1]
    with ThreadPoolExecutor(1) as pool:
        with _deleting_the_lead(counter):
            tried = pool.submit(_try, counter.work, event_id)
            wait_until_somebody_waits(counter.world.database)
        assert tried.result() == 0.0
    assert _try(counter.work, event_id) is None
    assert _said(counter)[2:] == [("יש מישהו?", "received"), (ANSWER, "sent")]


def test_deleted_while_an_answer_is_decided(counter: Counter) -> None:
    """The model saves what it was told, and meanwhile the lead to save it in goes."""
    begun, may_end = threading.Event(), threading.Event()

    class Saving:
        def reply(self, instructions: str, conversation: object, tools: object = ()) -> str:
            by_name = {tool.name: tool for tool in tools}  # type: ignore[attr-defined]
            tool = by_name["save_lead"]
            tool.run(tool.arguments(need="תספורת"))
            begun.set()
            assert may_end.wait(PATIENCE_S)
            return ANSWER

    work = Work(counter.world.database, counter.world.settings, Saving())
    counter.deliver(writes("אני רוצה תספורת", "wamid.2"))
    _, event_id = counter.jobs()[-1]
    with ThreadPoolExecutor(1) as pool:
        tried = pool.submit(_try, work, event_id)
        assert begun.wait(PATIENCE_S)
        with _deleting_the_lead(counter):
            may_end.set()
            wait_until_somebody_waits(counter.world.database)
        assert tried.result() == 0.0
    assert _try(work, event_id) is None
    assert _said(counter)[2:] == [("אני רוצה תספורת", "received"), (ANSWER, "sent")]
