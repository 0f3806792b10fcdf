"""Any OpenAI-compatible endpoint: what is asked of it, and how its answers are read, word by word or
whole. The only file that imports aiohttp.

The protocol is read here by hand (OpenAI's API reference, "Create chat completion"): through a library
a spoken answer cost 13 ms of the processor, most of it before its first word, and a process has one
interpreter for all its calls (docs/decisions/0020-relay.md). Written answers are asked for in the same
way, whole.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    TCPConnector,
)

from maane.assistant.model import (
    Budget,
    Cost,
    ModelError,
    Said,
    Tool,
    Use,
    budget_of,
    estimated,
    knows_new_limit,
)
from maane.assistant.using import use
from maane.kit.text import storable
from maane.settings import Settings

CONNECT_S = 2.0
KEPT_S = 60.0
"""So long an idle connection is kept."""
TRY_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
TRY_AGAIN_S = 0.3
DRAIN_S = 0.2
LONGEST = 1024 * 1024
THINKS, HAS_THOUGHT = "<think>", "</think>"


@dataclass
class _Wanted:
    """A tool that the model asks for, as its pieces come."""

    id: str = ""
    name: str = ""
    arguments: str = ""

    @property
    def given(self) -> Any:
        """The arguments as JSON; None where they are none."""
        try:
            return json.loads(self.arguments or "{}")
        except (ValueError, RecursionError):
            return None


class _Aloud:
    """What of an answer is for the person. Some models think first, between two marks at its begin."""

    def __init__(self) -> None:
        self._held = ""
        self._is_open = False
        self._is_thinking = False

    def add(self, words: str) -> str:
        """The words that may leave now."""
        if self._is_open:
            return words
        self._held += words
        if not self._is_thinking:
            begun = self._held.lstrip()
            if THINKS.startswith(begun[: len(THINKS)]) and len(begun) < len(THINKS):
                return ""
            if not begun.startswith(THINKS):
                return self._open(self._held)
            self._is_thinking = True
        _, mark, rest = self._held.partition(HAS_THOUGHT)
        return self._open(rest.lstrip()) if mark and rest.strip() else ""

    def close(self) -> str:
        """What was held back and is no thought."""
        return "" if self._is_open or self._is_thinking else self._open(self._held)

    def _open(self, words: str) -> str:
        self._is_open, self._held = True, ""
        return words


@dataclass
class _Answer:
    """One answer, as its events come."""

    aloud: _Aloud = field(default_factory=_Aloud)
    text: str = ""
    wanted: list[_Wanted] = field(default_factory=list)
    at: dict[int, _Wanted] = field(default_factory=dict)
    tokens: int = 0
    is_whole: bool = False
    is_cut: bool = False

    def add(self, event: dict[str, Any]) -> str:
        """The words that may leave. Raises ``ModelError`` for an error that the server streamed."""
        if event.get("error"):
            raise ModelError("refused in its stream")
        if usage := event.get("usage"):
            self.tokens = int(usage.get("total_tokens") or 0)
        words = ""
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            for piece in delta.get("tool_calls") or ():
                self._want(piece)
            if content := delta.get("content"):
                self.text += content
                words += self.aloud.add(content)
            if reason := choice.get("finish_reason"):
                self.is_whole = True
                self.is_cut = reason == "length"
        return words

    def take(self, document: dict[str, Any]) -> str:
        """The words of an answer that came whole: each of its choices has a message in place of a delta,
        whose tools bear no index. Raises ``ModelError``."""
        choices = []
        for choice in document.get("choices") or ():
            message = choice["message"]
            wanted = enumerate(message.get("tool_calls") or ())
            pieces = [piece | {"index": index} for index, piece in wanted]
            choices.append(choice | {"delta": message | {"tool_calls": pieces}})
        words = self.add(document | {"choices": choices})
        self.is_whole = bool(choices)
        return words

    def _want(self, piece: dict[str, Any]) -> None:
        """Pieces belong together by their index. Some servers give all the same, or none; then an id that
        is new begins another."""
        function, key = piece.get("function") or {}, piece.get("id") or ""
        index = piece.get("index") or 0
        tool = self.at.get(index)
        if tool is None or (key and tool.id and key != tool.id):
            tool = self.at[index] = _Wanted(key or f"call_{len(self.wanted)}")
            self.wanted.append(tool)
        tool.name += function.get("name") or ""
        tool.arguments += function.get("arguments") or ""

    def as_said(self) -> dict[str, Any]:
        """The answer as the model is reminded of it."""
        return {
            "role": "assistant",
            "content": self.text or None,
            "tool_calls": [
                {
                    "id": tool.id,
                    "type": "function",
                    "function": {"name": tool.name, "arguments": tool.arguments or "{}"},
                }
                for tool in self.wanted
            ],
        }


class OpenAIClient:
    """A ``SpeakingModel`` over HTTP, for one event loop: that of whoever listens. Without ``is_streamed``
    each answer comes whole."""

    def __init__(
        self,
        base_url: str,
        name: str,
        api_key: str,
        *,
        budget: Budget | None = None,
        is_streamed: bool = True,
    ) -> None:
        """Within the loop."""
        self._is_streamed = is_streamed
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._name = name
        self._budget = budget or Budget()
        self._limit = "max_completion_tokens" if knows_new_limit(base_url) else "max_tokens"
        self._offers: dict[tuple[tuple[str, str], ...], list[dict[str, Any]]] = {}
        self._session = ClientSession(
            connector=TCPConnector(limit=0, keepalive_timeout=KEPT_S),
            headers={"Authorization": f"Bearer {api_key or 'none'}"},
            timeout=ClientTimeout(
                total=None, sock_connect=CONNECT_S, sock_read=self._budget.time_s
            ),
            proxy=_proxy_to(self._url),
        )

    async def speak(
        self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()
    ) -> AsyncGenerator[str | Use | Cost]:
        """Raises ``ModelError`` for a refusal, a spent budget, an empty answer, and for whatever a server
        sends that is no answer: it must not leave the caller without one."""
        try:
            async with aclosing(self._speak(instructions, conversation, tools)) as events:
                async for event in events:
                    yield event
        except TimeoutError:
            raise ModelError("timeout") from None
        except (ClientError, AttributeError, TypeError, ValueError, RecursionError) as error:
            raise ModelError(type(error).__name__) from error

    async def close(self) -> None:
        await self._session.close()

    async def _speak(
        self, instructions: str, conversation: list[Said], tools: Sequence[Tool]
    ) -> AsyncGenerator[str | Use | Cost]:
        messages = _messages(instructions, conversation)
        by_name = {tool.name: tool for tool in tools}
        tokens = uses = 0
        is_empty = True
        while True:
            answer, is_first = _Answer(), True
            room = self._budget.room(tokens)
            async with aclosing(self._words(messages, tools, answer, room)) as events:
                async for words in events:
                    if words := storable(words):
                        # What is said after a tool was used is a sentence of its own.
                        yield words if is_empty or not is_first else f" {words}"
                        is_empty = is_first = False
            cost = answer.tokens or estimated(_letters([*messages, answer.as_said()]))
            tokens += cost
            yield Cost(cost, is_cut=answer.is_cut)
            if not answer.wanted:
                break
            uses += len(answer.wanted)
            self._budget.check(tokens, uses)
            messages.append(answer.as_said())
            # One after the other, in their order: what a later one finds, an earlier one may have done.
            for tool in answer.wanted:
                yield Use(tool.name)
                told = await use(by_name, tool.name, tool.given)
                messages.append({"role": "tool", "tool_call_id": tool.id, "content": told})
        if is_empty:
            raise ModelError("empty")

    async def _words(
        self, messages: list[dict[str, Any]], tools: Sequence[Tool], answer: _Answer, room: int
    ) -> AsyncGenerator[str]:
        """The words of one answer of at most ``room`` tokens, which is whole afterwards. Raises
        ``ModelError`` where it is not."""
        asked: dict[str, Any] = {
            "model": self._name,
            "messages": messages,
            self._limit: room,
        }
        if self._is_streamed:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        if tools:
            asked["tools"] = self._offered(tools)
        read = _streamed if self._is_streamed else _whole
        async with (
            await self._asked(json.dumps(asked).encode()) as response,
            aclosing(read(response, answer)) as pieces,
        ):
            async for words in pieces:
                yield words
        if not answer.is_whole:
            raise ModelError("cut")
        if words := answer.aloud.close():
            yield words

    async def _asked(self, body: bytes) -> ClientResponse:
        """The beginning of an answer. Asked once more where a kept connection was closed meanwhile, or
        the server is busy. Raises ``ModelError`` for a refusal."""
        for is_last in (False, True):
            try:
                response = await self._session.post(
                    self._url,
                    data=body,
                    headers={"Content-Type": "application/json"},
                    allow_redirects=False,
                )
            except ClientConnectionError:
                if is_last:
                    raise
                continue
            if response.status == 200:
                return response
            response.close()
            if is_last or response.status not in TRY_AGAIN:
                break
            await asyncio.sleep(TRY_AGAIN_S)
        raise ModelError(f"status {response.status}")

    def _offered(self, tools: Sequence[Tool]) -> list[dict[str, Any]]:
        """The tools as the model is told of them. There are very few sets of tools."""
        key = tuple((tool.name, tool.description) for tool in tools)
        if key not in self._offers:
            self._offers[key] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.arguments.model_json_schema(),
                    },
                }
                for tool in tools
            ]
        return self._offers[key]


def _proxy_to(url: str) -> str | None:
    """The proxy that the environment names for an address (``HTTPS_PROXY``, ``NO_PROXY``), as for written
    answers. Looked up once: the library would do it for each request, and read a file beside."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)


