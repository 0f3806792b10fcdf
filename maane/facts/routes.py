"""``/api/business/current/facts``."""

from __future__ import annotations

from maane.facts import contract, operations
from maane.kit.endpoint import Routes, tx
from maane.tenancy.access import BUSINESS, caller, tenant

routes = Routes("facts", __name__, url_prefix="/api/business/current/facts")


@routes.declare("GET", "", access=BUSINESS, returns=contract.Facts)
def list_facts() -> contract.Facts:
    """What the assistant may tell customers of this business, in its order."""
    rows = operations.list_facts(tx(), tenant())
    return contract.Facts(
        items=[contract.fact_of(row) for row in rows], limit=operations.MOST_FACTS
    )


@routes.declare(
    "POST", "", access=BUSINESS, body=contract.FactBody, returns=contract.Fact, status=201
)
def create_fact(body: contract.FactBody) -> contract.Fact:
    """Writes a fact down."""
    return contract.fact_of(operations.create_fact(tx(), tenant(), caller(), body))


@routes.declare(
    "PATCH", "/<id:fact_id>", access=BUSINESS, body=contract.FactPatch, returns=contract.Fact
)
def change_fact(fact_id: int, body: contract.FactPatch) -> contract.Fact:
    """Changes the given fields of a fact."""
    return contract.fact_of(operations.change_fact(tx(), tenant(), caller(), fact_id, body))


@routes.declare("DELETE", "/<id:fact_id>", access=BUSINESS, returns=contract.DeletedFact)
def delete_fact(fact_id: int) -> contract.DeletedFact:
    """Deletes a fact."""
    operations.delete_fact(tx(), tenant(), caller(), fact_id)
    return contract.DeletedFact(id=fact_id)
