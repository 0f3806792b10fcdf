"""A whole turn with real processes: webhook in, model asked, answer sent, lead opened.

``maane web`` and ``maane worker`` run beside a model and a Graph API that speak over HTTP.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from maane.channels.whatsapp.operations import connect_number
from maane.channels.whatsapp.payload import build_delivery, sign
from maane.conversations.models import Conversation, Message
from maane.kit.db import Database
from maane.leads.models import Lead
from maane.settings import Settings
from maane.tenancy.access import caller_for_job, tenant_for_job
from maane.tenancy.models import Business
from tests.fakes import FakeGraph, FakeModel
from tests.people import A
from tests.serving import Server, environment

SECRET = "meta-app-secret-for-tests"
NUMBER = "100000000000001"
PATIENCE_S = 20


@dataclass
class Town:
    """One running Maane with its worker, and the two servers outside it."""

    settings: Settings
    model: FakeModel
    graph: FakeGraph
    server: Server
    variables: dict[str, str]
    database: Database
    worker: subprocess.Popen[bytes] | None = None
    count: int = field(default=0)

    def start_worker(self) -> None:
        with (self.settings.var_dir / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                [sys.executable, "-m", "maane", "worker"],
                env=environment(self.settings, **self.variables),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end_worker(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.worker is not None:
            os.killpg(self.worker.pid, how)
            self.worker.wait(20)
            self.worker = None

    def write(self, words: str, digits: str = "972502345678", wamid: str = "") -> None:
        """A customer writes; Meta delivers it, signed."""
        self.count += 1
        raw = build_delivery(
            NUMBER, wamid or f"wamid.in.{self.count}", digits, "דנה", words, datetime.now(UTC)
        )
        self.deliver(raw)

    def deliver(self, raw: bytes) -> None:
        answer = httpx.post(
            f"{self.server.url}/webhook/whatsapp",
            content=raw,
            headers={
                "X-Hub-Signature-256": sign(SECRET.encode(), raw),
                "Content-Type": "application/json",
            },
        )
        assert answer.status_code == 200, answer.text

    def messages(self) -> list[Message]:
        with self.database.transaction(A, writes=False) as tx:
            return list(tx.scalars(select(Message).order_by(Message.id)))

    def lead(self) -> Lead:
        with self.database.transaction(A, writes=False) as tx:
            return tx.scalars(select(Lead).where(Lead.source == "whatsapp")).one()

    def wait_for_answers(self, number: int, status: str = "sent") -> list[Message]:
        """The answers with this status, once there are so many."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answers = [m for m in self.messages() if m.direction == "outbound"]
            done = [m for m in answers if m.status == status]
            if len(done) >= number:
                return done
            time.sleep(0.05)
        log = (self.settings.var_dir / "worker.log").read_text()[-3000:]
        raise AssertionError(f"{[(m.status, m.error) for m in answers]}\n{log}")


@pytest.fixture
def new_town(new_settings: Any) -> Iterator[Any]:
    """Makes towns; ``has_model`` says whether a model is configured."""
    towns: list[Town] = []
    outside: list[Any] = []

    def make(*, has_model: bool = True, worker: bool = True) -> Town:
        settings = new_settings()
        model, graph = FakeModel(), FakeGraph()
        for fake in (model, graph):
            fake.__enter__()
            outside.append(fake)
        variables = {
            "MAANE_WHATSAPP_APP_SECRET": SECRET,
            "MAANE_WHATSAPP_API_URL": graph.url,
            "MAANE_WORKER_ID": "the worker",
        }
        if has_model:
            variables |= {"MAANE_MODEL_BASE_URL": f"{model.url}/v1", "MAANE_MODEL_NAME": "test"}
        database = Database(settings.database)
        with database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            # Another phone than the cast's lead, so that the turn opens one of its own.
            connect_number(tx, tenant, caller_for_job(tenant), settings, NUMBER, "EAAG-token")
            tx.execute(Lead.__table__.delete().where(Lead.__table__.c.business_id == A))
        server = Server(settings, variables)
        server.start()
        town = Town(settings, model, graph, server, variables, database)
        towns.append(town)
        if worker:
            town.start_worker()
        return town

    yield make
    for town in towns:
        town.end_worker()
        town.server.end(signal.SIGTERM)
        town.database.dispose()
    for fake in outside:
        fake.__exit__()


def test_a_signed_message_is_answered_by_the_saved_prompt(new_town: Any) -> None:
    town = new_town()
    town.write("כמה עולה תספורת?")
    town.wait_for_answers(1)
    town.write("ומתי אתם פתוחים?")
    town.wait_for_answers(2)

    asked = town.model.requests[1]["body"]
    assert asked["model"] == "test"
    assert asked["messages"][0]["role"] == "system"
    assert asked["messages"][0]["content"].startswith("whatsapp of A")
    assert [(m["role"], m["content"]) for m in asked["messages"][1:]] == [
        ("user", "כמה עולה תספורת?"),
        ("assistant", "תשובה ל: כמה עולה תספורת?"),
        ("user", "ומתי אתם פתוחים?"),
    ]
    sent = town.graph.requests[0]
    assert sent["path"] == f"/{NUMBER}/messages"
    assert sent["headers"]["authorization"] == "Bearer EAAG-token"
    assert sent["body"]["to"] == "972502345678"
    assert sent["body"]["text"]["body"] == "תשובה ל: כמה עולה תספורת?"
    lead = town.lead()
    assert (lead.phone, lead.name, lead.source) == ("+972502345678", "דנה", "whatsapp")
    answers = [m for m in town.messages() if m.direction == "outbound"]
    assert [(m.author, m.prompt_version, m.external_id) for m in answers] == [
        ("assistant", 1, "wamid.out.1"),
        ("assistant", 1, "wamid.out.2"),
    ]


