"""Any OpenAI-compatible endpoint, through pydantic-ai. The only file that imports either, or the HTTP
library that openai's client is made of."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from openai import AsyncOpenAI, Timeout
from pydantic import ValidationError
from pydantic_ai import Agent, RunContext
from pydantic_ai import Tool as OfferedTool
from pydantic_ai.exceptions import UsageLimitExceeded
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.usage import UsageLimits

from maane.assistant.model import Budget, ModelError, Said, Tool
from maane.kit.text import storable

CONNECT_S = 2.0

Tools = dict[str, Tool]
"""The tools of one turn, by their names."""


class OpenAIModel:
    """A ``Model`` over HTTP, for all threads of a process.

    One event loop, on a thread of its own, waits for all turns at once, over connections that are kept.
    With a loop, a client and an agent for each turn, these took a third of a turn's processor time.
    """

    def __init__(
        self, base_url: str, name: str, api_key: str, *, budget: Budget | None = None
    ) -> None:
        self._base_url = base_url
        self._name = name
        self._api_key = api_key
        self._budget = budget or Budget()
        self._agents: dict[tuple[tuple[str, str], ...], Agent[Tools, str]] = {}
        self._loop = asyncio.new_event_loop()
        # A daemon: where nobody closes it, it ends with the process, after the turns that wait for it.
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)
        self._thread.start()

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        """Raises ``ModelError`` for a refusal, a spent budget, or an empty reply, and for
        whatever the libraries stumble over: they read an answer before they have checked its shape,
        and a server that sends nonsense must not leave the customer without a reply."""
        asked = asyncio.wait_for(
            self._reply(instructions, conversation, tools), self._budget.time_s
        )
        try:
            return asyncio.run_coroutine_threadsafe(asked, self._loop).result()
        except ModelError:
            raise
        except TimeoutError:
            raise ModelError("timeout") from None
        except UsageLimitExceeded:
            raise ModelError("tool_calls") from None
        except Exception as error:
            raise ModelError(type(error).__name__) from error

    def close(self) -> None:
        """Lets the connections go. For an owner who knows that nobody waits for a reply any more."""
        asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @cached_property
    def _client(self) -> AsyncOpenAI:
        return AsyncOpenAI(
            base_url=self._base_url,
            api_key=self._api_key or "none",
            timeout=Timeout(self._budget.time_s, connect=CONNECT_S),
            # Also what carries a turn over a kept connection that the server has closed meanwhile.
            max_retries=1,
        )

    async def _reply(
        self, instructions: str, conversation: list[Said], tools: Sequence[Tool]
    ) -> str:
        budget = self._budget
        done = await self._agent(tools).run(
            conversation[-1].text,
            instructions=instructions,
            deps={tool.name: tool for tool in tools},
            message_history=_history(conversation[:-1]),
            usage_limits=UsageLimits(
                # What was no use of a tool counts as one here: each has a request of its own.
                request_limit=budget.tool_calls + 1,
                tool_calls_limit=budget.tool_calls,
            ),
        )
        text = storable(done.output).strip()
        if not text:
            raise ModelError("empty")
        return text

    def _agent(self, tools: Sequence[Tool]) -> Agent[Tools, str]:
        """The agent that knows these tools by name and shape; what they do is each turn's own. There
        are as many as there are sets of tools: very few."""
        key = tuple((tool.name, tool.description) for tool in tools)
        if key not in self._agents:
            provider = OpenAIProvider(openai_client=self._client)
            self._agents[key] = Agent(
                OpenAIChatModel(self._name, provider=provider),
                deps_type=dict,
                tools=[_offered(tool, self._budget) for tool in tools],
                # A tool that does not exist, or words that are no arguments, is told to the model.
                retries={"tools": self._budget.tool_calls, "output": 0},
            )
        return self._agents[key]


def _offered(tool: Tool, budget: Budget) -> OfferedTool[Tools]:
    """A tool as pydantic-ai calls it."""

    async def call(context: RunContext[Tools], **given: Any) -> str:
        # Tokens are looked at before they lead to more of them; a reply that is there is not thrown
        # away for what it cost.
        if context.usage.total_tokens > budget.tokens:
            raise ModelError("tokens")
        try:
            arguments = tool.arguments.model_validate(given)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False, include_context=False)
            places = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
            return f"Nothing was done. Wrong arguments: {'; '.join(places)}"
        return await _ran_off_loop(context.deps[tool.name], arguments)

    schema = tool.arguments.model_json_schema()
    return OfferedTool.from_schema(
        call, tool.name, tool.description, schema, takes_ctx=True, sequential=True
    )


async def _ran_off_loop(tool: Tool, arguments: Any) -> str:
    """Runs a tool, which waits for the database, beside the loop. A turn whose time is over waits for
    its tool: none is at work any more when the turn goes on."""
    running = asyncio.ensure_future(asyncio.to_thread(tool.run, arguments))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _history(conversation: list[Said]) -> list[ModelMessage]:
    return [
        ModelRequest(parts=[UserPromptPart(said.text)])
        if said.by == "customer"
        else ModelResponse(parts=[TextPart(said.text)])
        for said in conversation
    ]
