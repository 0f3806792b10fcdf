"""``/api/admin`` and a business's own audit log."""

from __future__ import annotations

from maane.auth.contract import Me, me_of
from maane.auth.routes import continue_as, signed_in
from maane.kit.endpoint import Routes, database, tx
from maane.tenancy import audit, contract, impersonation, operations
from maane.tenancy.access import ADMIN, ADMIN_OF, BUSINESS, STOP, caller, tenant

routes = Routes("tenancy", __name__, url_prefix="/api")


@routes.declare(
    "GET",
    "/admin/businesses",
    access=ADMIN,
    query=contract.PageQuery,
    returns=contract.BusinessPage,
)
def list_businesses(query: contract.PageQuery) -> contract.BusinessPage:
    """The businesses that the caller may administer, newest first."""
    rows, following = operations.list_businesses(
        tx(), caller(), limit=query.limit, after=query.after
    )
    return contract.BusinessPage(items=[contract.business_of(r) for r in rows], next=following)


@routes.declare(
    "POST",
    "/admin/businesses",
    access=ADMIN,
    body=contract.BusinessBody,
    returns=contract.Business,
    status=201,
)
def create_business(body: contract.BusinessBody) -> contract.Business:
    """Creates a business; a manager is assigned to it."""
    return contract.business_of(operations.create_business(tx(), caller(), body))


@routes.declare(
    "GET", "/admin/businesses/<id:business_id>", access=ADMIN_OF, returns=contract.Business
)
def get_business(business_id: int) -> contract.Business:
    """One business."""
    return contract.business_of(operations.get_business(tx(), business_id))


@routes.declare(
    "PATCH",
    "/admin/businesses/<id:business_id>",
    access=ADMIN_OF,
    body=contract.BusinessPatch,
    returns=contract.Business,
)
def change_business(business_id: int, body: contract.BusinessPatch) -> contract.Business:
    """Changes the given fields; a suspended business serves nobody until it is active again."""
    return contract.business_of(operations.change_business(tx(), caller(), business_id, body))


@routes.declare(
    "POST",
    "/admin/businesses/<id:business_id>/impersonate",
    access=ADMIN_OF,
    body=contract.ImpersonationBody,
    body_is_optional=True,
    returns=Me,
    transaction=None,
)
def start_impersonation(business_id: int, body: contract.ImpersonationBody) -> Me:
    """Enters the business as its owner would, for thirty minutes."""
    session = signed_in()
    with database().transaction() as transaction:
        cookie = impersonation.start(transaction, caller(), session, business_id, body.reason)
    return me_of(session if cookie is None else continue_as(cookie))


@routes.declare("POST", "/admin/impersonate/stop", access=STOP, returns=Me, transaction=None)
def stop_impersonation() -> Me:
    """Leaves the business; 200 also when there is nothing to stop."""
    session = signed_in()
    with database().transaction() as transaction:
        cookie = impersonation.stop(transaction, caller(), session)
    return me_of(session if cookie is None else continue_as(cookie))


@routes.declare(
    "GET", "/business/current/users", access=BUSINESS, returns=contract.BusinessUserList
)
def list_users() -> contract.BusinessUserList:
    """The people who are at home in this business."""
    users = operations.list_users(tx(), tenant())
    items = [contract.BusinessUser(id=user.id, name=user.name) for user in users]
    return contract.BusinessUserList(items=items)


@routes.declare(
    "GET",
    "/business/current/audit",
    access=BUSINESS,
    query=contract.PageQuery,
    returns=contract.AuditPage,
)
def list_audit(query: contract.PageQuery) -> contract.AuditPage:
    """Who did what in this business, the agency's people included."""
    rows, following = audit.list_events(tx(), tenant(), limit=query.limit, after=query.after)
    return contract.AuditPage(items=[contract.audit_entry_of(r) for r in rows], next=following)
