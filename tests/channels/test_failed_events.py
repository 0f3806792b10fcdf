"""What was given up is listed with a reason, and can be run again: once for however many clicks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from maane.assistant.model import Said, Tool
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.connection import connect_number
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.operations import change_pause
from maane.channels.whatsapp.payload import build_delivery, sign
from maane.channels.whatsapp.sending import NOT_CONNECTED, NOT_MADE, NOT_SENT, REFUSED
from maane.jobs.queue import TryLater
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fakes import FakeGraph
from tests.people import A, B, Browser, World
from tests.serving import Curl
from tests.town import NUMBER, SECRET, Town

EVENTS = "/api/business/current/events"
AT = datetime.now(UTC)
WORDS = "מילה של לקוח"


class Broken:
    """A model that fails in a way that nobody foresaw."""

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        raise ValueError(conversation[-1].text)


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
def world(new_world: Any, graph: FakeGraph) -> World:
    """Business A has a number at Meta and waits for nobody."""
    world: World = new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url)
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        connect_number(tx, tenant, caller, world.settings, NUMBER, "EAAG-token")
        change_pause(tx, tenant, caller, 0)
    return world


def _deliver(world: World, number: int = 1) -> int:
    raw = build_delivery(NUMBER, f"wamid.{number}", "972502345678", "דנה", WORDS, AT)
    headers = {"X-Hub-Signature-256": sign(SECRET.encode(), raw)}
    answer = world.app.test_client().post("/webhook/whatsapp", data=raw, headers=headers)
    assert answer.status_code == 200
    with world.database.transaction(A, writes=False) as tx:
        wanted = select(InboundEvent.id).where(InboundEvent.external_id == f"wamid.{number}")
        return tx.scalars(wanted).one()


def _work(world: World, model: Any = None) -> Work:
    return Work(world.database, world.settings, model)


def _failed(browser: Browser, query: str = "") -> list[dict[str, Any]]:
    answer: Any = browser.get(f"{EVENTS}/failed{query}").json
    items: list[dict[str, Any]] = answer["items"]
    return items


def _retry(browser: Browser, event_id: int) -> tuple[int, Any]:
    answer = browser.write("POST", f"{EVENTS}/{event_id}/retry")
    return answer.status_code, answer.json


def _again(world: World) -> int:
    """How many jobs were enqueued by a retry."""
    table = "workflow_status" if world.database.is_sqlite else "dbos.workflow_status"
    with world.database.engine.connect() as connection:
        statement = text(f"SELECT count(*) FROM {table} WHERE workflow_uuid LIKE '%:again:%'")
        return connection.execute(statement).scalar_one()


def test_a_refused_answer_is_listed_and_sent_after_a_retry(world: World, graph: FakeGraph) -> None:
    graph.script = [(400, 190)]
    event_id = _deliver(world)
    _work(world).answer(A, event_id)
    owner = world.browser("owner_a")
    (event,) = _failed(owner)
    conversations: Any = owner.get("/api/business/current/conversations").json
    assert event["reason"] == REFUSED
    assert (event["id"], event["retries"], event["provider"]) == (event_id, 0, "meta")
    assert event["conversation_id"] == conversations["items"][0]["id"]

    assert _retry(owner, event_id) == (202, {"id": event_id})
    assert _retry(owner, event_id) == (409, {"error": "conflict", "reason": "not_failed"})
    for _ in range(2):
        _work(world).answer(A, event_id)
    assert len(graph.requests) == 2
    assert _failed(owner) == []
    log: Any = owner.get("/api/business/current/audit").json
    retried = next(e for e in log["items"] if e["action"] == "event.retried")
    assert (retried["subject"], retried["actor"]["name"]) == (f"event:{event_id}", "owner_a")


def test_eight_clicks_at_once_are_one_retry(world: World, graph: FakeGraph) -> None:
    graph.script = [(400, 190)]
    event_id = _deliver(world)
    _work(world).answer(A, event_id)
    owners = [world.browser("owner_a") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda owner: _retry(owner, event_id)[0], owners))
    assert sorted(statuses) == [202, *[409] * 7]
    assert _again(world) == 1


def test_an_event_that_fails_again_can_be_retried_again(world: World, graph: FakeGraph) -> None:
    graph.script = [(400, 190), (400, 190)]
    event_id = _deliver(world)
    owner = world.browser("owner_a")
    for retries in range(2):
        _work(world).answer(A, event_id)
        assert [event["retries"] for event in _failed(owner)] == [retries]
        assert _retry(owner, event_id)[0] == 202
    _work(world).answer(A, event_id)
    assert _again(world) == 2
    assert len(graph.requests) == 3
    assert len({request["body"]["text"]["body"] for request in graph.requests}) == 1


def test_a_job_that_was_given_up_without_an_answer(world: World, graph: FakeGraph) -> None:
    event_id = _deliver(world)
    with pytest.raises(ValueError, match=WORDS):
        _work(world, Broken()).answer(A, event_id)
    _work(world).give_up(A, event_id)
    owner = world.browser("owner_a")
    assert [event["reason"] for event in _failed(owner)] == [NOT_MADE]
    assert WORDS not in str(_failed(owner))
    _work(world).answer(A, event_id)
    assert graph.requests == []
    assert _retry(owner, event_id)[0] == 202
    for _ in range(2):
        _work(world).answer(A, event_id)
    assert len(graph.requests) == 1


def test_what_was_never_taken_in_holds_up_nobody_and_is_taken_in_by_a_retry(
    world: World, graph: FakeGraph
) -> None:
    first = _deliver(world, 1)
    _work(world).give_up(A, first)
    owner = world.browser("owner_a")
    assert [event["conversation_id"] for event in _failed(owner)] == [None]
    _work(world).answer(A, _deliver(world, 2))
    assert len(graph.requests) == 1
    assert _retry(owner, first)[0] == 202
    _work(world).answer(A, first)
    assert len(graph.requests) == 2


def test_a_retry_says_nothing_where_a_later_answer_was_for_all(
    world: World, graph: FakeGraph
) -> None:
    first = _deliver(world, 1)
    with pytest.raises(ValueError, match=WORDS):
        _work(world, Broken()).answer(A, first)
    _work(world).give_up(A, first)
    _work(world).answer(A, _deliver(world, 2))
    assert _retry(world.browser("owner_a"), first)[0] == 202
    _work(world).answer(A, first)
    assert len(graph.requests) == 1


def test_a_provider_that_stays_busy_is_named_after_the_last_try(
    world: World, graph: FakeGraph
) -> None:
    graph.script = [(500, 131000)]
    event_id = _deliver(world)
    with pytest.raises(TryLater):
        _work(world).answer(A, event_id)
    owner = world.browser("owner_a")
    assert _failed(owner) == []
    _work(world).give_up(A, event_id)
    assert [event["reason"] for event in _failed(owner)] == [NOT_SENT]


def test_a_business_without_a_number_learns_why(world: World) -> None:
    event_id = _deliver(world)
    with world.database.transaction(A) as tx:
        tx.execute(text("DELETE FROM whatsapp_channels WHERE business_id = 1"))
    _work(world).answer(A, event_id)
    assert [event["reason"] for event in _failed(world.browser("owner_a"))] == [NOT_CONNECTED]


def test_only_what_failed_is_listed_page_by_page(world: World, graph: FakeGraph) -> None:
    for number in range(5):
        event_id = _deliver(world, number)
        graph.script = [(400, 190)] if number != 2 else []
        _work(world).answer(A, event_id)
    owner = world.browser("owner_a")
    seen, after = [], ""
    while after is not None:
        page: Any = owner.get(f"{EVENTS}/failed?limit=3{after}").json
        seen += [item["id"] for item in page["items"]]
        after = f"&after={page['next']}" if page["next"] else None
    assert len(seen) == 4
    assert seen == sorted(seen, reverse=True)


def test_nobody_else_s_event_is_retried(world: World, graph: FakeGraph) -> None:
    graph.script = [(400, 190)]
    event_id = _deliver(world)
    _work(world).answer(A, event_id)
    assert _failed(world.browser("owner_b")) == _failed(world.admin_in(B)) == []
    assert _retry(world.browser("owner_b"), event_id) == (404, {"error": "not_found"})
    assert _retry(world.browser("owner_a"), event_id + 1)[0] == 404
    assert _again(world) == 0
    assert _retry(world.admin_in(A), event_id)[0] == 202


def test_a_worker_answers_a_retried_event_once(town: Town, tmp_path: Path) -> None:
    town.graph.script = [(400, 131047)]
    customer = town.customer()
    customer.write(WORDS)
    customer.wait_for_answers(1, "failed")
    curl = Curl(town.server.url, tmp_path / "jar")
    assert curl.log_in("owner_a").status == 200
    (event,) = curl("GET", f"{EVENTS}/failed").body["items"]
    retry = f"{EVENTS}/{event['id']}/retry"
    assert [curl("POST", retry, *curl.csrf).status for _ in range(2)] == [202, 409]
    customer.wait_for_answers(1)
    assert curl("POST", retry, *curl.csrf).status == 409
    assert len(customer.sent()) == 2
    assert len(customer.messages()) == 2
