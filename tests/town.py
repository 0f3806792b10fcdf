"""A whole Maane at work: real processes of it, and a model and a Graph API that speak over HTTP."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from multiprocessing.context import ForkServerProcess
from typing import Any

import httpx
from sqlalchemy import select

from maane.channels.whatsapp.operations import change_pause
from maane.channels.whatsapp.payload import build_delivery, sign
from maane.conversations.models import Conversation, Message
from maane.kit.db import Database
from maane.leads.models import Lead
from maane.settings import Settings
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fakes import FakeGraph, FakeModel
from tests.people import A
from tests.serving import Server, environment
from tests.starting import start

SECRET = "meta-app-secret-for-tests"
NUMBER = "100000000000001"
PATIENCE_S = 120
"""Of a wait for what a machine that runs other things is late with; it ends as soon as it is there."""
_people = count(1)


@dataclass
class Town:
    """One running Maane with its worker, and the two servers outside it."""

    settings: Settings
    model: FakeModel
    graph: FakeGraph
    server: Server
    variables: dict[str, str]
    database: Database
    worker: ForkServerProcess | None = None

    def start_worker(self, *, has_model: bool = True) -> None:
        """Starts the worker where none runs."""
        if self.worker is not None:
            return
        variables = dict(self.variables)
        if has_model:
            variables["MAANE_MODEL_BASE_URL"] = f"{self.model.url}/v1"
            variables["MAANE_MODEL_NAME"] = "test"
        log = self.settings.var_dir / "worker.log"
        self.worker = start(["worker"], environment(self.settings, **variables), log)

    def end_worker(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.worker is not None:
            os.kill(self.worker.ident or 0, how)
            self.worker.join(60)
            assert self.worker.exitcode is not None, "the worker does not end"
            self.worker.close()
            self.worker = None

    def deliver(self, raw: bytes) -> None:
        """Meta delivers, signed."""
        answer = httpx.post(
            f"{self.server.url}/webhook/whatsapp",
            content=raw,
            headers={
                "X-Hub-Signature-256": sign(SECRET.encode(), raw),
                "Content-Type": "application/json",
            },
        )
        assert answer.status_code == 200, answer.text

    def pause(self, pause_s: int) -> None:
        """Business A chooses how long its customers must have stopped writing."""
        with self.database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            change_pause(tx, tenant, caller_for_job(tenant), pause_s)

    @property
    def kind(self) -> str:
        return self.database.engine.dialect.name

    def customer(self) -> Customer:
        return Customer(self, f"97250{2_000_000 + next(_people)}")


@dataclass
class Customer:
    """Somebody who writes from a number of their own."""

    town: Town
    digits: str
    count: int = field(default=0)

    def write(self, words: str, wamid: str = "") -> None:
        self.count += 1
        wamid = wamid or f"wamid.{self.digits}.{self.count}"
        at = datetime.now(UTC)
        self.town.deliver(build_delivery(NUMBER, wamid, self.digits, "דנה", words, at))

    def report(self, status: str, own_id: int | None = None, wamid: str | None = None) -> None:
        """Meta says what became of the last answer."""
        answer = self.answers()[-1]
        item: dict[str, Any] = {"id": wamid or answer.external_id, "status": status}
        if own_id is not None:
            item["biz_opaque_callback_data"] = str(own_id)
        value = {"metadata": {"phone_number_id": NUMBER}, "statuses": [item]}
        change = {"field": "messages", "value": value}
        self.town.deliver(json.dumps({"entry": [{"changes": [change]}]}).encode())

    def messages(self) -> list[Message]:
        mine = select(Conversation.id).where(Conversation.contact_key == self.digits)
        with self.town.database.transaction(A, writes=False) as tx:
            key = tx.scalars(mine).one_or_none()
            wanted = select(Message).where(Message.conversation_id == key).order_by(Message.id)
            return list(tx.scalars(wanted))

    def answers(self) -> list[Message]:
        return [m for m in self.messages() if m.direction == "outbound"]

    def sent(self) -> list[dict[str, Any]]:
        """What the Graph API was asked to send to this customer."""
        asked = self.town.graph.requests
        return [r for r in asked if r["method"] == "POST" and r["body"]["to"] == self.digits]

    def lead(self) -> Lead:
        with self.town.database.transaction(A, writes=False) as tx:
            return tx.scalars(select(Lead).where(Lead.phone == f"+{self.digits}")).one()

    def wait_for_answers(self, number: int, status: str = "sent") -> list[Message]:
        """The answers with this status, once there are so many."""

        def done() -> list[Message]:
            return [m for m in self.answers() if m.status == status]

        self.wait(lambda: len(done()) >= number)
        return done()

    def wait(self, is_so: Any) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if is_so():
                return
            time.sleep(0.03)
        log = (self.town.settings.var_dir / "worker.log").read_text()[-3000:]
        raise AssertionError(f"{[(m.status, m.error) for m in self.answers()]}\n{log}")
