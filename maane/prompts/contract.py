"""Shapes of the prompts. A save takes exactly the two texts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from maane.kit.endpoint import Shape
from maane.kit.text import Text
from maane.prompts.models import SavedPrompts

MAX_CHARACTERS = 100_000

Prompt = Annotated[Text, Field(max_length=MAX_CHARACTERS)]


class PromptsBody(Shape):
    calls_prompt: Prompt
    whatsapp_prompt: Prompt


class PromptAuthor(Shape):
    id: int
    name: str
    impersonating: bool


class Prompts(Shape):
    """The texts that serve now. ``version`` 0 means that none was saved yet."""

    calls_prompt: str
    whatsapp_prompt: str
    version: int
    updated_at: datetime | None
    updated_by: PromptAuthor | None


def prompts_of(row: SavedPrompts | None) -> Prompts:
    if row is None:
        return Prompts(
            calls_prompt="", whatsapp_prompt="", version=0, updated_at=None, updated_by=None
        )
    author = None
    if row.created_by is not None:
        author = PromptAuthor(
            id=row.created_by,
            name=row.created_by_name or "",
            impersonating=row.impersonating,
        )
    return Prompts(
        calls_prompt=row.calls_prompt,
        whatsapp_prompt=row.whatsapp_prompt,
        version=row.version,
        updated_at=row.created_at,
        updated_by=author,
    )
