"""Shapes of facts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from maane.facts.models import Fact as FactRow
from maane.kit.endpoint import Shape
from maane.kit.text import Line, Text
from maane.tenancy.contract import refuse_nulls


def _has_words(value: str) -> str:
    value = value.strip()
    if not value:
        raise ValueError("must not be blank")
    return value


Kind = Literal["hours", "service", "price", "answer"]
Title = Annotated[Line, Field(min_length=1, max_length=200)]
Words = Annotated[Text, Field(max_length=2000), AfterValidator(_has_words)]
Position = Annotated[int, Field(ge=0, le=100_000)]


class FactBody(Shape):
    """``position`` left out puts the fact behind the others."""

    kind: Kind
    title: Title
    text: Words
    position: Position | None = None


class FactPatch(Shape):
    kind: Kind | None = None
    title: Title | None = None
    text: Words | None = None
    position: Position | None = None

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        return refuse_nulls(self, nullable=())


class Fact(Shape):
    id: int
    kind: str
    title: str
    text: str
    position: int
    created_at: datetime
    updated_at: datetime


class Facts(Shape):
    """All facts of a business: there are at most ``limit``."""

    items: list[Fact]
    limit: int


class DeletedFact(Shape):
    deleted: bool = True
    id: int


def fact_of(row: FactRow) -> Fact:
    return Fact(
        id=row.id,
        kind=row.kind,
        title=row.title,
        text=row.text,
        position=row.position,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
