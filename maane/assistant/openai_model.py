"""The connected model for threads that wait for a whole answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import aclosing

from maane.assistant.model import Budget, Cost, ModelError, Said, Tool, Use, budget_of
from maane.assistant.openai_client import OpenAIClient
from maane.kit.text import up_to_sentence
from maane.settings import Settings


class OpenAIModel:
    """A ``Model`` over HTTP, for all threads of a process.

    One event loop, on a thread of its own, waits for all turns at once, over connections that are kept.
    With a loop and a client for each turn, these took a third of a turn's processor time.
    """

    def __init__(
        self, base_url: str, name: str, api_key: str, *, budget: Budget | None = None
    ) -> None:
        self._budget = budget or Budget()
        self._loop = asyncio.new_event_loop()
        # A daemon: where nobody closes it, it ends with the process, after the turns that wait for it.
        self._thread = threading.Thread(target=self._loop.run_forever, name="model", daemon=True)
        self._thread.start()

        async def make() -> OpenAIClient:
            return OpenAIClient(base_url, name, api_key, budget=self._budget, is_streamed=False)

        self._client = asyncio.run_coroutine_threadsafe(make(), self._loop).result()

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        """Raises ``ModelError`` for a refusal, a spent budget, or an empty reply, and for whatever a
        server sends that is no answer: it must not leave the customer without a reply."""
        asked = asyncio.wait_for(
            self._reply(instructions, conversation, tools), self._budget.time_s
        )
        try:
            return asyncio.run_coroutine_threadsafe(asked, self._loop).result()
        except TimeoutError:
            raise ModelError("timeout") from None

    def close(self) -> None:
        """Lets the connections go. For an owner who knows that nobody waits for a reply any more."""
        asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _reply(
        self, instructions: str, conversation: list[Said], tools: Sequence[Tool]
    ) -> str:
        text, is_cut = "", False
        speaking = self._client.speak(instructions, conversation, tools)
        async with aclosing(speaking) as events:
            async for event in events:
                if isinstance(event, Cost):
                    is_cut = event.is_cut
                elif isinstance(event, Use):
                    # What is said before a tool was used announces it: the reply comes after.
                    text = ""
                else:
                    text += event
        text = up_to_sentence(text.strip()) if is_cut else text.strip()
        if not text:
            raise ModelError("empty")
        return text


def model_of(settings: Settings, *, time_s: float | None = None) -> OpenAIModel | None:
    """The connected model, or None: then intake answers. ``time_s`` is what a turn may take at most."""
    if not settings.has_model:
        return None
    budget = budget_of(settings, time_s)
    key = settings.model_api_key.get_secret_value()
    return OpenAIModel(settings.model_base_url, settings.model_name, key, budget=budget)
