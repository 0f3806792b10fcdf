"""Any OpenAI-compatible endpoint, through pydantic-ai. The only file that imports either, or the HTTP
library that openai's client is made of."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import cached_property

from openai import AsyncOpenAI, Timeout
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
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.tools import ToolDefinition

from maane.assistant.model import (
    Budget,
    ModelError,
    Said,
    Tool,
    budget_of,
    estimated,
    knows_new_limit,
)
from maane.assistant.using import use
from maane.kit.text import storable, up_to_sentence
from maane.settings import Settings

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

    def prepare(self) -> None:
        """Makes the client now, so that the first turn need not."""
        self._model  # noqa: B018

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
        is_new = knows_new_limit(self._base_url)
        profile = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=is_new)
        provider = OpenAIProvider(openai_client=self._client)
        return OpenAIChatModel(self._name, provider=provider, profile=profile)

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

    async def _reply(
        self, instructions: str, conversation: list[Said], tools: Sequence[Tool]
    ) -> str:
        said = _asked(instructions, conversation)
        offered, by_name = self._offered(tools), {tool.name: tool for tool in tools}
        letters = len(instructions) + sum(len(one.text) for one in conversation)
        tokens = uses = 0
        while True:
            answer = await model_request(
                self._model,
                said,
                model_settings={"max_tokens": self._budget.room(tokens)},
                model_request_parameters=offered,
                instrument=False,
            )
            if not answer.tool_calls:
                break
            letters += len(answer.text or "") + sum(len(str(c.args)) for c in answer.tool_calls)
            tokens += answer.usage.total_tokens or estimated(letters)
            uses += len(answer.tool_calls)
            self._budget.check(tokens, uses)
            # One after the other, in their order: what a later one finds, an earlier one may have done.
            told = [await _used(by_name, call) for call in answer.tool_calls]
            letters += sum(len(str(part.content)) for part in told)
            said += [answer, ModelRequest(told, instructions=instructions)]
        text = storable(answer.text or "").strip()
        if answer.finish_reason == "length":
            text = up_to_sentence(text)
        if not text:
            raise ModelError("empty")
        return text


def _asked(instructions: str, conversation: list[Said]) -> list[ModelMessage]:
    last = UserPromptPart(conversation[-1].text)
    return [*_history(conversation[:-1]), ModelRequest([last], instructions=instructions)]


async def _used(tools: dict[str, Tool], call: ToolCallPart) -> ToolReturnPart:
    """What the model is told of one use of a tool."""
    try:
        given = call.args_as_dict(raise_if_invalid=True)
    except (ValueError, AssertionError):
        given = None
    told = await use(tools, call.tool_name, given)
    return ToolReturnPart(call.tool_name, told, call.tool_call_id)


def _history(conversation: list[Said]) -> list[ModelMessage]:
    return [
        ModelRequest(parts=[UserPromptPart(said.text)])
        if said.by == "customer"
        else ModelResponse(parts=[TextPart(said.text)])
        for said in conversation
    ]


def model_of(settings: Settings, *, time_s: float | None = None) -> OpenAIModel | None:
    """The connected model, or None: then intake answers. ``time_s`` is what a turn may take at most."""
    if not settings.has_model:
        return None
    budget = budget_of(settings, time_s)
    key = settings.model_api_key.get_secret_value()
    model = OpenAIModel(settings.model_base_url, settings.model_name, key, budget=budget)
    model.prepare()
    return model
