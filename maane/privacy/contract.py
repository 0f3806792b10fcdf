"""Shapes of privacy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator

from maane.kit.endpoint import Shape
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


class RetentionQuery(Shape):
    days: Annotated[Days, BeforeValidator(_number)]
    leads: bool = False


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


def deletion_of(doomed: Doomed) -> Deletion:
    return Deletion(table=doomed.table, count=doomed.count, has_more=doomed.has_more)


def retention_of(chosen: Chosen, run: RetentionRun | None) -> Retention:
    last = None
    if run is not None and run.finished_at is not None:
        items = [Deletion(table=t, count=n, has_more=False) for t, n in sorted(run.counts.items())]
        last = LastNight(finished_at=run.finished_at, items=items)
    return Retention(days=chosen.days, leads=chosen.leads, last_night=last)