def test_statuses_move_forward_only(new_town: Any) -> None:
    town = new_town()
    town.write("שלום")
    town.wait_for_answers(1)
    for status, expected in (("read", "read"), ("delivered", "read"), ("sent", "read")):
        town.deliver(_status("wamid.out.1", status))
        assert [m.status for m in town.messages() if m.direction == "outbound"] == [expected]


def _status(wamid: str, status: str) -> bytes:
    import json

    value = {
        "metadata": {"phone_number_id": NUMBER},
        "statuses": [{"id": wamid, "status": status, "timestamp": "1793000000"}],
    }
    return json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()


def test_ten_parallel_deliveries_are_one_message_and_one_answer(new_town: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    town = new_town()
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: town.write("שלום", wamid="wamid.same"), range(10)))
    town.wait_for_answers(1)
    time.sleep(0.5)
    assert len(town.messages()) == 2
    assert len(town.graph.requests) == 1


def test_without_a_model_intake_fills_the_lead(new_town: Any) -> None:
    town = new_town(has_model=False)
    for number, words in enumerate(["שלום", "קוראים לי רותי", "תספורת ביום חמישי"], start=1):
        town.write(words)
        town.wait_for_answers(number)
    assert town.graph.texts == [
        "שלום, הגעתם אל Business A. אשמח לקחת הודעה. איך קוראים לך?",
        "נעים מאוד, רותי. במה אפשר לעזור?",
        "תודה, רותי. רשמתי: «תספורת ביום חמישי». Business A יחזרו אליך בהקדם.",
    ]
    assert (town.lead().name, town.lead().note) == ("רותי", "תספורת ביום חמישי")
    assert town.model.requests == []


def test_a_model_that_fails_leaves_the_turn_to_intake(new_town: Any) -> None:
    town = new_town()
    town.model.status = 500
    town.write("שלום")
    (answer,) = town.wait_for_answers(1)
    assert answer.author == "intake"
    town.model.status = 200
    town.write("אז?")
    assert [m.author for m in town.wait_for_answers(2)] == ["intake", "assistant"]


def test_a_provider_that_is_busy_is_tried_again(new_town: Any) -> None:
    town = new_town()
    town.graph.script = [(429, 130429), (500, 131000)]
    town.write("שלום")
    town.wait_for_answers(1)
    assert len(town.graph.requests) == 3
    assert len(set(town.graph.texts)) == 1


def test_a_permanent_refusal_is_shown_with_its_code_in_words(new_town: Any) -> None:
    town = new_town()
    town.graph.script = [(400, 131047)]
    town.write("שלום")
    (answer,) = town.wait_for_answers(1, "failed")
    assert answer.error == "131047: (#131047) refused: as the test asked"
    assert len(town.graph.requests) == 1


@pytest.mark.parametrize("pause_s", [0.0, 0.15, 0.5])
def test_a_worker_killed_in_a_turn_leaves_exactly_one_answer(new_town: Any, pause_s: float) -> None:
    """Killed before, while and after the model thinks: the next worker finishes the turn."""
    town = new_town(worker=False)
    town.model.delay_s = 0.6
    town.write("שלום")
    town.start_worker()
    deadline = time.monotonic() + PATIENCE_S
    while not town.model.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(pause_s)
    town.end_worker(signal.SIGKILL)
    town.start_worker()
    town.wait_for_answers(1)
    time.sleep(0.5)
    assert len(town.messages()) == 2
    assert len(town.graph.requests) == 1


def test_what_was_stored_while_no_worker_ran_is_answered_later(new_town: Any) -> None:
    town = new_town(worker=False)
    for number in range(5):
        town.write("שלום", digits=f"97250234567{number}")
    assert town.messages() == []
    town.start_worker()
    town.wait_for_answers(5)
    with town.database.transaction(A, writes=False) as tx:
        assert len(tx.scalars(select(Conversation)).all()) == 5


def test_no_customer_word_and_no_secret_is_logged(new_town: Any) -> None:
    town = new_town()
    town.model.status = 500
    town.graph.script = [(500, 131000)]
    town.write("מילה סודית מאוד")
    town.wait_for_answers(1)
    town.end_worker()
    logs = "".join(path.read_text() for path in Path(town.settings.var_dir).glob("*.log"))
    assert "model failed" in logs
    for secret in ("סודית", "EAAG-token", SECRET, "2345678"):
        assert secret not in logs


def test_the_credential_is_encrypted_at_rest(new_town: Any) -> None:
    from maane.channels.whatsapp.models import WhatsappChannel

    town = new_town(worker=False)
    with town.database.transaction(A, writes=False) as tx:
        stored = tx.scalars(select(WhatsappChannel.access_token)).one()
        assert tx.scalars(select(Business.name).where(Business.id == A)).one() == "Business A"
    assert "EAAG" not in stored
    assert stored.startswith("gAAAA")
