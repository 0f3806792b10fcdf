"""The hours of a business over HTTP, and what appointments make of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from maane.appointments import availability
from maane.hours import holidays
from maane.tenancy.access import tenant_for_job
from tests.people import A, Browser, World

PATH = "/api/business/current/hours"
OFFICE = [[{"opens": "09:00", "closes": "17:00"}]] * 5 + [[], []]
NOTHING: dict[str, Any] = {"week": None, "holidays": [], "eve": "usual", "days": []}


@pytest.fixture
def owner(world: World) -> Browser:
    return world.browser("owner_a")


def test_nothing_said_is_always_open(world: World, owner: Browser) -> None:
    shown: Any = owner.get(PATH).json
    assert (shown["week"], shown["is_open"], shown["changes_at"]) == (None, True, None)
    assert (shown["closures"], shown["updated_at"]) == ([], None)
    assert [preset["key"] for preset in shown["presets"]] == list(holidays.NAMES)
    assert all(preset["next"] for preset in shown["presets"])


def test_all_of_it_is_kept_listed_and_audited_once(world: World, owner: Browser) -> None:
    far = (date.today() + timedelta(days=200)).isoformat()
    body = {
        "week": OFFICE,
        "holidays": ["shavuot", "pesach", "pesach"],
        "eve": "until",
        "eve_closes": "12:30",
        "days": [{"first": far, "last": far, "name": "חופשה", "is_open": False}],
    }
    for _ in range(2):
        answer = owner.write("PUT", PATH, body)
        assert answer.status_code == 200
    shown: Any = answer.json
    assert (shown["week"], shown["holidays"]) == (OFFICE, ["pesach", "shavuot"])
    assert (shown["eve"], shown["eve_closes"], shown["days"]) == ("until", "12:30", body["days"])
    found = [(c["kind"], c["name"], c["closes"]) for c in shown["closures"]]
    assert sorted(found) == [
        ("eve", "pesach", "12:30"),
        ("eve", "shavuot", "12:30"),
        ("holiday", "pesach", None),
        ("holiday", "shavuot", None),
        ("own", "חופשה", None),
    ]
    assert shown["changes_at"] is not None
    assert owner.get(PATH).json == shown
    other: Any = world.browser("owner_b").get(PATH).json
    assert other["updated_at"] is None
    log: Any = owner.get("/api/business/current/audit").json
    assert [e["action"] for e in log["items"]].count("hours.changed") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"week": [[]] * 7},
        {"week": [[{"opens": "22:00", "closes": "02:00"}]] + [[]] * 6},
        {
            "week": [[{"opens": "09:00", "closes": "12:00"}, {"opens": "11:00", "closes": "13:00"}]]
            + [[]] * 6
        },
        {"week": OFFICE[:6]},
        {"holidays": ["christmas"]},
        {"eve": "until"},
        {"eve": "until", "eve_closes": "25:00"},
        {"days": [{"first": "2027-01-02", "last": "2027-01-01"}]},
        {"days": [{"first": "2027-01-01", "last": "2029-01-01"}]},
        {"days": [{"first": "2027-02-30", "last": "2027-03-01"}]},
        {"days": [{"first": "2027-01-01", "last": "2027-01-01", "name": "x" * 101}]},
    ],
)
def test_what_makes_no_sense_is_refused_and_loses_nothing(
    owner: Browser, wrong: dict[str, Any]
) -> None:
    before = owner.get(PATH).json
    assert owner.write("PUT", PATH, NOTHING | wrong).status_code == 422
    assert owner.get(PATH).json == before


def test_a_closed_day_offers_and_takes_no_appointments_of_customers(
    world: World, owner: Browser
) -> None:
    times = "/api/business/current/appointments"
    day = date.today() + timedelta(days=3)
    week = {
        "week": [[{"opens": "09:00", "closes": "11:00"}]] * 7,
        "length_min": 60,
        "notice_min": 0,
        "ahead_days": 10,
        "capacity": 1,
    }
    assert owner.write("PUT", f"{times}/availability", week).status_code == 200
    assert owner.get(f"{times}/free?day={day}").json == {
        "day": str(day),
        "times": ["09:00", "10:00"],
    }
    closed = {"first": str(day), "last": str(day), "name": "", "is_open": False}
    assert owner.write("PUT", PATH, NOTHING | {"days": [closed]}).status_code == 200
    assert owner.get(f"{times}/free?day={day}").json == {"day": str(day), "times": []}
    with world.database.transaction(A, writes=False) as tx:
        tenant = tenant_for_job(tx, A)
        rules, _ = availability.get_rules(tx, tenant)
        offered = availability.offered_times(tx, tenant, rules, day, limit=1)
        assert offered[0].starts_at.astimezone(rules.zone).date() == day + timedelta(days=1)
    # People of the business may book on it nevertheless, as outside all other hours.
    body = {"date": str(day), "time": "09:00", "name": "דנה"}
    assert owner.write("POST", times, body).status_code == 201
