"""A business that is closed, with real processes: the model is told so, and who is promised a person is
told when there is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from maane.hours import operations
from maane.hours.contract import HoursBody
from maane.hours.words import day_in_words
from maane.jobs.queue import Jobs
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fakes import calls
from tests.people import A
from tests.town import Town

ZONE = ZoneInfo("Asia/Jerusalem")


def _set(town: Town, body: dict[str, Any]) -> None:
    jobs = Jobs(town.database, town.settings.secret("partitions"))
    with town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        operations.replace(
            tx,
            jobs,
            tenant,
            caller_for_job(tenant),
            HoursBody.model_validate(body),
        )


@pytest.fixture
def opens_on(town: Town) -> Iterator[str]:
    """Business A is closed today and tomorrow; the day on which it opens, in Hebrew."""
    today = datetime.now(ZONE).date()
    closed = {"first": today, "last": today + timedelta(days=1), "name": "שיפוץ", "is_open": False}
    week = [[{"opens": "09:00", "closes": "24:00"}]] * 7
    _set(town, {"week": week, "holidays": [], "eve": "usual", "days": [closed]})
    yield day_in_words(today + timedelta(days=2), "he")
    _set(town, {"week": None, "holidays": [], "eve": "usual", "days": []})


def test_the_model_is_told_nothing_of_hours_that_nobody_set(town: Town) -> None:
    customer = town.customer()
    customer.write("אתם פתוחים?")
    customer.wait_for_answers(1)
    asked = town.model.requests[-1]["body"]["messages"][0]["content"]
    assert "Hours:" not in asked


def test_the_model_is_told_that_it_is_closed_and_when_it_opens(town: Town, opens_on: str) -> None:
    customer = town.customer()
    customer.write("אתם פתוחים?")
    customer.wait_for_answers(1)
    asked = town.model.requests[-1]["body"]["messages"][0]["content"]
    now = datetime.now(ZONE)
    assert f"it is now {now:%A, %Y-%m-%d}" in asked
    assert f"closed now, and opens next on {now + timedelta(days=2):%A, %Y-%m-%d} 09:00" in asked
    assert f"{now:%A %Y-%m-%d} closed (שיפוץ)" in asked


def test_a_handover_says_when_somebody_is_there(town: Town, opens_on: str) -> None:
    def say(messages: list[dict[str, Any]]) -> str | dict[str, Any]:
        town.model.tokens = 5 if len(messages) < 3 else 50_000
        return calls(("hand_to_person", {"reason": "x"}))

    town.model.say = say
    customer = town.customer()
    customer.write("אפשר אדם?")
    (answer,) = customer.wait_for_answers(1)
    town.model.tokens = 5
    assert answer.text == (
        "העברתי את השיחה לאיש צוות של Business A. יחזרו אליך כאן. "
        f"כרגע אנחנו סגורים. נפתח ב{opens_on} בשעה 09:00."
    )


def test_a_message_that_was_taken_says_so_too(town: Town, opens_on: str) -> None:
    town.model.status = 500
    customer = town.customer()
    for number, words in enumerate(("שלום", "דנה לוי", "צריכה תספורת"), 1):
        customer.write(words)
        customer.wait_for_answers(number)
    said = [answer.text for answer in customer.answers()]
    closing = f"כרגע אנחנו סגורים. נפתח ב{opens_on} בשעה 09:00."
    assert [text.endswith(closing) for text in said] == [False, False, True]
    assert {answer.author for answer in customer.answers()} == {"intake"}
