"""Every query on appointments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from maane.appointments.models import LONGEST_MIN, Appointment, AppointmentLead, Availability
from maane.leads.models import Lead
from maane.tenancy.access import Tenant


def find_availability(tx: Session, tenant: Tenant) -> Availability | None:
    return tx.scalars(
        select(Availability).where(Availability.business_id == tenant.id)
    ).one_or_none()


def add(tx: Session, row: Availability | Appointment | AppointmentLead) -> None:
    tx.add(row)
    tx.flush()


def find_appointment(tx: Session, tenant: Tenant, appointment_id: int) -> Appointment | None:
    return tx.scalars(
        select(Appointment).where(
            Appointment.business_id == tenant.id, Appointment.id == appointment_id
        )
    ).one_or_none()


def list_between(
    tx: Session, tenant: Tenant, begins_at: datetime, ends_at: datetime, *, limit: int
) -> Sequence[tuple[Appointment, Lead | None]]:
    """All that are there at some time of a span, cancelled ones too, with their leads, the first ones
    first."""
    return _with_leads(
        tx,
        tenant,
        _between(begins_at, ends_at),
        limit=limit,
    )


def list_of_lead(
    tx: Session, tenant: Tenant, lead_id: int, *, limit: int
) -> Sequence[tuple[Appointment, Lead | None]]:
    return _with_leads(tx, tenant, [AppointmentLead.lead_id == lead_id], limit=limit, newest=True)


def get_with_lead(
    tx: Session, tenant: Tenant, appointment_id: int
) -> tuple[Appointment, Lead | None] | None:
    rows = _with_leads(tx, tenant, [Appointment.id == appointment_id], limit=1)
    return rows[0] if rows else None


def _with_leads(
    tx: Session,
    tenant: Tenant,
    conditions: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    newest: bool = False,
) -> Sequence[tuple[Appointment, Lead | None]]:
    order = (Appointment.starts_at, Appointment.id)
    rows = tx.execute(
        select(Appointment, Lead)
        .outerjoin(
            AppointmentLead,
            and_(
                AppointmentLead.business_id == Appointment.business_id,
                AppointmentLead.appointment_id == Appointment.id,
            ),
        )
        .outerjoin(
            Lead,
            and_(
                Lead.business_id == AppointmentLead.business_id, Lead.id == AppointmentLead.lead_id
            ),
        )
        .where(Appointment.business_id == tenant.id, *conditions)
        .order_by(*(key.desc() if newest else key for key in order))
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def booked_between(
    tx: Session, tenant: Tenant, begins_at: datetime, ends_at: datetime
) -> Sequence[Appointment]:
    """Those that take room at some time of a span."""
    return tx.scalars(
        select(Appointment).where(
            Appointment.business_id == tenant.id,
            Appointment.status == "booked",
            *_between(begins_at, ends_at),
        )
    ).all()


def _between(begins_at: datetime, ends_at: datetime) -> list[ColumnElement[bool]]:
    # None is longer than that, so the index need not be read from its beginning.
    earliest = begins_at - timedelta(minutes=LONGEST_MIN)
    return [
        Appointment.starts_at < ends_at,
        Appointment.starts_at > earliest,
        Appointment.ends_at > begins_at,
    ]


def upcoming_of(
    tx: Session, tenant: Tenant, conversation_id: int, lead_id: int | None, at: datetime
) -> Sequence[Appointment]:
    """What is booked from ``at`` on for the person of a conversation: from it, or for their lead. The
    first ones first."""
    of_lead = select(AppointmentLead.appointment_id).where(
        AppointmentLead.business_id == tenant.id, AppointmentLead.lead_id == lead_id
    )
    return tx.scalars(
        select(Appointment)
        .where(
            Appointment.business_id == tenant.id,
            Appointment.status == "booked",
            Appointment.starts_at > at,
            or_(Appointment.conversation_id == conversation_id, Appointment.id.in_(of_lead)),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    ).all()


def move_leads(tx: Session, tenant: Tenant, lead_id: int, to_lead_id: int) -> None:
    tx.execute(
        update(AppointmentLead)
        .where(AppointmentLead.business_id == tenant.id, AppointmentLead.lead_id == lead_id)
        .values(lead_id=to_lead_id)
        .execution_options(synchronize_session=False)
    )
