"""``/api/business/current/appointments``, and the appointments of a lead."""

from __future__ import annotations

from maane.appointments import availability, contract, operations
from maane.kit.endpoint import Routes, tx
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("appointments", __name__, url_prefix="/api/business/current/appointments")
lead_routes = Routes("lead_appointments", __name__, url_prefix="/api/business/current/leads")


@routes.declare(
    "GET",
    "",
    access=BUSINESS,
    query=contract.AppointmentQuery,
    returns=contract.AppointmentList,
)
def list_appointments(query: contract.AppointmentQuery) -> contract.AppointmentList:
    """The appointments of some days of this business."""
    day, rows, is_cut = operations.list_appointments(tx(), tenant(), query.day, query.days)
    return contract.AppointmentList(
        items=contract.appointments_of(rows),
        day=day,
        days=query.days,
        timezone=tenant().timezone,
        is_cut=is_cut,
    )


@routes.declare(
    "POST",
    "",
    access=BUSINESS,
    body=contract.AppointmentBody,
    returns=contract.Appointment,
    status=201,
)
def book_appointment(body: contract.AppointmentBody) -> contract.Appointment:
    """Books an appointment by hand, where there is room."""
    return contract.appointment_of(*operations.book(tx(), tenant(), caller(), body))


@routes.declare(
    "POST", "/<id:appointment_id>/cancel", access=BUSINESS, returns=contract.Appointment
)
def cancel_appointment(appointment_id: int) -> contract.Appointment:
    """Cancels an appointment, and frees its time. The customer is not told."""
    return contract.appointment_of(*operations.cancel(tx(), tenant(), caller(), appointment_id))


@routes.declare(
    "GET", "/free", access=BUSINESS, query=contract.FreeQuery, returns=contract.FreeTimes
)
def list_free_times(query: contract.FreeQuery) -> contract.FreeTimes:
    """The free times of one day."""
    free = availability.free_on(tx(), tenant(), query.day)
    return contract.free_times_of(query.day, free, tenant().timezone)


@routes.declare("GET", "/availability", access=BUSINESS, returns=contract.Availability)
def get_availability() -> contract.Availability:
    """When this business takes appointments."""
    return contract.availability_of(*availability.get_rules(tx(), tenant()))


@routes.declare(
    "PUT",
    "/availability",
    access=BUSINESS,
    body=contract.AvailabilityBody,
    returns=contract.Availability,
)
def replace_availability(body: contract.AvailabilityBody) -> contract.Availability:
    """Replaces the week and the rules. What is booked stays."""
    return contract.availability_of(
        *availability.replace_availability(tx(), tenant(), caller(), body)
    )


@lead_routes.declare(
    "GET", "/<id:lead_id>/appointments", access=BUSINESS, returns=contract.LeadAppointments
)
def list_appointments_of_lead(lead_id: int) -> contract.LeadAppointments:
    """The appointments of a lead, the last ones first."""
    rows, is_cut = operations.list_of_lead(tx(), tenant(), lead_id)
    return contract.LeadAppointments(items=contract.appointments_of(rows), is_cut=is_cut)
