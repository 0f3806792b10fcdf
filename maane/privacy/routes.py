"""``/api/business/current/privacy``."""

from __future__ import annotations

from maane.kit.endpoint import Routes, tx
from maane.privacy import contract, retention
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("privacy", __name__, url_prefix="/api/business/current/privacy")


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


def _shown() -> contract.Retention:
    chosen = retention.chosen_of(tx(), tenant())
    return contract.retention_of(chosen, retention.last_run(tx(), tenant()))
