"""Shapes of privacy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from maane.kit.endpoint import Shape
from maane.kit.text import Line
from maane.privacy import persons
from maane.privacy.models import RetentionRun
from maane.privacy.retention import Chosen, Doomed

Days = Literal[30, 90, 180, 365]


class RetentionBody(Shape):
    """``days``: so long after it was said a conversation is deleted; null keeps everything. ``leads``:
    leads without a conversation go too, that long after their last change."""

    days: Days | None
    leads: bool


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _truth(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


class RetentionQuery(Shape):
    """A query has only strings."""

    days: Annotated[Days, BeforeValidator(_number)]
    leads: Annotated[bool, BeforeValidator(_truth)] = False


class Deletion(Shape):
    """``has_more``: at least so many."""

    table: str
    count: int
    has_more: bool


class DeletionList(Shape):
    items: list[Deletion]


class LastNight(Shape):
    finished_at: datetime
    items: list[Deletion]


class Retention(Shape):
    """``last_night`` is the last that came to its end."""

    days: int | None
    leads: bool
    last_night: LastNight | None


class SamePerson(Shape):
    id: int
    name: str
    phone: str | None


class Held(Shape):
    """What is held of the person of a lead, and what of it an erasure removes. ``leads``: all that have
    the person's phone numbers."""

    leads: list[SamePerson]
    held: list[Deletion]
    erases: list[Deletion]


class ErasureBody(Shape):
    """``confirmation``: the name or the phone number on the lead."""

    confirmation: Annotated[Line, Field(min_length=1, max_length=200)]


class Erasure(Shape):
    items: list[Deletion]


def held_of(held: persons.Held) -> Held:
    return Held(
        leads=[SamePerson(id=row.id, name=row.name, phone=row.phone) for row in held.leads],
        held=deletions_of(held.counts),
        erases=deletions_of(held.erases),
    )


def deletions_of(counts: dict[str, int]) -> list[Deletion]:
    return [Deletion(table=t, count=n, has_more=False) for t, n in sorted(counts.items())]


def deletion_of(doomed: Doomed) -> Deletion:
    return Deletion(table=doomed.table, count=doomed.count, has_more=doomed.has_more)


def retention_of(chosen: Chosen, run: RetentionRun | None) -> Retention:
    last = None
    if run is not None and run.finished_at is not None:
        last = LastNight(finished_at=run.finished_at, items=deletions_of(run.counts))
    return Retention(days=chosen.days, leads=chosen.leads, last_night=last)
