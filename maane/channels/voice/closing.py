"""The end of a call, whoever reports it: it is closed once, and what follows is left to a job."""

from __future__ import annotations

from datetime import datetime

from maane.calls import operations as calls
from maane.calls import outgoing
from maane.calls.models import Call
from maane.channels.voice import dialling
from maane.channels.voice.recordings.operations import look_after
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant

AFTER_JOB = "finish call"
REASONS = {
    "completed": "caller_hung_up",
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "canceled",
    "failed": "failed",
}
OUTGOING_REASONS = {"completed": "they_hung_up", "canceled": "withdrawn"}
"""Those of a call that the business made, where they are others."""


def close(
    tx: Transaction,
    jobs: Jobs,
    tenant: Tenant,
    call: Call,
    status: str,
    *,
    duration_s: int | None,
    at: datetime | None = None,
    reason: str | None = None,
) -> None:
    """Moves a call's status forward, and closes it where that is an end and the first one. ``reason``
    stands for the one that follows from the status."""
    if not calls.advance(call, status):
        return
    dialling.close(tx, jobs, tenant, call)
    if call.outcome == "transferred":
        reason = "transferred"
    if call.direction == "outbound":
        reason = reason or OUTGOING_REASONS.get(status, REASONS[status])
        outgoing.conclude(tx, tenant, call, duration_s=duration_s, reason=reason, at=at)
    else:
        reason = _reason_of(tx, tenant, call, status, reason)
        calls.end(tx, tenant, call, duration_s=duration_s, reason=reason, at=at)
    look_after(tx, jobs, tenant, call)
    jobs.enqueue_turn(tx, AFTER_JOB, tenant.id, call.id, f"call:{call.external_id}")


def _reason_of(tx: Transaction, tenant: Tenant, call: Call, status: str, reason: str | None) -> str:
    """Why a call that came in has ended."""
    if reason is None:
        reason = REASONS[status]
        if call.answered_at is None and status == "completed":
            reason = call.end_reason or "not_answered"
    return reason if tenancy.is_active(tx, tenant) else "suspended"
