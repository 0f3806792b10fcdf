"""Shapes of businesses, impersonation and the audit log."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Literal, Self, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, model_validator

from maane.kit.endpoint import Query, Shape
from maane.kit.text import Line, Phone
from maane.tenancy.models import AuditEvent
from maane.tenancy.models import Business as BusinessRow

T = TypeVar("T", bound=Shape)

Language = Literal["he", "en", "ar", "ru"]


def _is_known_timezone(value: str) -> str:
    if value not in _timezones():
        raise ValueError("is not a time zone of the IANA database")
    return value


@cache
def _timezones() -> set[str]:
    return available_timezones()


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_is_known_timezone)]
Name = Annotated[Line, Field(min_length=1, max_length=200)]


class PageQuery(Query):
    """``limit`` rows after the cursor of the page before."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str | None, Field(max_length=64)] = None


class BusinessBody(Shape):
    name: Name
    phone: Phone | None = None
    language: Language = "he"
    timezone: TimeZone = "Asia/Jerusalem"


class BusinessPatch(Shape):
    name: Name | None = None
    phone: Phone | None = None
    language: Language | None = None
    timezone: TimeZone | None = None
    status: Literal["active", "suspended"] | None = None

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        return refuse_nulls(self, nullable=("phone",))


def refuse_nulls(shape: T, *, nullable: tuple[str, ...]) -> T:
    """A PATCH leaves out what it does not change; null is a value, for the fields that have one."""
    for key in shape.model_fields_set - set(nullable):
        if getattr(shape, key) is None:
            raise ValueError(f"{key} cannot be null")
    return shape


class Business(Shape):
    id: int
    name: str
    phone: str | None
    language: str
    timezone: str
    status: str
    created_at: datetime
    updated_at: datetime


class BusinessPage(Shape):
    items: list[Business]
    next: str | None


class ImpersonationBody(Shape):
    reason: Annotated[Line | None, Field(max_length=500)] = None


class AuditActor(Shape):
    id: int
    email: str
    name: str


class AuditEntry(Shape):
    id: int
    action: str
    actor: AuditActor | None
    impersonating: bool
    reason: str | None
    subject: str
    at: datetime


class AuditPage(Shape):
    items: list[AuditEntry]
    next: str | None


class BusinessUser(Shape):
    id: int
    name: str


class BusinessUserList(Shape):
    items: list[BusinessUser]


def business_of(row: BusinessRow) -> Business:
    return Business(
        id=row.id,
        name=row.name,
        phone=row.phone,
        language=row.language,
        timezone=row.timezone,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def audit_entry_of(row: AuditEvent) -> AuditEntry:
    actor = None
    if row.actor_user_id is not None:
        actor = AuditActor(
            id=row.actor_user_id, email=row.actor_email or "", name=row.actor_name or ""
        )
    return AuditEntry(
        id=row.id,
        action=row.action,
        actor=actor,
        impersonating=row.impersonating,
        reason=row.reason,
        subject=row.subject,
        at=row.at,
    )
