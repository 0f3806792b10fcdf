"""Any OpenAI-compatible endpoint, through pydantic-ai. The only file that imports either, or the HTTP
library that openai's client is made of."""

from __future__ import annotations

import asyncio

from httpx2 import create_ssl_context
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout
from pydantic_ai import Agent
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from maane.assistant.model import ModelError, Said
from maane.kit.text import storable

CONNECT_S = 2.0
TOTAL_S = 30.0


class OpenAIModel:
    """A ``Model`` over HTTP. It keeps no connection between turns: a turn is one request."""

    def __init__(self, base_url: str, name: str, api_key: str, *, total_s: float = TOTAL_S) -> None:
        self._base_url = base_url
        self._name = name
        self._api_key = api_key
        self._total_s = total_s
        # Reading the certificates costs 20 ms; all turns share them.
        self._trust = create_ssl_context()

    def reply(self, instructions: str, conversation: list[Said]) -> str:
        """Raises ``ModelError`` for a refusal, silence past the limit, or an empty reply, and for
        whatever the libraries stumble over: they read an answer before they have checked its shape,
        and a server that sends nonsense must not leave the customer without a reply."""
        try:
            return asyncio.run(
                asyncio.wait_for(self._reply(instructions, conversation), self._total_s)
            )
        except ModelError:
            raise
        except TimeoutError:
            raise ModelError("timeout") from None
        except Exception as error:
            raise ModelError(type(error).__name__) from error

    async def _reply(self, instructions: str, conversation: list[Said]) -> str:
        async with AsyncOpenAI(
            base_url=self._base_url,
            api_key=self._api_key or "none",
            timeout=Timeout(self._total_s, connect=CONNECT_S),
            max_retries=1,
            http_client=DefaultAsyncHttpxClient(verify=self._trust),
        ) as client:
            model = OpenAIChatModel(self._name, provider=OpenAIProvider(openai_client=client))
            agent = Agent(model, instructions=instructions, retries=0)
            done = await agent.run(
                conversation[-1].text, message_history=_history(conversation[:-1])
            )
        text = storable(done.output).strip()
        if not text:
            raise ModelError("empty")
        return text


def _history(conversation: list[Said]) -> list[ModelMessage]:
    return [
        ModelRequest(parts=[UserPromptPart(said.text)])
        if said.by == "customer"
        else ModelResponse(parts=[TextPart(said.text)])
        for said in conversation
    ]
