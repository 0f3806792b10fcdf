"""``/api/business/current/leads``."""

from __future__ import annotations

from flask import Response

from maane.kit.db import now
from maane.kit.endpoint import Routes, database, tx
from maane.leads import contract, history, operations, stages
from maane.leads.export import csv_of
from maane.tenancy.access import BUSINESS, caller, tenant
from maane.tenancy.contract import PageQuery

routes = Routes("leads", __name__, url_prefix="/api/business/current/leads")


@routes.declare("GET", "", access=BUSINESS, query=contract.LeadQuery, returns=contract.LeadPage)
def list_leads(query: contract.LeadQuery) -> contract.LeadPage:
    """The leads of this business, newest first."""
    rows, following = operations.list_leads(
        tx(), tenant(), status=query.status, limit=query.limit, after=query.after
    )
    return contract.LeadPage(items=[contract.lead_of(row) for row in rows], next=following)


@routes.declare(
    "POST", "", access=BUSINESS, body=contract.LeadBody, returns=contract.CreatedLead, status=201
)
def create_lead(body: contract.LeadBody) -> contract.CreatedLead:
    """Creates a lead by hand, and names the leads that are probably the same person."""
    lead = operations.create_lead(tx(), tenant(), caller(), body)
    return contract.created_lead_of(lead, operations.same_person_ids(tx(), tenant(), lead))


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


@routes.declare("GET", "/stages", access=BUSINESS, returns=contract.StageList)
def list_stages() -> contract.StageList:
    """The stages of this business in their order."""
    return _stage_list(stages.list_stages(tx(), tenant()))


@routes.declare(
    "PUT", "/stages", access=BUSINESS, body=contract.StagesBody, returns=contract.StageList
)
def replace_stages(body: contract.StagesBody) -> contract.StageList:
    """Renames, reorders, adds and removes stages, all at once."""
    return _stage_list(stages.replace_stages(tx(), tenant(), caller(), body))


@routes.declare("GET", "/duplicates", access=BUSINESS, returns=contract.DuplicateList)
def list_duplicates() -> contract.DuplicateList:
    """Leads that are probably the same person."""
    groups = operations.list_duplicates(tx(), tenant())
    return contract.DuplicateList(
        items=[
            contract.DuplicateGroup(by=by, leads=[contract.lead_of(row) for row in rows])
            for by, rows in groups
        ]
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


@routes.declare(
    "GET",
    "/<id:lead_id>/history",
    access=BUSINESS,
    query=PageQuery,
    returns=contract.HistoryPage,
)
def list_history(lead_id: int, query: PageQuery) -> contract.HistoryPage:
    """What happened to a lead, newest first."""
    operations.get_lead(tx(), tenant(), lead_id)
    rows, following = history.list_history(
        tx(), tenant(), lead_id, limit=query.limit, after=query.after
    )
    return contract.HistoryPage(
        items=[contract.history_entry_of(row) for row in rows], next=following
    )


def _stage_list(counted: list[stages.Counted]) -> contract.StageList:
    return contract.StageList(
        items=[contract.stage_of(found.stage, found.leads) for found in counted]
    )
