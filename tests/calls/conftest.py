"""A town with a phone: a served Maane, a model, and a number at Twilio for each business."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from maane.calls.models import Call, CallTurn
from maane.channels.voice.connection import connect
from maane.conversations.models import Conversation, ConversationLead, Message
from maane.kit.db import Database
from maane.leads.models import Lead
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fake_twilio_voice import Line, Phone
from tests.fakes import FakeGraph, FakeModel
from tests.people import A, B
from tests.postgres import free_port
from tests.serving import Server
from tests.town import Town

ORIGIN = "https://maane.example.com"
NUMBERS = {A: "+97236123456", B: "+97248234567"}
ACCOUNTS = {A: "AC" + "a" * 32, B: "AC" + "b" * 32}
TOKENS = {A: "0123456789abcdef" * 2, B: "fedcba9876543210" * 2}


@dataclass
class Exchange:
    """The town, and what lies in its database of a call."""

    town: Town
    phones: dict[int, Phone]

    @property
    def model(self) -> FakeModel:
        return self.town.model

    def call(self, caller: str = "+972502345678", **more: str) -> Line:
        """Somebody calls business A."""
        return self.phones[A].call(caller, **more)

    def rows(self, statement: Any, business_id: int = A) -> list[Any]:
        with self.town.database.transaction(business_id, writes=False) as tx:
            return list(tx.scalars(statement))

    def kept(self, line: Line) -> Call:
        (call,) = self.rows(select(Call).where(Call.external_id == line.sid))
        return call

    def turns(self, line: Line) -> list[CallTurn]:
        mine = select(CallTurn).where(CallTurn.call_id == self.kept(line).id)
        return self.rows(mine.order_by(CallTurn.step))

    def messages(self, line: Line) -> list[Message]:
        key = self.kept(line).conversation_id
        return self.rows(select(Message).where(Message.conversation_id == key).order_by(Message.id))

    def said(self, line: Line) -> list[tuple[str, str]]:
        return [(message.author, message.text) for message in self.messages(line)]

    def conversation(self, line: Line) -> Conversation:
        key = self.kept(line).conversation_id
        (row,) = self.rows(select(Conversation).where(Conversation.id == key))
        return row

    def lead(self, line: Line) -> Lead:
        tied = select(ConversationLead.lead_id).where(
            ConversationLead.conversation_id == self.kept(line).conversation_id
        )
        (row,) = self.rows(select(Lead).where(Lead.id.in_(tied)))
        return row

    def wait_for_model(self) -> None:
        """Calls until the model answers: its libraries are read after the start."""
        line = self.phones[A].call("+972501111111")
        self.wait(lambda: "תשובה" in line.speak("שלום"), 180)
        line.hang_up()

    def wait(self, is_so: Callable[[], object], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, "it did not become so"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def more_variables() -> dict[str, str]:
    """What a module's exchange is set to beside the usual."""
    return {}


@pytest.fixture(scope="module")
def one_exchange(new_module_settings: Any, more_variables: dict[str, str]) -> Iterator[Exchange]:
    settings = new_module_settings()
    with FakeModel() as model, FakeGraph() as graph:
        variables = {
            "MAANE_PUBLIC_URL": ORIGIN,
            "MAANE_WORKER_ID": "the worker",
            "MAANE_MODEL_BASE_URL": f"{model.url}/v1",
            "MAANE_MODEL_NAME": "test",
            "MAANE_VOICE_PORT": str(free_port()),
        } | more_variables
        database = Database(settings.database)
        for key in (A, B):
            with database.transaction(key) as tx:
                tenant = tenant_for_job(tx, key)
                caller = caller_for_job(tenant)
                connect(tx, tenant, caller, settings, ACCOUNTS[key], NUMBERS[key], TOKENS[key])
        with Server(settings, variables) as server:
            town = Town(settings, model, graph, server, variables, database)
            phones = {
                key: Phone(server.url, ORIGIN, ACCOUNTS[key], TOKENS[key], NUMBERS[key])
                for key in (A, B)
            }
            exchange = Exchange(town, phones)
            exchange.wait_for_model()
            yield exchange
            town.end_worker()
        database.dispose()


@pytest.fixture
def exchange(one_exchange: Exchange) -> Iterator[Exchange]:
    """The exchange with nothing broken."""
    yield one_exchange
    model = one_exchange.model
    model.mend()


@pytest.fixture(scope="module")
def one_relays(one_exchange: Exchange) -> Iterator[Any]:
    from tests.calls.relays import relaying

    with relaying(one_exchange) as relays:
        yield relays


@pytest.fixture
def relays(one_relays: Any, exchange: Exchange) -> Any:
    """The exchange with sockets, and nothing broken."""
    return one_relays
