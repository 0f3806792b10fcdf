"""The same with real processes: a worker that is killed, bursts, and a business that opens and closes."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from maane.channels.whatsapp.sending import INTERRUPTED
from maane.conversations.models import Conversation
from maane.hours import operations
from maane.hours.contract import HoursBody
from maane.hours.words import day_in_words
from maane.jobs.queue import Jobs
from maane.notifications.models import Notification
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.clock import ZONE
from tests.people import A
from tests.town import Customer, Town

KILLS = 8
OPEN: dict[str, Any] = {"week": None, "holidays": [], "eve": "usual", "days": []}


def _set(town: Town, **values: Any) -> None:
    jobs = Jobs(town.database, town.settings.secret("partitions"))
    with town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        body = HoursBody.model_validate(OPEN | values)
        operations.replace(
            tx,
            jobs,
            tenant,
            caller_for_job(tenant),
            body,
        )


def _close(town: Town) -> str:
    """Closes the business for today and tomorrow; what it says then."""
    today = datetime.now(ZONE).date()
    closed = {"first": today, "last": today + timedelta(days=1), "name": "", "is_open": False}
    _set(town, days=[closed], says_away=True, away_text="סגור. נפתח {opens}.")
    return f"סגור. נפתח ב{day_in_words(today + timedelta(days=2), 'he')} בשעה 00:00."


@pytest.fixture
def away_text(town: Town) -> Iterator[str]:
    yield _close(town)
    _set(town)


def _notices(customer: Customer) -> list[str]:
    mine = select(Conversation.id).where(Conversation.contact_key == customer.digits)
    with customer.town.database.transaction(A, writes=False) as tx:
        key = tx.scalars(mine).one()
        wanted = select(Notification.kind).where(Notification.conversation_id == key)
        return list(tx.scalars(wanted.order_by(Notification.id)))


def test_a_burst_to_a_closed_business_gets_one_text_and_two_closed_times_two(
    town: Town, away_text: str
) -> None:
    town.pause(1)
    asked = len(town.model.requests)
    customer = town.customer()
    for words in ("שלום", "אפשר תור?", "למחר"):
        customer.write(words)
    (answer,) = customer.wait_for_answers(1)
    assert answer.text == away_text
    assert _notices(customer) == ["away"]
    customer.write("הלו?")
    customer.wait(lambda: len(customer.messages()) == 5)
    assert len(town.model.requests) == asked
    _set(town)
    customer.write("פתחתם?")
    assert customer.wait_for_answers(2)[-1].text.endswith("פתחתם?")
    _close(town)
    for words in ("ועכשיו?", "הלו?"):
        customer.write(words)
    assert customer.wait_for_answers(3)[-1].text == away_text
    customer.wait(lambda: len(customer.messages()) == 10)
    assert len(customer.sent()) == 3
    assert _notices(customer) == ["away", "away"]


def test_a_worker_killed_at_random_points_leaves_one_away_text_each(
    town: Town, away_text: str
) -> None:
    points = random.Random(20261127)
    town.graph.delay_s = 0.1
    for _ in range(KILLS):
        customers = [town.customer() for _ in range(2)]
        for customer in customers:
            customer.write("שלום")
            customer.write("אפשר תור?")
        time.sleep(points.uniform(0, 0.5))
        town.end_worker(signal.SIGKILL)
        town.start_worker()
        for customer in customers:
            customer.wait(lambda customer=customer: _is_settled(customer))
            customer.wait(lambda customer=customer: len(customer.messages()) == 3)
            assert [answer.text for answer in customer.answers()] == [away_text]
            assert len(customer.sent()) <= 1
            assert _notices(customer) == ["away"]


def _is_settled(customer: Customer) -> bool:
    return any(a.status == "sent" or a.error == INTERRUPTED for a in customer.answers())
