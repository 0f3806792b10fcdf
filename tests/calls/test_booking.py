"""Appointments that are made on the phone, by both engines: what is booked was told by us, and what was
not told is not booked or is told next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select

from maane.appointments import availability
from maane.appointments.contract import AvailabilityBody
from maane.appointments.models import Appointment, AppointmentLead
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import Exchange
from tests.calls.relays import Relays
from tests.fakes import calls, told
from tests.people import A

ZONE = ZoneInfo("Asia/Jerusalem")
DAY = datetime.now(ZONE).date() + timedelta(days=2)
NINE = f"{DAY}T09:00"
CLAIM = "Your appointment is booked, see you at 9!"
"""What a model says that believes in itself; nobody may ever hear it."""


@pytest.fixture(autouse=True)
def open_week(exchange: Exchange) -> Iterator[None]:
    """Business A takes appointments each morning, and nobody is booked."""
    week = [[{"opens": "09:00", "closes": "12:00"}]] * 7
    rules = {"length_min": 30, "notice_min": 0, "ahead_days": 30, "capacity": 1}
    _open(exchange, AvailabilityBody.model_validate({"week": week} | rules))
    yield
    with exchange.town.database.transaction(A) as tx:
        tx.execute(delete(AppointmentLead))
        for row in tx.scalars(select(Appointment)):
            row.status = "cancelled"
    _open(exchange, AvailabilityBody.model_validate({"week": [[]] * 7} | rules))


def _open(exchange: Exchange, body: AvailabilityBody) -> None:
    with exchange.town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        availability.replace_availability(tx, tenant, caller_for_job(tenant), body)


def booked(exchange: Exchange) -> list[str]:
    rows = exchange.rows(select(Appointment).where(Appointment.status == "booked"))
    return [f"{row.starts_at.astimezone(ZONE):%Y-%m-%dT%H:%M}" for row in rows]


def books(messages: list[dict[str, Any]]) -> str | dict[str, Any]:
    """A model that books nine o'clock where it is asked for, and says so itself."""
    if not told(messages) and "9" not in messages[-1]["content"].splitlines()[-1]:
        return "בסדר."
    return CLAIM if told(messages) else calls(("book_time", {"starts_at": NINE}))


def test_a_time_is_booked_and_told_over_plain_http(exchange: Exchange) -> None:
    exchange.model.say = books
    line = exchange.call()
    said = line.speak("תקבעו לי ל-9")
    assert said.startswith("נקבע לך תור")
    assert "09:00" in said
    assert booked(exchange) == [NINE]
    line.hang_up()
    assert exchange.kept(line).outcome == "booked"


def test_who_hangs_up_before_they_are_told_is_not_booked(exchange: Exchange) -> None:
    began: list[float] = []

    def say(messages: list[dict[str, Any]]) -> str | dict[str, Any]:
        if told(messages):
            began.append(time.monotonic())
            time.sleep(1.5)
        return books(messages)

    exchange.model.say = say
    line = exchange.call()
    assert line.gather is not None
    url = line.gather.attrib["action"]
    with ThreadPoolExecutor(1) as pool:
        turn = pool.submit(line.post, url, line.fields(SpeechResult="תקבעו לי ל-9"))
        exchange.wait(lambda: bool(began))
        line.hang_up()
        turn.result()
    exchange.wait(lambda: all(turn.state != "thinking" for turn in exchange.turns(line)))
    assert booked(exchange) == []
    assert ("customer", "תקבעו לי ל-9") in exchange.said(line)


def test_a_time_is_booked_and_told_over_a_socket_by_us_alone(relays: Relays) -> None:
    relays.model.say = books
    session = relays.call()
    said = session.ask("תקבעו לי ל-9")
    assert said.startswith("נקבע לך תור")
    assert CLAIM not in "".join(frame.get("token", "") for frame in session.frames)
    assert booked(relays.exchange) == [NINE]
    session.hang_up()
    relays.exchange.wait(lambda: relays.exchange.kept(session.line).outcome == "booked")


def test_who_speaks_while_it_is_being_booked_is_not_booked(relays: Relays) -> None:
    began: list[float] = []

    def say(messages: list[dict[str, Any]]) -> str | dict[str, Any]:
        if told(messages):
            began.append(time.monotonic())
            time.sleep(1.0)
        return books(messages)

    relays.model.say = say
    session = relays.call()
    session.say("תקבעו לי ל-9")
    relays.exchange.wait(lambda: bool(began))
    session.interrupt("", 0)
    assert session.answer() == ""
    assert session.ask("בעצם לא, תודה") == "בסדר."
    time.sleep(1.2)
    assert booked(relays.exchange) == []
    session.hang_up()


def test_of_a_booking_that_was_spoken_over_the_caller_is_told_next(relays: Relays) -> None:
    relays.model.say = books
    session = relays.call()
    assert session.ask("תקבעו לי ל-9").startswith("נקבע לך תור")
    assert booked(relays.exchange) == [NINE]
    session.interrupt("נקבע", 300)
    following = session.ask("מה שלומך?")
    assert following.startswith("נקבע לך תור")
    assert "09:00" in following
    assert booked(relays.exchange) == [NINE]
    session.hang_up()
