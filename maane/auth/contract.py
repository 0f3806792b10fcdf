"""Shapes of ``/api/auth``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from maane.auth.sessions import Home, Snapshot
from maane.kit.endpoint import Shape
from maane.kit.text import Text


class Credentials(Shape):
    email: Annotated[Text, Field(min_length=1, max_length=320)]
    password: Annotated[str, Field(min_length=1, max_length=1000)]


class CsrfToken(Shape):
    csrfToken: str  # noqa: N815  (the name that clients agreed on)


class SignedOut(Shape):
    signed_out: bool = True


class MeUser(Shape):
    id: int
    email: str
    name: str
    role: str
    tenant_id: int | None


class MeTenant(Shape):
    id: int
    name: str
    language: str
    timezone: str


class ImpersonatedBusiness(Shape):
    id: int
    name: str


class MeImpersonation(Shape):
    business: ImpersonatedBusiness
    started_at: datetime
    expires_at: datetime
    reason: str | None
    is_active: bool


class Me(Shape):
    """Who is signed in, which business they act on now, and the impersonation if there is one."""

    user: MeUser
    tenant: MeTenant | None
    impersonation: MeImpersonation | None


class SessionItem(Shape):
    id: int
    created_at: datetime
    expires_at: datetime
    user_agent: str
    remote_address: str
    is_current: bool


class SessionList(Shape):
    items: list[SessionItem]
    next: str | None = None


class Revoked(Shape):
    deleted: bool = True
    id: int


def me_of(snapshot: Snapshot) -> Me:
    """The document that login, ``/me``, impersonation and its stop all answer with."""
    impersonation = snapshot.impersonation
    return Me(
        user=MeUser(
            id=snapshot.user_id,
            email=snapshot.email,
            name=snapshot.name,
            role=snapshot.role,
            tenant_id=snapshot.tenant_id,
        ),
        tenant=_tenant_of(acting_on(snapshot)),
        impersonation=None
        if impersonation is None
        else MeImpersonation(
            business=ImpersonatedBusiness(
                id=impersonation.business.id, name=impersonation.business.name
            ),
            started_at=impersonation.started_at,
            expires_at=impersonation.expires_at,
            reason=impersonation.reason,
            is_active=impersonation.is_active,
        ),
    )


def acting_on(snapshot: Snapshot) -> Home | None:
    """The business of this session now. An impersonation that ended leaves none: falling through
    to the home business would send the next write to the wrong place."""
    if snapshot.impersonation is not None:
        return snapshot.impersonation.business if snapshot.impersonation.is_active else None
    return snapshot.home


def _tenant_of(home: Home | None) -> MeTenant | None:
    if home is None:
        return None
    return MeTenant(id=home.id, name=home.name, language=home.language, timezone=home.timezone)
