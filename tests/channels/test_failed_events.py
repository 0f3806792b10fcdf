"""What was given up is listed with a reason, and can be run again: once for however many clicks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from maane.assistant.model import Said, Tool
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.connection import connect_number
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.operations import (
    NOT_CONNECTED,
    NOT_MADE,
    NOT_SENT,
    REFUSED,
    change_pause,
)
from maane.channels.whatsapp.payload import build_delivery, sign
from maane.channels.whatsapp.sending import INTERRUPTED
from maane.conversations import outbound
from maane.conversations.models import UNCERTAIN, Message
from maane.conversations.outbound import LONGEST_UNCERTAIN
from maane.jobs.queue import NotYet, TryLater
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


class Listening:
    """A model that remembers what it was told."""

    heard: Sequence[Said] = ()

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        self.heard = conversation
        return "בשמחה"


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
    _post(world, build_delivery(NUMBER, f"wamid.{number}", "972502345678", "דנה", WORDS, AT))
    return _event_id(world, number)


def _report(world: World, status: str, **item: Any) -> None:
    """Meta says what became of the last answer."""
    answer = _messages(world)[-1]
    told = {"id": answer.external_id, "status": status} | item
    value = {"metadata": {"phone_number_id": NUMBER}, "statuses": [told]}
    change = {"field": "messages", "value": value}
    _post(world, json.dumps({"entry": [{"changes": [change]}]}).encode())


def _post(world: World, raw: bytes) -> None:
    headers = {"X-Hub-Signature-256": sign(SECRET.encode(), raw)}
    answer = world.app.test_client().post("/webhook/whatsapp", data=raw, headers=headers)
    assert answer.status_code == 200


def _event_id(world: World, number: int) -> int:
    with world.database.transaction(A, writes=False) as tx:
        wanted = select(InboundEvent.id).where(InboundEvent.external_id == f"wamid.{number}")
        return tx.scalars(wanted).one()


def _messages(world: World) -> list[Message]:
    with world.database.transaction(A, writes=False) as tx:
        return list(tx.scalars(select(Message).order_by(Message.id)))


def _told(browser: Browser) -> list[tuple[str, int]]:
    """What people were told of, and of which conversations."""
    answer: Any = browser.get("/api/business/current/notifications").json
    return [(item["kind"], item["conversation_id"]) for item in answer["items"]]


def _wait_in_vain(world: World) -> None:
    """Minutes pass since messages were given to the provider."""
    with world.database.transaction(A) as tx:
        for message in tx.scalars(select(Message).where(Message.sending_at.is_not(None))):
            assert message.sending_at is not None
            message.sending_at -= LONGEST_UNCERTAIN


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


def test_what_was_given_up_before_it_was_taken_in_is_shown_and_told_and_holds_up_nobody(
    world: World, graph: FakeGraph
) -> None:
    first = _deliver(world, 1)
    _work(world).give_up(A, first)
    owner = world.browser("owner_a")
    (event,) = _failed(owner)
    assert event["reason"] == NOT_MADE
    assert _told(owner) == [("unanswered", event["conversation_id"])]
    assert [(m.text, m.awaits_answer) for m in _messages(world)] == [(WORDS, False)]
    _work(world).answer(A, _deliver(world, 2))
    assert len(graph.requests) == 1
    assert _retry(owner, first)[0] == 202
    _work(world).answer(A, first)
    # The later answer was for all.
    assert len(graph.requests) == 1


def test_a_failure_of_what_asks_for_no_answer_is_told_to_nobody(world: World) -> None:
    raw = build_delivery(NUMBER, "wamid.1", "972502345678", "דנה", "x", AT)
    raw = raw.replace(b'"type": "text"', b'"type": "reaction"')
    _post(world, raw)
    _work(world).give_up(A, _event_id(world, 1))
    owner = world.browser("owner_a")
    assert [event["reason"] for event in _failed(owner)] == [NOT_MADE]
    assert _told(owner) == []


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


@pytest.fixture
def uncertain(world: World, graph: FakeGraph) -> int:
    """The event of an answer that its provider was asked for twice, and never said what became of it."""
    graph.silent = 2
    event_id, owner = _deliver(world), world.browser("owner_a")
    with pytest.raises(TryLater):
        _work(world).answer(A, event_id)
    for _ in range(2):
        with pytest.raises(NotYet) as not_yet:
            _work(world).answer(A, event_id)
        assert 0 < not_yet.value.after_s <= LONGEST_UNCERTAIN.total_seconds()
    assert (_failed(owner), _told(owner)) == ([], [])
    _wait_in_vain(world)
    _work(world).answer(A, event_id)
    assert len(graph.requests) == 2
    return event_id


def test_an_answer_whose_fate_nobody_tells_is_listed_and_sent_again_by_a_person(
    world: World, graph: FakeGraph, uncertain: int
) -> None:
    owner = world.browser("owner_a")
    (event,) = _failed(owner)
    assert (event["id"], event["reason"]) == (uncertain, UNCERTAIN)
    assert _told(owner) == [("unanswered", event["conversation_id"])]
    assert (_messages(world)[-1].status, _messages(world)[-1].error) == ("failed", UNCERTAIN)
    assert _retry(owner, uncertain)[0] == 202
    _work(world).answer(A, uncertain)
    assert (_messages(world)[-1].status, _failed(owner)) == ("sent", [])
    assert len(graph.requests) == 3


def test_a_word_that_comes_late_settles_it(world: World, uncertain: int) -> None:
    owner, answer = world.browser("owner_a"), _messages(world)[-1]
    own = {"id": "wamid.late", "biz_opaque_callback_data": str(answer.id)}
    _report(world, "delivered", **own)
    _report(world, "sent", **own)
    answer = _messages(world)[-1]
    assert (answer.status, answer.error, answer.external_id) == ("delivered", None, "wamid.late")
    assert _failed(owner) == []
    conversations: Any = owner.get("/api/business/current/conversations").json
    assert conversations["items"][0]["is_waiting"] is False


def test_a_refusal_that_comes_late_is_one(world: World, uncertain: int) -> None:
    answer, owner = _messages(world)[-1], world.browser("owner_a")
    errors = [{"code": 131026, "title": "Message undeliverable"}]
    own = {"id": "wamid.late", "biz_opaque_callback_data": str(answer.id), "errors": errors}
    _report(world, "failed", **own)
    assert [event["reason"] for event in _failed(owner)] == [REFUSED]
    assert _messages(world)[-1].error == "131026: Message undeliverable"


def test_a_kill_while_it_was_sent_is_told_after_minutes_too(world: World, graph: FakeGraph) -> None:
    event_id = _deliver(world)
    graph.script = [(500, 131000)]
    with pytest.raises(TryLater):
        _work(world).answer(A, event_id)
    with world.database.transaction(A) as tx:
        outbound.claim_sending(tx, tenant_for_job(tx, A), _messages(world)[-1].id)
    for _ in range(2):
        with pytest.raises(NotYet):
            _work(world).answer(A, event_id)
    assert _messages(world)[-1].error == INTERRUPTED
    _wait_in_vain(world)
    _work(world).answer(A, event_id)
    assert [event["reason"] for event in _failed(world.browser("owner_a"))] == [UNCERTAIN]
    assert len(graph.requests) == 1


def test_a_message_of_a_person_whose_fate_nobody_tells_fails_as_well(
    world: World, graph: FakeGraph
) -> None:
    _work(world).answer(A, _deliver(world))
    owner = world.browser("owner_a")
    body = {"text": "מיד", "idempotency_key": "1"}
    owner.write("POST", "/api/business/current/conversations/1/messages", body)
    message_id, sending = _messages(world)[-1].id, _work(world).sending
    graph.silent = 2
    with pytest.raises(TryLater):
        sending.send(A, message_id)
    with pytest.raises(NotYet):
        sending.send(A, message_id)
    _wait_in_vain(world)
    sending.send(A, message_id)
    assert (_messages(world)[-1].status, _messages(world)[-1].error) == ("failed", UNCERTAIN)
    assert [kind for kind, _ in _told(owner)] == ["unanswered"]


def test_a_refusal_by_a_status_is_listed_and_can_be_run_again(
    world: World, graph: FakeGraph
) -> None:
    """The usual way of Meta's: it takes a message, and says later that it could not bring it."""
    event_id, owner = _deliver(world), world.browser("owner_a")
    _work(world).answer(A, event_id)
    errors = [{"code": 131047, "title": "Re-engagement message"}]
    for _ in range(2):
        _report(world, "failed", errors=errors)
    (event,) = _failed(owner)
    assert (event["id"], event["reason"]) == (event_id, REFUSED)
    assert _told(owner) == [("unanswered", event["conversation_id"])]
    assert _retry(owner, event_id)[0] == 202
    _work(world).answer(A, event_id)
    assert (_messages(world)[-1].status, _failed(owner)) == ("sent", [])
    assert len(graph.requests) == 2


@pytest.mark.parametrize(
    ("error", "is_told"), [("131026: undeliverable", False), (UNCERTAIN, True)]
)
def test_the_model_is_not_told_that_it_said_what_failed(
    world: World, error: str, is_told: bool
) -> None:
    """What may have arrived counts as said."""
    _work(world).answer(A, _deliver(world, 1))
    with world.database.transaction(A) as tx:
        tenant, answer = tenant_for_job(tx, A), _messages(world)[-1]
        tx.execute(update(Message).where(Message.id == answer.id).values(status="sending"))
        outbound.mark_failed(tx, tenant, answer.id, error)
    model = Listening()
    _work(world, model).answer(A, _deliver(world, 2))
    assert ("us" in [said.by for said in model.heard]) is is_told


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
