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
from pydantic_ai.direct import model_request
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.tools import ToolDefinition

from maane.assistant.model import Budget, ModelError, Said, Tool
from maane.kit.text import storable

CONNECT_S = 2.0


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
        self._offers: dict[tuple[tuple[str, str], ...], ModelRequestParameters] = {}
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

    @cached_property
    def _model(self) -> OpenAIChatModel:
        return OpenAIChatModel(self._name, provider=OpenAIProvider(openai_client=self._client))

    async def _reply(
        self, instructions: str, conversation: list[Said], tools: Sequence[Tool]
    ) -> str:
        last = UserPromptPart(conversation[-1].text)
        said = [*_history(conversation[:-1]), ModelRequest([last], instructions=instructions)]
        offered, by_name = self._offered(tools), {tool.name: tool for tool in tools}
        tokens = uses = 0
        while True:
            answer = await model_request(
                self._model, said, model_request_parameters=offered, instrument=False
            )
            if not answer.tool_calls:
                break
            # What an answer cost is looked at before it leads to more; a reply that is there is not
            # thrown away for it.
            tokens += answer.usage.total_tokens
            uses += len(answer.tool_calls)
            if tokens > self._budget.tokens:
                raise ModelError("tokens")
            if uses > self._budget.tool_calls:
                raise ModelError("tool_calls")
            # One after the other, in their order: what a later one finds, an earlier one may have done.
            told = [await _used(by_name, call) for call in answer.tool_calls]
            said += [answer, ModelRequest(told, instructions=instructions)]
        text = storable(answer.text or "").strip()
        if not text:
            raise ModelError("empty")
        return text

    def _offered(self, tools: Sequence[Tool]) -> ModelRequestParameters:
        """The tools as the model is told of them. There are very few sets of tools."""
        key = tuple((tool.name, tool.description) for tool in tools)
        if key not in self._offers:
            self._offers[key] = ModelRequestParameters(
                function_tools=[
                    ToolDefinition(
                        name=tool.name,
                        description=tool.description,
                        parameters_json_schema=tool.arguments.model_json_schema(),
                    )
                    for tool in tools
                ]
            )
        return self._offers[key]


async def _used(tools: dict[str, Tool], call: ToolCallPart) -> ToolReturnPart:
    """What the model is told of one use of a tool; also that there is no such tool, or that its words
    are no arguments."""
    return ToolReturnPart(call.tool_name, await _outcome(tools, call), call.tool_call_id)


async def _outcome(tools: dict[str, Tool], call: ToolCallPart) -> str:
    tool = tools.get(call.tool_name)
    if tool is None:
        return f"Nothing was done. There is no tool of that name; there are: {', '.join(tools)}"
    try:
        given = call.args_as_dict(raise_if_invalid=True)
    except (ValueError, AssertionError):
        return "Nothing was done. Invalid JSON: the arguments are no object"
    try:
        arguments = tool.arguments.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        places = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
        return f"Nothing was done. Wrong arguments: {'; '.join(places)}"
    return await _ran_off_loop(tool, arguments)


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
