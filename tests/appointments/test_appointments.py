"""Appointments that people of a business make: when they can be had, and what stands in the way."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

import maane.ops.tables  # noqa: F401
from maane.appointments import operations
from maane.appointments.contract import AppointmentBody
from maane.appointments.models import Appointment
from maane.appointments.operations import Customer
from maane.kit.db import Database
from maane.kit.errors import Conflict
from maane.tenancy.access import caller_for_job, tenant_for_job
from maane.tenancy.models import AuditEvent
from tests.people import A, Browser, World

PATH = "/api/business/current/appointments"
AVAILABILITY = f"{PATH}/availability"
ZONE = ZoneInfo("Asia/Jerusalem")
OPEN = {
    "week": [[{"opens": "16:00", "closes": "18:00"}, {"opens": "09:00", "closes": "12:00"}]] * 7,
    "length_min": 30,
    "notice_min": 60,
    "ahead_days": 30,
    "capacity": 1,
}


def day(ahead: int = 3) -> str:
    return (datetime.now(ZONE).date() + timedelta(days=ahead)).isoformat()


def visit(**more: Any) -> dict[str, Any]:
    return {"date": day(), "time": "10:00", "name": "רותי", "phone": "050-765-4321"} | more


def listed(browser: Browser, ahead: int = 3) -> list[dict[str, Any]]:
    answer = browser.get(f"{PATH}?day={day(ahead)}&days=1")
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_a_business_begins_closed_and_says_when_it_is_open(world: World) -> None:
    owner = world.browser("owner_a")
    before = owner.get(AVAILABILITY).json
    assert before["week"] == [[]] * 7
    assert (before["is_offered"], before["updated_at"]) == (False, None)
    saved = owner.write("PUT", AVAILABILITY, OPEN).json
    assert saved["week"][0] == [
        {"opens": "09:00", "closes": "12:00"},
        {"opens": "16:00", "closes": "18:00"},
    ]
    assert saved["is_offered"]
    assert saved["timezone"] == "Asia/Jerusalem"
    assert owner.write("PUT", AVAILABILITY, OPEN).json == saved
    assert world.browser("owner_b").get(AVAILABILITY).json["is_offered"] is False
    with world.database.transaction(A, writes=False) as tx:
        changed = select(func.count()).where(AuditEvent.action == "availability.changed")
        assert tx.scalar(changed) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"week": [[]] * 6},
        {"week": [[]] * 8},
        {"week": [[{"opens": "09:00", "closes": "09:00"}]] * 7},
        {"week": [[{"opens": "24:00", "closes": "24:00"}]] * 7},
        {"week": [[{"opens": "9:00", "closes": "12:00"}]] * 7},
        {
            "week": [[{"opens": "09:00", "closes": "12:00"}, {"opens": "11:00", "closes": "13:00"}]]
            * 7
        },
        {"week": [[{"opens": "09:00", "closes": "09:20"}]] * 7},
        {"length_min": 4},
        {"capacity": 0},
        {"ahead_days": 366},
        {"notice_min": -1},
        {"business_id": 2},
    ],
)
def test_a_week_that_is_none_is_refused(world: World, wrong: dict[str, Any]) -> None:
    owner = world.browser("owner_a")
    answer = owner.write("PUT", AVAILABILITY, OPEN | wrong)
    assert (answer.status_code, answer.json["error"]) == (422, "invalid")
    assert owner.get(AVAILABILITY).json["updated_at"] is None


def test_a_person_books_and_cancels_and_the_time_is_free_again(world: World) -> None:
    owner = world.browser("owner_a")
    owner.write("PUT", AVAILABILITY, OPEN)
    assert "10:00" in owner.get(f"{PATH}/free?day={day()}").json["times"]
    made = owner.write("POST", PATH, visit(note="צבע"))
    assert made.status_code == 201
    at = datetime.fromisoformat(made.json["starts_at"]).astimezone(ZONE)
    assert (at.date().isoformat(), f"{at:%H:%M}") == (day(), "10:00")
    assert (made.json["name"], made.json["phone"], made.json["note"]) == (
        "רותי",
        "+972507654321",
        "צבע",
    )
    assert (made.json["made_by"], made.json["made_by_name"]) == ("person", "owner_a")
    assert "10:00" not in owner.get(f"{PATH}/free?day={day()}").json["times"]
    again = owner.write("POST", PATH, visit(time="10:15"))
    assert (again.status_code, again.json) == (409, {"error": "conflict", "reason": "taken"})
    cancel = f"{PATH}/{made.json['id']}/cancel"
    cancelled = owner.write("POST", cancel).json
    assert (cancelled["status"], cancelled["cancelled_by_name"]) == ("cancelled", "owner_a")
    twice = owner.write("POST", cancel)
    assert (twice.status_code, twice.json["reason"]) == (409, "already_cancelled")
    assert owner.write("POST", PATH, visit(time="10:15")).status_code == 201
    assert [a["status"] for a in listed(owner)] == ["cancelled", "booked"]
    assert listed(owner, 4) == []
    with world.database.transaction(A, writes=False) as tx:
        wanted = select(AuditEvent.action).where(AuditEvent.subject.like("appointment:%"))
        actions = list(tx.scalars(wanted.order_by(AuditEvent.id)))
    assert actions == ["appointment.booked", "appointment.cancelled", "appointment.booked"]


def test_people_of_a_business_may_book_outside_its_usual_times(world: World) -> None:
    owner = world.browser("owner_a")
    assert owner.write("POST", PATH, visit(time="23:30", length_min=90)).status_code == 201
    # It reaches into the next day, and is listed there too.
    assert len(listed(owner, 4)) == 1
    assert owner.write("POST", PATH, visit(date=day(4), time="00:30")).status_code == 409


def test_as_many_fit_in_as_the_capacity_says(world: World) -> None:
    owner = world.browser("owner_a")
    owner.write("PUT", AVAILABILITY, OPEN | {"capacity": 2})
    statuses = [owner.write("POST", PATH, visit()).status_code for _ in range(3)]
    assert statuses == [201, 201, 409]


@pytest.mark.parametrize(
    ("wrong", "status", "word"),
    [
        ({"date": "2020-01-01"}, 409, "past"),
        ({"date": "2099-12-31"}, 422, "too_far"),
        ({"date": "9999-12-31"}, 422, "less_than_equal"),
        ({"date": "2026-02-30"}, 422, "date_parsing"),
        ({"time": "25:00"}, 422, "string_pattern_mismatch"),
        ({"name": None}, 422, "missing"),
        ({"lead_id": 999}, 404, None),
        ({"lead_id": 2}, 404, None),
        ({"length_min": 481}, 422, "less_than_equal"),
        ({"phone": "x"}, 422, "value_error"),
    ],
)
def test_an_appointment_that_cannot_be_is_refused(
    world: World, wrong: dict[str, Any], status: int, word: str | None
) -> None:
    owner = world.browser("owner_a")
    answer = owner.write("POST", PATH, visit() | wrong)
    assert answer.status_code == status, answer.json
    if status == 422:
        assert answer.json["details"][0]["type"] == word
    elif status == 409:
        assert answer.json["reason"] == word
    assert owner.get(f"{PATH}?days=31").json["items"] == []


def test_a_time_that_the_clock_jumps_over_is_refused(world: World) -> None:
    owner = world.browser("owner_a")
    year = datetime.now(ZONE).year + 1
    # Israel's summer time begins on the Friday before the last Sunday of March.
    last = date(year, 3, 31)
    sunday = last - timedelta(days=last.isoweekday() % 7)
    friday = (sunday - timedelta(days=2)).isoformat()
    answer = owner.write("POST", PATH, visit(date=friday, time="02:30"))
    assert answer.status_code == 422
    assert answer.json["details"][0]["type"] == "clock_change"


def test_a_lead_s_appointment_bears_its_name_moves_with_it_and_outlives_it(world: World) -> None:
    owner = world.browser("owner_a")
    made = owner.write("POST", PATH, visit(lead_id=1, name=None, phone=None)).json
    assert (made["lead_id"], made["name"], made["phone"]) == (1, "Lead of A", "+972502345678")
    owner.write("PATCH", "/api/business/current/leads/1", {"name": "Ruth"})
    assert listed(owner)[0]["name"] == "Ruth"
    other = owner.write("POST", "/api/business/current/leads", {"name": "The same"}).json["id"]
    merged = owner.write("POST", f"/api/business/current/leads/{other}/merge", {"from": 1})
    assert merged.status_code == 200
    of_lead = owner.get(f"/api/business/current/leads/{other}/appointments").json
    assert [a["id"] for a in of_lead["items"]] == [made["id"]]
    assert not of_lead["is_cut"]
    assert owner.write("DELETE", f"/api/business/current/leads/{other}").status_code == 200
    (left,) = listed(owner)
    assert (left["lead_id"], left["name"], left["status"]) == (None, None, "booked")
    assert owner.write("POST", PATH, visit()).status_code == 409


def test_another_business_s_appointment_is_not_there(world: World) -> None:
    made = world.browser("owner_a").write("POST", PATH, visit()).json
    other = world.browser("owner_b")
    assert listed(other) == []
    assert other.write("POST", f"{PATH}/{made['id']}/cancel").status_code == 404
    # The other's calendar is another one: the same time is free there.
    assert other.write("POST", PATH, visit()).status_code == 201


def _try(world_url: Any, number: int, barrier: Any) -> str:
    database = Database(world_url)
    try:
        return _book(database, number, barrier)
    finally:
        database.dispose()


def _book(database: Database, number: int, barrier: Any) -> str:
    """By hand or as the assistant does, by turns."""
    barrier.wait()
    try:
        with database.transaction(A) as tx:
            tenant = tenant_for_job(tx, A)
            caller = caller_for_job(tenant)
            if number % 2:
                body = AppointmentBody(
                    date=date.fromisoformat(day()), time="10:00", name=str(number)
                )
                operations.book(tx, tenant, caller, body)
            else:
                at = datetime.fromisoformat(f"{day()}T10:00").replace(tzinfo=ZONE)
                operations.book_offered(tx, tenant, caller, at, Customer(name=str(number)), "")
    except Conflict as problem:
        return str(problem.reason)
    return "booked"


def _is_taken_once(world: World, outcomes: list[str]) -> None:
    assert sorted(outcomes) == ["booked"] + ["taken"] * (len(outcomes) - 1)
    with world.database.transaction(A, writes=False) as tx:
        assert tx.scalar(select(func.count()).select_from(Appointment)) == 1


def test_of_many_threads_that_want_one_time_one_gets_it(world: World) -> None:
    world.browser("owner_a").write("PUT", AVAILABILITY, OPEN)
    many = 16
    barrier = Barrier(many)
    with ThreadPoolExecutor(many) as pool:
        tries = [pool.submit(_book, world.database, n, barrier) for n in range(many)]
        _is_taken_once(world, [one.result() for one in tries])


def test_of_many_processes_that_want_one_time_one_gets_it(world: World) -> None:
    world.browser("owner_a").write("PUT", AVAILABILITY, OPEN)
    many = 6
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(many) as pool:
        barrier = manager.Barrier(many)
        wanted = [(world.settings.database, n, barrier) for n in range(many)]
        _is_taken_once(world, pool.starmap(_try, wanted))
