"""Shapes of leads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import EmailStr, Field, model_validator

from maane.kit.endpoint import Shape
from maane.kit.text import Line, Phone, Text
from maane.leads.models import Lead as LeadRow
from maane.tenancy.contract import PageQuery, refuse_nulls

Status = Literal["new", "contacted", "qualified", "won", "lost"]
Name = Annotated[Line, Field(min_length=1, max_length=200)]
MAX_NOTE = 10_000
Note = Annotated[Text, Field(max_length=MAX_NOTE)]
Email = Annotated[EmailStr, Field(max_length=320)]


class LeadQuery(PageQuery):
    status: Status | None = None


class LeadBody(Shape):
    name: Name
    phone: Phone | None = None
    email: Email | None = None
    note: Note = ""
    status: Status = "new"


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
