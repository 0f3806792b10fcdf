"""The use of a tool that a model asked for, beside the event loop that waits for the model."""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import ValidationError

from maane.assistant.model import Tool


async def use(tools: dict[str, Tool], name: str, given: Any) -> str:
    """What the model is told of one use of a tool; also that there is no such tool, or that its words
    are no arguments. ``given`` is what its words were as JSON, None where they were not."""
    tool = tools.get(name)
    if tool is None:
        return f"Nothing was done. There is no tool of that name; there are: {', '.join(tools)}"
    if not isinstance(given, dict):
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
