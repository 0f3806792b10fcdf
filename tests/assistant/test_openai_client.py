"""An endpoint that is listened to: whatever it streams, words for a person or a ``ModelError``."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest
from pydantic import BaseModel

from maane.assistant.model import Budget, Cost, ModelError, Said, Tool, Use
from maane.assistant.openai_client import OpenAIClient
from tests.fakes import FakeModel, calls, told

HELLO = [Said("customer", "a"), Said("us", "b"), Said("customer", "c")]


@pytest.fixture
def fake() -> Any:
    with FakeModel() as fake:
        yield fake


async def _listen(
    url: str, budget: Budget, tools: Sequence[Tool], times: int, *, until: int | None = None
) -> list[list[str | Use | Cost]]:
    model = OpenAIClient(url, "test", "key", budget=budget)
    answers = []
    try:
        for _ in range(times):
            heard: list[str | Use | Cost] = []
            async with aclosing(model.speak("be kind", HELLO, tools)) as events:
                async for event in events:
                    heard.append(event)
                    if len(heard) == until:
                        break
            answers.append(heard)
    finally:
        await model.close()
    return answers


def listen(
    fake: FakeModel, tools: Sequence[Tool] = (), *, time_s: float = 20.0, until: int | None = None
) -> list[str | Use | Cost]:
    """All that one answer brought."""
    budget = Budget(time_s=time_s, tokens=1000, tool_calls=3)
    return asyncio.run(_listen(f"{fake.url}/v1", budget, tools, 1, until=until))[0]


def words(heard: list[str | Use | Cost]) -> str:
    return "".join(event for event in heard if isinstance(event, str))


def event(finish: str | None = None, **delta: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "1", "choices": [choice]}).encode() + b"\n\n"


DONE = event("stop") + b"data: [DONE]\n\n"


def test_the_words_come_as_they_are_made_and_then_what_they_cost(fake: FakeModel) -> None:
    heard = listen(fake)
    assert heard == ["תשובה", " ל:", " c", Cost(5)]
    (asked,) = fake.requests
    assert asked["path"] == "/v1/chat/completions"
    assert asked["headers"]["authorization"] == "Bearer key"
    assert asked["body"]["stream_options"] == {"include_usage": True}
    assert [(m["role"], m["content"]) for m in asked["body"]["messages"]] == [
        ("system", "be kind"),
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"{}",
        b"data: \n\n",
        b"data: {}\n\n" + DONE,
        b"data: []\n\n" + DONE,
        b"data: null\n\n" + DONE,
        b'data: {"choices": "x"}\n\n' + DONE,
        b'data: {"choices": [{"delta": 5}]}\n\n' + DONE,
        b"data: {broken\n\n" + DONE,
        b"data: " + b"[" * 100_000 + b"\n\n" + DONE,
        b"data: \xff\xfe\n\n" + DONE,
        event(content=5) + DONE,
        event(content=["x"]) + DONE,
        event(content="") + DONE,
        event(content=" \x00 ") + event(tool_calls="x") + DONE,
        event(refusal="no") + DONE,
        event(reasoning_content="hm") + DONE,
        event(content="<think>hm</think>") + DONE,
        event(content="<think>for ever") + DONE,
        event(tool_calls=[{"function": {"arguments": {}}}]) + DONE,
        b"data: " + b"x" * (2 * 1024 * 1024),
        b'data: {"error": {"message": "broken"}}\n\n' + DONE,
    ],
    ids=range(23),
)
def test_nonsense_is_no_answer(fake: FakeModel, raw: bytes) -> None:
    fake.raw = raw
    with pytest.raises(ModelError):
        listen(fake)


def test_an_answer_that_is_cut_says_so_after_its_words(fake: FakeModel) -> None:
    fake.raw = event(content="שלום") + event(content=" לך")
    heard: list[str] = []

    async def take() -> None:
        model = OpenAIClient(f"{fake.url}/v1", "test", "key")
        try:
            async for event in model.speak("be kind", HELLO):
                heard.append(str(event))
        finally:
            await model.close()

    with pytest.raises(ModelError, match="cut"):
        asyncio.run(take())
    assert heard == ["שלום", " לך"]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["<think>", "hm", "</think>", "\n\nשלום"], "שלום"),
        ([" <thi", "nk>hm </thi", "nk> שלום", " לך"], "שלום לך"),
        (["<", "b>"], "<b>"),
        (["<"], "<"),
        (["שלום <think>לך</think>"], "שלום <think>לך</think>"),
    ],
)
def test_what_a_model_thinks_before_it_speaks_is_not_said(
    fake: FakeModel, pieces: list[str], expected: str
) -> None:
    fake.raw = b"".join(event(content=piece) for piece in pieces) + DONE
    assert words(listen(fake)) == expected


def test_events_may_be_split_anywhere_and_end_in_either_way(fake: FakeModel) -> None:
    whole = event(content="שלום ") + b": ping\n\n" + event(content="לך") + DONE
    fake.raw = whole.replace(b"\n", b"\r\n").replace(b"data: ", b"data:")
    assert words(listen(fake)) == "שלום לך"


def test_without_a_last_mark_a_finished_answer_counts(fake: FakeModel) -> None:
    fake.raw = event(content="שלום") + event("stop")[:-2]
    assert words(listen(fake)) == "שלום"


@pytest.mark.parametrize("status", [302, 400, 401, 404])
def test_a_refusal_is_no_answer_and_is_not_asked_again(fake: FakeModel, status: int) -> None:
    fake.status = status
    with pytest.raises(ModelError, match=f"status {status}"):
        listen(fake)
    assert len(fake.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_once_more(fake: FakeModel, status: int) -> None:
    fake.status = status
    with pytest.raises(ModelError, match=f"status {status}"):
        listen(fake)
    assert len(fake.requests) == 2


def test_silence_past_the_limit_is_no_answer(fake: FakeModel) -> None:
    fake.delay_s = 3.0
    began_at = time.monotonic()
    with pytest.raises(ModelError, match="timeout"):
        listen(fake, time_s=0.5)
    assert time.monotonic() - began_at < 3.0


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(ModelError):
        asyncio.run(_listen("http://127.0.0.1:1/v1", Budget(), (), 1))


def test_what_no_database_would_take_is_left_out(fake: FakeModel) -> None:
    fake.raw = event(content="שלום\x00 \ud83d\nלך") + DONE
    assert words(listen(fake)) == "שלום \nלך"


def test_a_connection_is_kept_for_the_next_answer_and_another_made_when_it_was_closed() -> None:
    """The server closes its first connection after two answers, without saying so before."""
    ports: list[int] = []
    answer = event(content="כן") + DONE

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_first = not ports
        for number in range(10):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if is_first and number == 2:
                break
            ports.append(writer.get_extra_info("peername")[1])
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer)
            )
        writer.close()

    async def run() -> list[list[str | Use | Cost]]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await _listen(f"http://127.0.0.1:{port}/v1", Budget(), (), 4)

    assert [words(heard) for heard in asyncio.run(run())] == ["כן"] * 4
    assert len(ports) == 4
    assert ports[0] == ports[1] != ports[2] == ports[3]


def test_whoever_stops_listening_stops_the_model(fake: FakeModel) -> None:
    fake.say = lambda messages: "מילה " * 200
    fake.word_s = 0.05
    assert len(listen(fake, until=3)) == 3
    deadline = time.monotonic() + 10
    while not fake.cut and time.monotonic() < deadline:
        time.sleep(0.02)
    assert fake.cut == 1


class Given(BaseModel):
    """What the tool takes."""

    name: str


def noting(used: list[str]) -> Tool:
    def note(given: Given) -> str:
        used.append(given.name)
        return f"noted {given.name}"

    return Tool("note", "Notes.", Given, note)


def test_a_tool_is_used_and_its_outcome_told_before_the_model_goes_on(fake: FakeModel) -> None:
    used: list[str] = []
    two = calls(("note", {"name": "דנה"}), ("note", {"name": "רון"}))
    fake.say = lambda messages: "רשמתי" if told(messages) else two | {"content": "רגע."}
    heard = listen(fake, [noting(used)])
    assert used == ["דנה", "רון"]
    assert heard == ["רגע.", Cost(5), Use("note"), Use("note"), " רשמתי", Cost(5)]
    first, second = (request["body"] for request in fake.requests)
    assert first["tools"][0]["function"]["name"] == "note"
    assert first["tools"][0]["function"]["parameters"]["required"] == ["name"]
    asked, *outcomes = second["messages"][-3:]
    assert [call["id"] for call in asked["tool_calls"]] == ["call_0", "call_1"]
    assert [(m["tool_call_id"], m["content"]) for m in outcomes] == [
        ("call_0", "noted דנה"),
        ("call_1", "noted רון"),
    ]


def test_tools_of_a_server_that_counts_none_of_them_are_kept_apart() -> None:
    used: list[str] = []
    pieces = [
        {"id": key, "function": {"name": "note", "arguments": json.dumps({"name": key})}}
        for key in ("one", "two")
    ]
    answers = [
        b"".join(event(tool_calls=[one]) for one in pieces) + DONE,
        event(content="כן") + DONE,
    ]

    class Told(FakeModel):
        def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
            return 200, {}, answers[len(self.requests) - 1]

    with Told() as other:
        assert words(listen(other, [noting(used)])) == "כן"
    assert used == ["one", "two"]


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        (("forget", {}), "There is no tool of that name; there are: note"),
        (("note", "{broken"), "Invalid JSON"),
        (("note", "[]"), "Invalid JSON"),
        (("note", {}), "Wrong arguments: name: Field required"),
    ],
)
def test_words_that_are_no_use_of_a_tool_are_told_and_do_nothing(
    fake: FakeModel, asked: tuple[str, Any], outcome: str
) -> None:
    used: list[str] = []
    fake.say = lambda messages: told(messages)[0] if told(messages) else calls(asked)
    heard = words(listen(fake, [noting(used)]))
    assert heard.startswith("Nothing was done.")
    assert outcome in heard
    assert used == []


def test_a_budget_that_is_spent_ends_the_answer(fake: FakeModel) -> None:
    used: list[str] = []
    fake.say = lambda messages: calls(("note", {"name": "x"}), ("note", {"name": "y"}))
    with pytest.raises(ModelError, match="tool_calls"):
        listen(fake, [noting(used)])
    assert used == ["x", "y"]
    fake.tokens = 600
    with pytest.raises(ModelError, match="tokens"):
        listen(fake, [noting([])])


def test_the_proxy_that_the_environment_names_is_asked(
    fake: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", fake.url)
    answers = asyncio.run(_listen("http://model.invalid/v1", Budget(), (), 1))
    assert words(answers[0]) == "תשובה ל: c"
    (asked,) = fake.requests
    assert asked["path"] == "http://model.invalid/v1/chat/completions"
    monkeypatch.setenv("no_proxy", "model.invalid")
    with pytest.raises(ModelError):
        asyncio.run(_listen("http://model.invalid/v1", Budget(), (), 1))


def test_each_request_says_how_long_its_answer_may_be(fake: FakeModel) -> None:
    fake.tokens = 950
    fake.say = lambda messages: "done" if told(messages) else calls(("note", {"name": "x"}))
    listen(fake, [Tool("note", "Notes.", Given, lambda _: "noted")])
    assert [one["body"]["max_tokens"] for one in fake.requests] == [1000, 50]


def test_what_a_server_does_not_count_is_estimated(fake: FakeModel) -> None:
    fake.raw = event(content="שלום " * 100) + DONE
    (cost,) = [one for one in listen(fake) if isinstance(one, Cost)]
    assert 200 < cost.tokens < 600
    begun = {"index": 0, "id": "1", "function": {"name": "note", "arguments": '{"name": "x"}'}}
    fake.raw = event(tool_calls=[begun]) + event("tool_calls") + b"data: [DONE]\n\n"
    fake.requests.clear()
    with pytest.raises(ModelError, match="tokens"):
        listen(fake, [Tool("note", "Notes.", Given, lambda _: "x" * 900)])
    assert 2 <= len(fake.requests) <= 3
