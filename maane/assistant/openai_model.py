"""Any OpenAI-compatible endpoint, through pydantic-ai. The only file that imports either, or the HTTP
library that openai's client is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from httpx2 import create_ssl_context
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout
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


class OpenAIModel:
    """A ``Model`` over HTTP. It keeps no connection between turns: they are few and far between."""

    def __init__(
        self, base_url: str, name: str, api_key: str, *, budget: Budget | None = None
    ) -> None:
        self._base_url = base_url
        self._name = name
        self._api_key = api_key
        self._budget = budget or Budget()
        # Reading the certificates costs 20 ms; all turns share them.
        self._trust = create_ssl_context()

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        """Raises ``ModelError`` for a refusal, a spent budget, or an empty reply, and for
        whatever the libraries stumble over: they read an answer before they have checked its shape,
        and a server that sends nonsense must not leave the customer without a reply."""
        try:
            return asyncio.run(
                asyncio.wait_for(
                    self._reply(instructions, conversation, tools), self._budget.time_s
                )
            )
        except ModelError:
            raise
        except TimeoutError:
            raise ModelError("timeout") from None
        except UsageLimitExceeded:
            raise ModelError("tool_calls") from None
        except Exception as error:
            raise ModelError(type(error).__name__) from error

    async def _reply(
        self, instructions: str, conversation: list[Said], tools: Sequence[Tool]
    ) -> str:
        budget = self._budget
        async with AsyncOpenAI(
            base_url=self._base_url,
            api_key=self._api_key or "none",
            timeout=Timeout(budget.time_s, connect=CONNECT_S),
            max_retries=1,
            http_client=DefaultAsyncHttpxClient(verify=self._trust),
        ) as client:
            model = OpenAIChatModel(self._name, provider=OpenAIProvider(openai_client=client))
            agent = Agent(
                model,
                instructions=instructions,
                tools=[_offered(tool, budget) for tool in tools],
                # A tool that does not exist, or words that are no arguments, is told to the model.
                retries={"tools": budget.tool_calls, "output": 0},
            )
            done = await agent.run(
                conversation[-1].text,
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


def _offered(tool: Tool, budget: Budget) -> OfferedTool[None]:
    """A tool as pydantic-ai calls it: in the turn's own thread, one after the other, so that no tool
    is at work any more when the turn is over."""

    async def call(context: RunContext[None], **given: Any) -> str:
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
        return tool.run(arguments)

    schema = tool.arguments.model_json_schema()
    return OfferedTool.from_schema(call, tool.name, tool.description, schema, takes_ctx=True)


def _history(conversation: list[Said]) -> list[ModelMessage]:
    return [
        ModelRequest(parts=[UserPromptPart(said.text)])
        if said.by == "customer"
        else ModelResponse(parts=[TextPart(said.text)])
        for said in conversation
    ]