async def _streamed(response: ClientResponse, answer: _Answer) -> AsyncGenerator[str]:
    async with aclosing(_events(response)) as events:
        async for data in events:
            if data == b"[DONE]":
                answer.is_whole = True
                break
            if words := answer.add(json.loads(data)):
                yield words
    await _drain(response)


async def _whole(response: ClientResponse, answer: _Answer) -> AsyncGenerator[str]:
    held = b""
    async for piece in response.content.iter_any():
        held += piece
        if len(held) > LONGEST:
            raise ModelError("too long")
    if words := answer.take(json.loads(held)):
        yield words


async def _drain(response: ClientResponse) -> None:
    """Takes what may follow the last event, so that the connection can be kept."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            while await response.content.readany():
                pass


async def _events(response: ClientResponse) -> AsyncGenerator[bytes]:
    """The data of server-sent events, each of one line, as this API has them. Raises ``ModelError`` for a
    line that does not end."""
    held = b""
    async for piece in response.content.iter_any():
        *lines, held = (held + piece).split(b"\n")
        if len(held) > LONGEST:
            raise ModelError("too long")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
    if held.startswith(b"data:"):
        yield held[5:].strip()


def _letters(messages: list[dict[str, Any]]) -> int:
    return len(json.dumps(messages, ensure_ascii=False))


def _messages(instructions: str, conversation: list[Said]) -> list[dict[str, Any]]:
    return [
        {"role": "system", "content": instructions},
        *(
            {"role": "user" if said.by == "customer" else "assistant", "content": said.text}
            for said in conversation
        ),
    ]


def client_of(settings: Settings, *, time_s: float | None = None) -> OpenAIClient | None:
    """The connected model, or None: then intake answers. ``time_s`` as in ``budget_of``. Within the loop
    of whoever listens."""
    if not settings.has_model:
        return None
    budget = budget_of(settings, time_s)
    key = settings.model_api_key.get_secret_value()
    return OpenAIClient(settings.model_base_url, settings.model_name, key, budget=budget)
