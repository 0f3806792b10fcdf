"""``/api/business/current/privacy``."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app

from maane.jobs.queue import Jobs
from maane.kit.db import now
from maane.kit.endpoint import Routes, database, tx
from maane.media.files import Files
from maane.privacy import contract, persons, retention
from maane.settings import Settings
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("privacy", __name__, url_prefix="/api/business/current/privacy")
person_routes = Routes("persons", __name__, url_prefix="/api/business/current/leads")
"""What is asked of a lead and concerns everything of its person."""


@routes.declare("GET", "/retention", access=BUSINESS, returns=contract.Retention)
def get_retention() -> contract.Retention:
    """How long conversations are kept, and what the last night deleted."""
    return _shown()


@routes.declare(
    "PUT",
    "/retention",
    access=BUSINESS,
    body=contract.RetentionBody,
    returns=contract.Retention,
)
def replace_retention(body: contract.RetentionBody) -> contract.Retention:
    """Changes it from the next night on."""
    retention.choose(tx(), tenant(), caller(), retention.Chosen(body.days, body.leads))
    return _shown()


@routes.declare(
    "GET",
    "/retention/preview",
    access=BUSINESS,
    query=contract.RetentionQuery,
    returns=contract.DeletionList,
)
def preview_retention(query: contract.RetentionQuery) -> contract.DeletionList:
    """What would be deleted by now, table by table."""
    doomed = retention.preview(tx(), tenant(), retention.Chosen(query.days, query.leads))
    return contract.DeletionList(items=[contract.deletion_of(one) for one in doomed])


@person_routes.declare("GET", "/<id:lead_id>/person", access=BUSINESS, returns=contract.Held)
def get_person(lead_id: int) -> contract.Held:
    """What is held of a lead's person, table by table."""
    return contract.held_of(persons.held_of(tx(), tenant(), lead_id))


@person_routes.declare(
    "POST", "/<id:lead_id>/person/export", access=BUSINESS, returns="application/zip"
)
def export_person(lead_id: int) -> Response:
    """Everything that is held of a lead's person, as a file; that it was given out is on record."""
    subject = persons.note_export(tx(), tenant(), caller(), lead_id)
    name = f"person-{lead_id}-{now().date().isoformat()}.zip"
    return Response(
        persons.archive_of(database(), _files(), tenant(), subject),
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@person_routes.declare(
    "POST",
    "/<id:lead_id>/person/erase",
    access=BUSINESS,
    body=contract.ErasureBody,
    returns=contract.Erasure,
)
def erase_person(lead_id: int, body: contract.ErasureBody) -> contract.Erasure:
    """Removes everything that is held of a lead's person, for good."""
    jobs = cast("Jobs", current_app.extensions["maane.jobs"])
    counts = persons.erase(tx(), jobs, tenant(), caller(), lead_id, body.confirmation)
    return contract.Erasure(items=contract.deletions_of(counts))


def _files() -> Files:
    settings = cast("Settings", current_app.extensions["maane.settings"])
    return Files(settings.media_folder)


def _shown() -> contract.Retention:
    chosen = retention.chosen_of(tx(), tenant())
    return contract.retention_of(chosen, retention.last_run(tx(), tenant()))
