"""A model that answers wrongly, late or not at all: a reply or a ``ModelError``, nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from pydantic import BaseModel

from maane.assistant.model import Budget, ModelError, Said, Tool, knows_new_limit
from maane.assistant.openai_model import OpenAIModel
from tests.fakes import FakeModel, calls, told


@pytest.fixture
def fake() -> Iterator[FakeModel]:
    with FakeModel() as fake:
        yield fake


def ask(fake: FakeModel, total_s: float = 20.0) -> str:
    budget = Budget(time_s=total_s)
    with model_at(f"{fake.url}/v1", budget) as model:
        said = [Said("customer", "a"), Said("us", "b"), Said("customer", "c")]
        return model.reply("be kind", said)


def model_at(url: str, budget: Budget | None = None) -> closing[OpenAIModel]:
    return closing(OpenAIModel(url, "test", "key", budget=budget))


def answer(**message: Any) -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps(whole | {"choices": [choice]}).encode()


def test_the_business_s_words_are_the_system_s_and_the_customer_s_are_the_user_s(
    fake: FakeModel,
) -> None:
    assert ask(fake) == "תשובה ל: c"
    (asked,) = fake.requests
    assert asked["headers"]["authorization"] == "Bearer key"
    assert [(m["role"], m["content"]) for m in asked["body"]["messages"]] == [
        ("system", "be kind"),
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"<html>",
        b"{}",
        b"[]",
        b"null",
        b'{"choices": []}',
        b'{"choices": "x"}',
        b'{"id": 5, "choices": [{"message": 1}]}',
        answer(content=None),
        answer(content=""),
        answer(content=" \x00 "),
        answer(content=None, refusal="no"),
        answer(content=None, reasoning_content="hm"),
        answer(content=None, tool_calls=[{"id": "1", "type": "function", "function": {}}]),
    ],
)
def test_nonsense_is_no_reply(fake: FakeModel, raw: bytes) -> None:
    fake.raw = raw
    with pytest.raises(ModelError):
        ask(fake)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503])
def test_a_refusal_is_no_reply(fake: FakeModel, status: int) -> None:
    fake.status = status
    with pytest.raises(ModelError):
        ask(fake)
    assert len(fake.requests) <= 2


def test_silence_past_the_limit_is_no_reply(fake: FakeModel) -> None:
    fake.delay_s = 3.0
    began_at = time.monotonic()
    with pytest.raises(ModelError, match="timeout"):
        ask(fake, total_s=0.5)
    assert time.monotonic() - began_at < 3.0


def test_what_no_database_would_take_is_left_out(fake: FakeModel) -> None:
    fake.raw = answer(content="שלום\x00 \ud83d\nלך")
    assert ask(fake) == "שלום \nלך"


def test_nobody_there_is_no_reply() -> None:
    with model_at("http://127.0.0.1:1/v1") as model, pytest.raises(ModelError):
        model.reply("x", [Said("customer", "a")])


class Nothing(BaseModel):
    """Takes nothing."""


def test_turns_at_once_keep_their_own_tools(fake: FakeModel) -> None:
    """One agent serves all turns; what its tools do belongs to the turn that asked."""
    used: list[str] = []

    def ask_as(turn: str) -> None:
        def note(_: Nothing) -> str:
            used.append(turn)
            return "noted"

        tool = Tool("note", "Notes.", Nothing, note)
        model.reply("be kind", [Said("customer", turn)], [tool])

    fake.say = lambda messages: "noted" if told(messages) else calls(("note", {}))
    with model_at(f"{fake.url}/v1") as model, ThreadPoolExecutor(8) as pool:
        list(pool.map(ask_as, [f"turn {number}" for number in range(24)]))
    assert sorted(used) == sorted(f"turn {number}" for number in range(24))


def test_a_turn_whose_time_is_over_waits_for_its_tool(fake: FakeModel) -> None:
    done: list[bool] = []

    def work(_: Nothing) -> str:
        time.sleep(2)
        done.append(True)
        return "done"

    fake.say = lambda messages: "done" if told(messages) else calls(("work", {}))
    tool = Tool("work", "Works.", Nothing, work)
    with model_at(f"{fake.url}/v1", Budget(time_s=1.5)) as model:
        with pytest.raises(ModelError, match="timeout"):
            model.reply("be kind", [Said("customer", "a")], [tool])
        assert done


def test_each_request_says_how_long_its_answer_may_be(fake: FakeModel) -> None:
    def note(_: Nothing) -> str:
        return "noted"

    fake.tokens = 450
    fake.say = lambda messages: "done" if told(messages) else calls(("note", {}))
    budget = Budget(tokens=500, answer_tokens=200)
    with model_at(f"{fake.url}/v1", budget) as model:
        tool = Tool("note", "Notes.", Nothing, note)
        assert model.reply("be kind", [Said("customer", "a")], [tool]) == "done"
    # What is left of all counts where it is less.
    assert [one["body"]["max_tokens"] for one in fake.requests] == [200, 50]
    assert "max_completion_tokens" not in fake.requests[0]["body"]


@pytest.mark.parametrize(
    ("url", "is_new"),
    [
        ("https://api.openai.com/v1", True),
        ("https://a.openai.azure.com/openai/v1", True),
        ("http://127.0.0.1:11434/v1", False),
        ("https://openai.com.example.org/v1", False),
    ],
)
def test_who_takes_the_newer_name_of_the_limit(url: str, is_new: bool) -> None:
    assert knows_new_limit(url) is is_new


def test_a_server_that_does_not_count_spends_the_budget_all_the_same(fake: FakeModel) -> None:
    asked = {"id": "1", "type": "function", "function": {"name": "note", "arguments": "{}"}}
    fake.raw = answer(content=None, tool_calls=[asked])
    tool = Tool("note", "Notes.", Nothing, lambda _: "x" * 400)
    budget = Budget(tokens=1000, tool_calls=100)
    with (
        model_at(f"{fake.url}/v1", budget) as model,
        pytest.raises(ModelError, match="tokens"),
    ):
        model.reply("be kind", [Said("customer", "a" * 200)], [tool])
    assert 2 <= len(fake.requests) <= 4


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("We are open today. Tomorrow we", "We are open today."),
        ("אנחנו פתוחים היום\nומחר אנחנו", "אנחנו פתוחים היום"),
        ("All that there is to say of it is", "All that there is to say of it is…"),
    ],
)
def test_an_answer_that_was_cut_off_ends_with_a_whole_sentence(
    fake: FakeModel, said: str, left: str
) -> None:
    fake.raw = answer(content=said).replace(b'"stop"', b'"length"')
    assert ask(fake) == left
