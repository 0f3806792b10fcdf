"""A caller is told to wait while a tool works, not only while the model thinks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from maane.channels.voice.connection import connect
from maane.facts import operations as facts
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import ACCOUNTS, NUMBERS, ORIGIN, TOKENS
from tests.fake_twilio_voice import Phone
from tests.fakes import FakeModel, calls
from tests.people import A, World

SLOW_S = 3.4


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel() as fake:
        yield fake


@pytest.fixture
def world(new_world: Callable[..., World], model: FakeModel) -> Iterator[World]:
    world = new_world(public_url=ORIGIN, model_base_url=f"{model.url}/v1", model_name="test")
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        connect(tx, tenant, caller, world.settings, ACCOUNTS[A], NUMBERS[A], TOKENS[A])
    yield world
    world.app.extensions["maane.thoughts"].model.close()


def test_a_caller_waits_with_words_while_a_tool_is_slow(
    world: World, model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model answers at once, both times; what takes long is the look-up between."""
    looked_up = facts.look_up

    def slow(*arguments: Any, **more: Any) -> Any:
        time.sleep(SLOW_S)
        return looked_up(*arguments, **more)

    monkeypatch.setattr(facts, "look_up", slow)
    model.say = lambda messages: (
        "אנחנו פתוחים עד חמש"
        if messages[-1]["role"] == "tool"
        else calls(("look_up_facts", {"query": "שעות"}))
    )
    # Its libraries are read at the first use, which is not what is measured here.
    assert world.app.extensions["maane.thoughts"].model is not None
    line = Phone("", ORIGIN, ACCOUNTS[A], TOKENS[A], NUMBERS[A]).line()
    within = httpx.WSGITransport(app=world.app.wsgi_app)
    line.client = httpx.Client(transport=within, base_url=ORIGIN)
    line.ring()
    began = time.monotonic()
    said = line.speak("עד מתי פתוח?")
    took_s = time.monotonic() - began
    assert said == "רגע אחד, בבקשה. אנחנו פתוחים עד חמש"
    asked, waited = line.answers[1:]
    assert 2.4 < asked.took_s < 3.2
    assert "/wait?" in waited.path
    assert SLOW_S < took_s < SLOW_S + 2
    owner = world.browser("owner_a")
    shown: Any = owner.get("/api/business/current/calls").json
    turns: Any = owner.get(f"/api/business/current/calls/{shown['items'][0]['id']}").json
    turn = turns["turns"][1]
    assert (turn["waits"], turn["tools"]) == (1, ["look_up_facts"])
    assert turn["tools_ms"] >= SLOW_S * 1000 > turn["model_ms"]
