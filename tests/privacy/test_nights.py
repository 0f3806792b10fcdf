"""A night of a real worker, killed in the middle of it, while people go on working."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from maane.conversations.models import Conversation, Message
from maane.kit.db import Database, now
from maane.privacy.models import RetentionRun
from maane.tenancy.models import AuditEvent, Business
from tests.fakes import FakeGraph, FakeModel
from tests.people import A, B
from tests.serving import Curl, Server
from tests.town import SECRET, Town

OLD = 8_000
PATIENCE_S = 60.0
LONGEST_WRITE_S = 2.0
"""On machines that run other things as well; a night in one transaction would hold writers far longer."""


@pytest.fixture
def town(new_settings: Any) -> Iterator[Town]:
    """Business A has many old messages and is to keep none; its worker is not started yet."""
    settings = new_settings()
    database = Database(settings.database)
    at = now() - timedelta(days=100)
    with database.transaction(A) as tx:
        conversation = Conversation(
            business_id=A,
            channel="whatsapp",
            contact_key="972501112222",
            last_message_at=at,
            created_at=at,
        )
        tx.add(conversation)
        tx.flush()
        row = {
            "business_id": A,
            "conversation_id": conversation.id,
            "direction": "inbound",
            "author": "customer",
            "text": "ישן",
            "status": "received",
            "awaits_answer": False,
            "created_at": at,
        }
        for _ in range(OLD // 1000):
            tx.execute(insert(Message), [row] * 1000)
        values = {"retention_days": 30, "retention_since": now() - timedelta(days=2)}
        tx.execute(update(Business).where(Business.id == A).values(**values))
    variables = {"MAANE_WHATSAPP_APP_SECRET": SECRET, "MAANE_WORKER_ID": "the worker"}
    with (
        FakeModel() as model,
        FakeGraph() as graph,
        Server(settings, variables) as server,
    ):
        town = Town(settings, model, graph, server, variables, database)
        yield town
        town.end_worker()
    database.dispose()


def _run(town: Town) -> RetentionRun | None:
    with town.database.transaction(A, writes=False) as tx:
        return tx.scalars(select(RetentionRun)).one_or_none()


def _wait(is_so: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError


def test_a_killed_night_goes_on_and_counts_right_and_nobody_waits_for_it(
    town: Town, tmp_path: Path
) -> None:
    curl = Curl(town.server.url, tmp_path / "jar")
    assert curl.log_in("owner_b").status == 200
    assert curl("GET", "/api/auth/csrf").status == 200

    town.start_worker(has_model=False)
    _wait(lambda: (run := _run(town)) is not None and run.counts.get("messages", 0) >= 1000)
    town.end_worker(signal.SIGKILL)
    run = _run(town)
    assert run is not None
    assert run.finished_at is None
    assert run.counts["messages"] < OLD
    town.start_worker(has_model=False)

    def is_finished() -> bool:
        begun_at = time.monotonic()
        body = {"calls_prompt": "", "whatsapp_prompt": str(begun_at)}
        answer = curl("PUT", "/api/business/current/prompt", *curl.csrf, body=body)
        assert answer.status == 200, answer.body
        assert time.monotonic() - begun_at < LONGEST_WRITE_S
        run = _run(town)
        return run is not None and run.finished_at is not None

    _wait(is_finished)
    run = _run(town)
    assert run is not None
    assert run.counts == {"messages": OLD, "conversations": 1}
    with town.database.transaction(A, writes=False) as tx:
        assert tx.scalars(select(func.count()).select_from(Message)).one() == 0
        applied = select(AuditEvent.subject).where(AuditEvent.action == "retention.applied")
        assert tx.scalars(applied).all() == [f"business:{A} conversations:1,messages:{OLD}"]
    with town.database.transaction(B, writes=False) as tx:
        assert tx.scalars(select(RetentionRun)).all() == []
