"""The same with real processes: jobs from the queue, and a worker that is killed."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from maane.channels.whatsapp.connection import connect_number
from maane.kit.db import Database, now
from maane.notifications.models import Delivery, Notification
from maane.notifications.operations import Chosen, change_settings
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fake_mail import FakeMail
from tests.fakes import FakeGraph, FakeModel, calls, told
from tests.people import A
from tests.serving import Server
from tests.town import NUMBER, SECRET, Customer, Town


@pytest.fixture(scope="module")
def mail() -> Iterator[FakeMail]:
    with FakeMail() as mail:
        yield mail


@pytest.fixture(scope="module")
def town(new_module_settings: Any, mail: FakeMail) -> Iterator[Town]:
    settings = new_module_settings()
    with FakeModel() as model, FakeGraph() as graph:
        variables = {
            "MAANE_WHATSAPP_APP_SECRET": SECRET,
            "MAANE_WHATSAPP_API_URL": graph.url,
            "MAANE_WORKER_ID": "the worker",
            "MAANE_SMTP_HOST": "127.0.0.1",
            "MAANE_SMTP_PORT": str(mail.port),
            "MAANE_SMTP_SECURITY": "none",
            "MAANE_SMTP_FROM": "maane@example.com",
        }
        database = Database(settings.database)
        with database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            caller = caller_for_job(tenant)
            connect_number(tx, tenant, caller, settings, NUMBER, "EAAG-token")
            change_settings(tx, tenant, caller, Chosen(("dana@example.com",)))
        with Server(settings, variables) as server:
            town = Town(settings, model, graph, server, variables, database)
            town.pause(0)
            model.say = lambda messages: (
                "מעבירה" if told(messages) else calls(("hand_to_person", {"reason": "asked"}))
            )
            town.start_worker()
            yield town
            town.end_worker()
        database.dispose()


def _deliveries(town: Town) -> list[Delivery]:
    with town.database.transaction(A, writes=False) as tx:
        return list(tx.scalars(select(Delivery).order_by(Delivery.id)))


def _hand_over(town: Town) -> Customer:
    customer = town.customer()
    customer.write("אפשר אדם?")
    customer.wait_for_answers(1)
    return customer


def test_a_handover_escalates_by_itself_when_its_time_has_come(town: Town, mail: FakeMail) -> None:
    with town.database.transaction(A, writes=False) as tx:
        known = len(tx.scalars(select(Notification)).all())
    mails = len(mail.mails)
    # The worker stands still while the test moves the time that it will find.
    town.end_worker()
    customer = town.customer()
    customer.write("אפשר אדם?")
    town.start_worker()
    customer.wait_for_answers(1)
    customer.wait(lambda: len(mail.mails) == mails + 1)
    customer.wait(lambda: _delayed(town) == 1)
    with town.database.transaction(A) as tx:
        tx.execute(update(Notification).values(escalates_at=now() - timedelta(seconds=1)))
    _wake(town)
    answers = customer.wait_for_answers(2)
    assert answers[-1].text.startswith("עדיין לא התפנה אדם")
    customer.wait(lambda: len(mail.mails) == mails + 2)
    time.sleep(0.5)
    assert len(customer.sent()) == 2
    with town.database.transaction(A, writes=False) as tx:
        kinds = [n.kind for n in tx.scalars(select(Notification).order_by(Notification.id))]
    assert kinds[known:] == ["handed_over", "escalated"]


def test_a_worker_that_is_killed_while_it_mails_leaves_one_mail_and_the_truth(
    town: Town, mail: FakeMail
) -> None:
    mails = len(mail.mails)
    mail.delay_s = 2.0
    customer = _hand_over(town)
    customer.wait(lambda: len(mail.mails) == mails + 1)
    town.end_worker(signal.SIGKILL)
    mail.delay_s = 0.0
    town.start_worker()
    customer.wait(lambda: _deliveries(town)[-1].status == "failed")
    assert _deliveries(town)[-1].reason == "interrupted"
    time.sleep(0.5)
    assert len(mail.mails) == mails + 1


def _delayed(town: Town) -> int:
    """How many jobs the queue keeps for later."""
    table = "workflow_status" if town.database.is_sqlite else "dbos.workflow_status"
    with town.database.engine.connect() as connection:
        statement = f"SELECT count(*) FROM {table} WHERE status = 'DELAYED'"
        return int(connection.exec_driver_sql(statement).scalar_one())


def _wake(town: Town) -> None:
    """Lets the queue's delay of a second look pass now: it is fifteen minutes otherwise."""
    owner = Database(town.settings.migration_database)
    schema = "" if owner.is_sqlite else "dbos."
    statement = (
        f"UPDATE {schema}workflow_status SET delay_until_epoch_ms = 0 WHERE status = 'DELAYED'"
    )
    with owner.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    owner.dispose()
