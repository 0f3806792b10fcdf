"""What the command line does to the database, as Maane itself: no session, but audited."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from maane.auth import operations as auth
from maane.auth import store as auth_store
from maane.channels.voice import connection as voice
from maane.channels.whatsapp import connection as whatsapp
from maane.kit.db import Database
from maane.kit.errors import Invalid
from maane.settings import Settings
from maane.tenancy import audit, operations, store
from maane.tenancy.access import caller_for_job, tenant_for_job
from maane.tenancy.contract import BusinessBody
from maane.tenancy.database import check_role


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database for one command, with the same checks as a server's."""
    database = Database(settings.database)
    try:
        check_role(database)
        yield database
    finally:
        database.dispose()


def create_business(settings: Settings, body: BusinessBody) -> int:
    """Returns the id of the new business."""
    with opened(settings) as database, database.transaction() as tx:
        return operations.create_business(tx, caller_for_job(), body).id


def create_user(
    settings: Settings,
    *,
    email: str,
    role: str,
    name: str,
    business_id: int | None,
    password: str,
) -> int:
    """Returns the id of the new user. Raises ``Invalid`` and ``Conflict``."""
    with opened(settings) as database, database.transaction() as tx:
        return operations.create_user(
            tx,
            caller_for_job(),
            email=email,
            name=name,
            role=role,
            password=password,
            business_id=business_id,
        ).id


def assign_manager(settings: Settings, *, email: str, business_id: int) -> None:
    """Lets a manager administer a business. Raises ``Invalid`` for an unknown one of either."""
    with opened(settings) as database, database.transaction() as tx:
        user = auth_store.find_user(tx, auth.normal_email(email))
        if user is None or user.role != "manager":
            raise Invalid.field("email", "unknown", "is not a manager's address")
        if store.find_business(tx, business_id) is None:
            raise Invalid.field("business", "unknown", "there is no such business")
        store.assign(tx, user.id, business_id)
        audit.record(
            tx,
            caller_for_job(),
            "manager.assigned",
            f"user:{user.id}",
            business_id=business_id,
        )


def connect_twilio_whatsapp(
    settings: Settings, business_id: int, account_sid: str, number: str, auth_token: str
) -> None:
    """Connects a number at Twilio. Raises ``NotFound`` and ``Conflict``."""
    with opened(settings) as database, database.transaction(business_id) as tx:
        tenant = tenant_for_job(tx, business_id)
        whatsapp.connect_twilio(
            tx, tenant, caller_for_job(tenant), settings, account_sid, number, auth_token
        )


def connect_twilio(
    settings: Settings, business_id: int, account_sid: str, number: str, auth_token: str
) -> None:
    """Connects a number at Twilio for calls. Raises ``NotFound`` and ``Conflict``."""
    with opened(settings) as database, database.transaction(business_id) as tx:
        tenant = tenant_for_job(tx, business_id)
        voice.connect(tx, tenant, caller_for_job(tenant), settings, account_sid, number, auth_token)


def connect_whatsapp(
    settings: Settings, business_id: int, phone_number_id: str, access_token: str
) -> None:
    """Connects a number at Meta. Raises ``NotFound`` and ``Conflict``."""
    with opened(settings) as database, database.transaction(business_id) as tx:
        tenant = tenant_for_job(tx, business_id)
        whatsapp.connect_number(
            tx, tenant, caller_for_job(tenant), settings, phone_number_id, access_token
        )
