"""``/api/business/current/leads``."""

from __future__ import annotations

from flask import Response

from maane.kit.db import now
from maane.kit.endpoint import Routes, database, tx
from maane.leads import contract, operations
from maane.leads.export import csv_of
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("leads", __name__, url_prefix="/api/business/current/leads")


@routes.declare("GET", "", access=BUSINESS, query=contract.LeadQuery, returns=contract.LeadPage)
def list_leads(query: contract.LeadQuery) -> contract.LeadPage:
    """The leads of this business, newest first."""
    rows, following = operations.list_leads(
        tx(), tenant(), status=query.status, limit=query.limit, after=query.after
    )
    return contract.LeadPage(items=[contract.lead_of(row) for row in rows], next=following)


@routes.declare(
    "POST", "", access=BUSINESS, body=contract.LeadBody, returns=contract.Lead, status=201
)
def create_lead(body: contract.LeadBody) -> contract.Lead:
    """Creates a lead by hand."""
    return contract.lead_of(operations.create_lead(tx(), tenant(), caller(), body))


@routes.declare("POST", "/export", access=BUSINESS, returns="text/csv")
def export_leads() -> Response:
    """All leads as a CSV file; that they were taken out is on record."""
    operations.note_export(tx(), caller())
    day = now().date().isoformat()
    return Response(
        csv_of(database(), tenant()),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="leads-{day}.csv"'},
    )


@routes.declare("GET", "/<id:lead_id>", access=BUSINESS, returns=contract.Lead)
def get_lead(lead_id: int) -> contract.Lead:
    """One lead."""
    return contract.lead_of(operations.get_lead(tx(), tenant(), lead_id))


@routes.declare(
    "PATCH", "/<id:lead_id>", access=BUSINESS, body=contract.LeadPatch, returns=contract.Lead
)
def change_lead(lead_id: int, body: contract.LeadPatch) -> contract.Lead:
    """Changes the given fields of a lead."""
    return contract.lead_of(operations.change_lead(tx(), tenant(), caller(), lead_id, body))


@routes.declare("DELETE", "/<id:lead_id>", access=BUSINESS, returns=contract.Deleted)
def delete_lead(lead_id: int) -> contract.Deleted:
    """Deletes a lead."""
    operations.delete_lead(tx(), tenant(), caller(), lead_id)
    return contract.Deleted(id=lead_id)
