"""Meta promises no order and repeats itself: in any order a day leaves the same conversations."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from maane.assistant.model import Said, Tool
from maane.channels.whatsapp.connection import connect_number
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.operations import change_pause
from maane.channels.whatsapp.payload import sign
from maane.conversations.models import Conversation, Message
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fakes import FakeGraph
from tests.people import A, World
from tests.town import NUMBER, SECRET

MORNING = datetime.now(UTC) - timedelta(hours=2)
CUSTOMERS = [f"9725020000{number:02}" for number in range(25)]
MESSAGES_EACH = 6
FAILED = {"code": 131026, "title": "Undeliverable"}
# What the provider says of each answer, and what must be left of it, in whatever order it is said.
REPORTS = [
    (["sent"], "sent"),
    (["sent", "delivered"], "delivered"),
    (["sent", "delivered", "read"], "read"),
    (["read"], "read"),
    (["sent", "failed"], "failed"),
]

Event = tuple[str, dict[str, Any]]
Thread = list[tuple[str, str, str, str | None]]


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.mark.parametrize("seed", range(5))
def test_one_day_in_any_order_leaves_the_same_conversations(
    new_world: Any, graph: FakeGraph, seed: int
) -> None:
    world: World = new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url)
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        connect_number(tx, tenant, caller, world.settings, NUMBER, "EAAG-token")
        change_pause(tx, tenant, caller, 0)
    shuffled = random.Random(seed)
    written = [event for digits in CUSTOMERS for event in _written(digits)]

    _deliver(world, shuffled, written + shuffled.choices(written, k=80))
    _run_jobs(world)
    reported = [event for row in _answers(world) for event in _reported(*row)]
    again = shuffled.choices(written + reported, k=120)
    _deliver(world, shuffled, reported + again)
    _run_jobs(world)

    assert _threads(world) == {digits: _expected(digits) for digits in CUSTOMERS}
    assert len(graph.requests) == len(CUSTOMERS)


def _written(digits: str) -> list[Event]:
    return [
        (
            "messages",
            {
                "from": digits,
                "id": f"wamid.{digits}.{number}",
                "timestamp": str(int((MORNING + timedelta(minutes=number)).timestamp())),
                "type": "text",
                "text": {"body": f"{digits} {number}"},
            },
        )
        for number in range(MESSAGES_EACH)
    ]


def _reported(digits: str, own_id: int, external_id: str) -> list[Event]:
    said, _ = _report_of(digits)
    base = {"id": external_id, "biz_opaque_callback_data": str(own_id)}
    errors = {"failed": {"errors": [FAILED]}}
    return [("statuses", base | {"status": status} | errors.get(status, {})) for status in said]


def _report_of(digits: str) -> tuple[list[str], str]:
    return REPORTS[int(digits) % len(REPORTS)]


def _expected(digits: str) -> Thread:
    _, status = _report_of(digits)
    error = "131026: Undeliverable" if status == "failed" else None
    words = [f"{digits} {number}" for number in range(MESSAGES_EACH)]
    inbound: Thread = [("inbound", said, "received", None) for said in words]
    return [*inbound, ("outbound", f"תשובה ל: {words[-1]}", status, error)]


def _deliver(world: World, shuffled: random.Random, events: list[Event]) -> None:
    """Some events at a time, in an order that only the seed knows."""
    events = shuffled.sample(events, len(events))
    while events:
        size = shuffled.randint(1, 20)
        some, events = events[:size], events[size:]
        value: dict[str, Any] = {"metadata": {"phone_number_id": NUMBER}}
        for kind, item in some:
            value.setdefault(kind, []).append(item)
        change = {"field": "messages", "value": value}
        raw = json.dumps({"entry": [{"changes": [change]}]}).encode()
        headers = {"X-Hub-Signature-256": sign(SECRET.encode(), raw)}
        answer = world.app.test_client().post("/webhook/whatsapp", data=raw, headers=headers)
        assert answer.status_code == 200


class LastLine:
    """A model that repeats the last line that was said to it."""

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        return f"תשובה ל: {conversation[-1].text.splitlines()[-1]}"


def _run_jobs(world: World) -> None:
    """What a worker would do with the jobs in the queue."""
    table = "workflow_status" if world.database.is_sqlite else "dbos.workflow_status"
    with world.database.engine.connect() as connection:
        ids = connection.execute(text(f"SELECT workflow_uuid FROM {table}")).scalars().all()
    work = Work(world.database, world.settings, LastLine())
    for event_id in sorted(int(name.rpartition(":")[2]) for name in ids):
        work.answer(A, event_id)


def _answers(world: World) -> list[tuple[str, int, str]]:
    with world.database.transaction(A, writes=False) as tx:
        rows = tx.execute(
            select(Conversation.contact_key, Message.id, Message.external_id)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Message.direction == "outbound")
        )
        return [(digits, own_id, external_id or "") for digits, own_id, external_id in rows]


def _threads(world: World) -> dict[str, Thread]:
    threads: dict[str, Thread] = {}
    with world.database.transaction(A, writes=False) as tx:
        rows = tx.execute(
            select(
                Conversation.contact_key,
                Message.direction,
                Message.text,
                Message.status,
                Message.error,
            )
            .join(Conversation, Conversation.id == Message.conversation_id)
            .order_by(Message.id)
        )
        for digits, *message in rows:
            threads.setdefault(digits, []).append(tuple(message))  # type: ignore[arg-type]
    return threads
