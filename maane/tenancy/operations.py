"""Create, change and list businesses; create users for them."""

from __future__ import annotations

from collections.abc import Sequence

from maane.auth import operations as auth
from maane.auth.models import User
from maane.kit.db import Transaction, now
from maane.kit.errors import Forbidden, Invalid, NotFound
from maane.tenancy import audit, store
from maane.tenancy.access import Caller, Tenant
from maane.tenancy.contract import BusinessBody, BusinessPatch
from maane.tenancy.models import Business


def get_business(tx: Transaction, business_id: int) -> Business:
    """Raises ``NotFound``. The guard has already said that the caller may administer it."""
    business = store.find_business(tx, business_id)
    if business is None:
        raise NotFound
    return business


def list_businesses(
    tx: Transaction, caller: Caller, *, limit: int, after: str | None
) -> tuple[Sequence[Business], str | None]:
    """All for an admin, the assigned ones for a manager; newest first."""
    user_id = None if caller.role == "admin" else caller.user_id
    return store.list_businesses(tx, user_id, limit=limit, after=after)


def create_business(tx: Transaction, caller: Caller, body: BusinessBody) -> Business:
    """A new business. A manager who creates one is assigned to it at once."""
    at = now()
    business = Business(
        name=body.name,
        phone=body.phone,
        language=body.language,
        timezone=body.timezone,
        status="active",
        created_at=at,
        updated_at=at,
    )
    store.add_business(tx, business)
    if caller.role == "manager" and caller.user_id is not None:
        store.assign(tx, caller.user_id, business.id)
    audit.record(tx, caller, "business.created", f"business:{business.id}", business_id=business.id)
    return business


def change_business(
    tx: Transaction, caller: Caller, business_id: int, patch: BusinessPatch
) -> Business:
    """Changes the given fields. Suspending a business ends every session's way into it at once,
    since the guard reads its status with each request. Raises ``NotFound``."""
    if store.lock_business(tx, business_id) is None:
        raise NotFound
    business = get_business(tx, business_id)
    changes = {key: getattr(patch, key) for key in patch.model_fields_set}
    changed = sorted(key for key, value in changes.items() if getattr(business, key) != value)
    if not changed:
        return business
    for key in changed:
        setattr(business, key, changes[key])
    business.updated_at = now()
    tx.flush()
    audit.record(
        tx,
        caller,
        _verb(changed, business),
        f"business:{business_id} {','.join(changed)}",
        business_id=business_id,
    )
    return business


def _verb(changed: list[str], business: Business) -> str:
    if "status" in changed:
        return "business.suspended" if business.status == "suspended" else "business.reactivated"
    return "business.changed"


def list_retaining(tx: Transaction) -> Sequence[Business]:
    """The businesses that keep conversations for a time only, suspended ones too."""
    return store.list_retaining(tx)


def list_ids(tx: Transaction) -> Sequence[int]:
    """All businesses, suspended ones too."""
    return store.list_ids(tx)


def lock(tx: Transaction, tenant: Tenant) -> None:
    """Serializes the writes of one business that must not race, and looks once more whether it is
    active. Of what a turn locks it comes after the conversation and before a lead (decision 0004).
    Raises ``Forbidden`` when it was suspended after the guard had looked."""
    if not lock_and_look(tx, tenant):
        raise Forbidden("scope_fail")


def lock_and_look(tx: Transaction, tenant: Tenant) -> bool:
    """As ``lock``, for those who go on in a suspended business too. True while it is active."""
    status = store.lock_business(tx, tenant.id)
    if status is None:
        raise NotFound
    return status == "active"


def offer_appointments(tx: Transaction, tenant: Tenant, is_offered: bool) -> None:
    """Notes whether customers can have appointments."""
    get_business(tx, tenant.id).offers_appointments = is_offered
    tx.flush()


def keep_hours(tx: Transaction, tenant: Tenant) -> None:
    """Notes that the business said when it is there."""
    get_business(tx, tenant.id).keeps_hours = True
    tx.flush()


def is_active(tx: Transaction, tenant: Tenant) -> bool:
    """False for a suspended business: nobody is answered in its name."""
    return get_business(tx, tenant.id).status == "active"


def list_users(tx: Transaction, tenant: Tenant) -> Sequence[User]:
    """The users who are at home in this business, by name."""
    return auth.list_users_of(tx, tenant.id)


def create_user(
    tx: Transaction,
    caller: Caller,
    *,
    email: str,
    name: str,
    role: str,
    password: str,
    business_id: int | None,
) -> User:
    """A new user; ``business_id`` is their home. Raises ``Invalid`` and ``Conflict``."""
    if business_id is not None and store.find_business(tx, business_id) is None:
        raise Invalid.field("business", "unknown", "there is no such business")
    user = auth.create_user(
        tx, email=email, name=name, role=role, password=password, tenant_id=business_id
    )
    audit.record(tx, caller, "user.created", f"user:{user.id}", business_id=business_id)
    return user
