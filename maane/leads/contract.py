"""Shapes of leads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import EmailStr, Field, model_validator

from maane.kit.endpoint import LARGEST_ID, Shape
from maane.kit.text import Line, Phone, Text
from maane.leads.models import Lead as LeadRow
from maane.leads.models import LeadEvent as EventRow
from maane.leads.models import LeadStage as StageRow
from maane.tenancy.contract import PageQuery, refuse_nulls

Status = Annotated[Line, Field(min_length=1, max_length=40)]
"""The key of a stage of the business."""
Name = Annotated[Line, Field(min_length=1, max_length=200)]
MAX_NOTE = 10_000
Note = Annotated[Text, Field(max_length=MAX_NOTE)]
Email = Annotated[EmailStr, Field(max_length=320)]


class LeadQuery(PageQuery):
    status: Status | None = None


class LeadBody(Shape):
    """Without ``status`` the lead begins in the first open stage."""

    name: Name
    phone: Phone | None = None
    email: Email | None = None
    note: Note = ""
    status: Status | None = None


class LeadPatch(Shape):
    name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None
    note: Note | None = None
    status: Status | None = None

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        return refuse_nulls(self, nullable=("phone", "email"))


class Lead(Shape):
    id: int
    name: str
    phone: str | None
    email: str | None
    note: str
    status: str
    source: str
    created_at: datetime
    updated_at: datetime


class CreatedLead(Lead):
    """``same_person_ids``: other leads with this phone number or e-mail address, newest first."""

    same_person_ids: list[int]


class LeadPage(Shape):
    items: list[Lead]
    next: str | None


class Deleted(Shape):
    deleted: bool = True
    id: int


def lead_of(row: LeadRow) -> Lead:
    return Lead(
        id=row.id,
        name=row.name,
        phone=row.phone,
        email=row.email,
        note=row.note,
        status=row.status,
        source=row.source,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


Kind = Literal["open", "won", "lost"]


class StageBody(Shape):
    """Without ``key`` a new stage. ``name`` may be null for a built-in one, which is then shown in
    the reader's language."""

    key: Status | None = None
    name: Annotated[Line, Field(min_length=1, max_length=60)] | None
    kind: Kind


class StagesBody(Shape):
    """All stages in their order. ``move_to``: for each stage that is left out, the one that its
    leads go to."""

    stages: Annotated[list[StageBody], Field(min_length=1, max_length=20)]
    move_to: Annotated[dict[Status, Status], Field(max_length=20)] = Field(default_factory=dict)


class Stage(Shape):
    """``leads`` is counted up to 1000."""

    key: str
    name: str | None
    kind: str
    leads: int


class StageList(Shape):
    items: list[Stage]


class MergeBody(Shape):
    """``from``: the lead that goes into the other and is gone then."""

    from_id: Annotated[int, Field(ge=1, le=LARGEST_ID, alias="from")]


class DuplicateGroup(Shape):
    """Leads that are probably one person, newest first; ``by`` is ``phone`` or ``email``."""

    by: str
    leads: list[Lead]


class DuplicateList(Shape):
    items: list[DuplicateGroup]


class HistoryEntry(Shape):
    """``fields`` names what changed. Stages are named as they were then; null for built-in ones.
    ``actor`` is null for the assistant."""

    id: int
    lead_id: int
    kind: str
    fields: list[str]
    from_status: str | None
    from_name: str | None
    to_status: str | None
    to_name: str | None
    merged_lead_id: int | None
    actor: str | None
    impersonating: bool
    at: datetime


class HistoryPage(Shape):
    items: list[HistoryEntry]
    next: str | None


def stage_of(row: StageRow, leads: int) -> Stage:
    return Stage(key=row.key, name=row.name, kind=row.kind, leads=leads)


def created_lead_of(row: LeadRow, same_person_ids: list[int]) -> CreatedLead:
    return CreatedLead(**lead_of(row).model_dump(), same_person_ids=same_person_ids)


def history_entry_of(row: EventRow) -> HistoryEntry:
    return HistoryEntry(
        id=row.id,
        lead_id=row.lead_id,
        kind=row.kind,
        fields=row.fields.split(",") if row.fields else [],
        from_status=row.from_status,
        from_name=row.from_name,
        to_status=row.to_status,
        to_name=row.to_name,
        merged_lead_id=row.merged_lead_id,
        actor=row.actor_name,
        impersonating=row.impersonating,
        at=row.at,
    )
