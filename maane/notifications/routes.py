"""``/api/business/current/notifications``."""

from __future__ import annotations

import secrets
from typing import cast

from flask import current_app

from maane.kit.db import Transaction
from maane.kit.endpoint import Routes, database, tx
from maane.notifications import contract, operations, smtp
from maane.settings import Settings
from maane.tenancy.access import BUSINESS, caller, tenant
from maane.tenancy.contract import PageQuery

routes = Routes("notifications", __name__, url_prefix="/api/business/current/notifications")


@routes.declare("GET", "", access=BUSINESS, query=PageQuery, returns=contract.NotificationPage)
def list_notifications(query: PageQuery) -> contract.NotificationPage:
    """What people of this business were told, newest first, and how each telling went."""
    rows, following = operations.list_notifications(
        tx(), tenant(), caller(), limit=query.limit, after=query.after
    )
    items = [contract.notification_of(row) for row in rows]
    return contract.NotificationPage(items=items, next=following)


@routes.declare("GET", "/unread", access=BUSINESS, returns=contract.Unread)
def count_unread_notifications() -> contract.Unread:
    """How many the caller has not read."""
    return _unread()


@routes.declare(
    "PUT", "/read", access=BUSINESS, body=contract.ReadUpToBody, returns=contract.Unread
)
def read_notifications(body: contract.ReadUpToBody) -> contract.Unread:
    """Notes that the caller has read everything up to one."""
    operations.mark_read_up_to(tx(), tenant(), caller(), body.notification_id)
    return _unread()


@routes.declare("PUT", "/<id:notification_id>/read", access=BUSINESS, returns=contract.Unread)
def read_notification(notification_id: int) -> contract.Unread:
    """Notes that the caller has read one."""
    operations.mark_read(tx(), tenant(), caller(), notification_id)
    return _unread()


@routes.declare("GET", "/settings", access=BUSINESS, returns=contract.NotificationSettings)
def get_notification_settings() -> contract.NotificationSettings:
    """Who is told, and after how long again."""
    return _shown_settings(tx())


@routes.declare(
    "PUT",
    "/settings",
    access=BUSINESS,
    body=contract.SettingsBody,
    returns=contract.NotificationSettings,
)
def replace_notification_settings(body: contract.SettingsBody) -> contract.NotificationSettings:
    """Changes it from the next notification on."""
    chosen = operations.Chosen(
        tuple(body.emails), body.owner_phone, body.escalate_after_min, body.escalation_email
    )
    operations.change_settings(tx(), tenant(), caller(), chosen)
    return _shown_settings(tx())


@routes.declare(
    "POST",
    "/test-email",
    access=BUSINESS,
    body=contract.TestEmailBody,
    returns=contract.TestEmail,
    transaction=None,
)
def send_test_email(body: contract.TestEmailBody) -> contract.TestEmail:
    """Sends a test to one of the saved addresses and says what the mail server answered."""
    with database().transaction(tenant().id) as transaction:
        letter = operations.begin_test(transaction, tenant(), caller(), body.email)
    mail = smtp.Mail(
        to=body.email,
        subject=letter.headline,
        body=letter.body,
        language=tenant().language,
        key=f"test.{tenant().id}.{secrets.token_hex(8)}",
    )
    try:
        return contract.TestEmail(result="accepted", answer=smtp.send(_settings(), mail))
    except smtp.MailError as error:
        return contract.TestEmail(result=error.reason, answer=error.answer)


def _unread() -> contract.Unread:
    unread, newest_id = operations.unread(tx(), tenant(), caller())
    return contract.Unread(unread=unread, newest_id=newest_id)


def _shown_settings(transaction: Transaction) -> contract.NotificationSettings:
    chosen = operations.settings_of(transaction, tenant())
    window = operations.window_of_phone(transaction, tenant(), chosen.owner_phone)
    return contract.settings_of(
        chosen,
        has_smtp=_settings().has_smtp,
        phone_until=None if window is None else window[1],
    )


def _settings() -> Settings:
    return cast("Settings", current_app.extensions["maane.settings"])
