"""Every query on prompts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from maane.prompts.models import PromptVersion
from maane.tenancy.access import Tenant


def find_latest(tx: Session, tenant: Tenant) -> PromptVersion | None:
    return tx.scalars(
        select(PromptVersion)
        .where(PromptVersion.business_id == tenant.id)
        .order_by(PromptVersion.version.desc())
        .limit(1)
    ).one_or_none()


def find_version(tx: Session, tenant: Tenant, version: int) -> PromptVersion | None:
    return tx.scalars(
        select(PromptVersion).where(
            PromptVersion.business_id == tenant.id, PromptVersion.version == version
        )
    ).one_or_none()


def add_version(tx: Session, row: PromptVersion) -> None:
    tx.add(row)
    tx.flush()
