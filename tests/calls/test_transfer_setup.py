"""A business says who is rung when a caller wants a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from maane.channels.voice.connection import connect
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import ACCOUNTS, NUMBERS, ORIGIN, TOKENS
from tests.people import A, World

TRANSFER = "/api/business/current/phone/transfer"
DANA = {"name": "דנה", "phone": "054-234-5678", "when": "open"}
YOSSI = {"name": "יוסי", "phone": "+972 52-234-5678", "when": "closed"}


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    world = new_world(public_url=ORIGIN)
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        connect(tx, tenant, caller, world.settings, ACCOUNTS[A], NUMBERS[A], TOKENS[A])
    return world


def body(*people: dict[str, str], ring_s: int = 20) -> dict[str, Any]:
    return {"people": list(people), "ring_s": ring_s}


def test_nobody_is_rung_until_somebody_is_named(world: World) -> None:
    owner = world.browser("owner_a")
    assert owner.get(TRANSFER).json == {
        "chosen": {"people": [], "ring_s": 20},
        "countries": ["IL"],
        "reachable_now": [],
    }
    saved = owner.write("PUT", TRANSFER, body(DANA, YOSSI, ring_s=30))
    assert saved.status_code == 200, saved.json
    assert saved.json["chosen"] == {
        "people": [DANA | {"phone": "+972542345678"}, YOSSI | {"phone": "+972522345678"}],
        "ring_s": 30,
    }
    assert saved.json["reachable_now"] == ["דנה"]
    assert owner.get(TRANSFER).json == saved.json
    assert owner.write("PUT", TRANSFER, body()).json["chosen"]["people"] == []


def test_a_change_is_in_the_audit_log_once(world: World) -> None:
    owner = world.browser("owner_a")
    for _ in range(2):
        assert owner.write("PUT", TRANSFER, body(DANA)).status_code == 200
    lines = owner.get("/api/business/current/audit").json["items"]
    assert [one["action"] for one in lines].count("phone.transfer_changed") == 1


@pytest.mark.parametrize(
    ("phone", "wrong"),
    [
        ("+1 212-736-5000", "number_country"),
        ("+442071838750", "number_country"),
        ("1-900-123-456", "number_premium"),
        ("+881612345678", "number_country"),
        ("1-800-123-456", "number_premium"),
        ("054-123-4567", "number_unlisted"),
        ("03-612-3456", "number_own_number"),
        ("054-999", "value_error"),
        ("*2345", "value_error"),
        ("דנה", "value_error"),
    ],
)
def test_a_number_that_must_not_be_rung_is_refused_by_its_place(
    world: World, phone: str, wrong: str
) -> None:
    owner = world.browser("owner_a")
    assert owner.write("PUT", TRANSFER, body(DANA)).status_code == 200
    answer = owner.write("PUT", TRANSFER, body(DANA, YOSSI | {"phone": phone}))
    assert (answer.status_code, answer.json["error"]) == (422, "invalid")
    (detail,) = answer.json["details"]
    assert (detail["path"], detail["type"]) == (["people", 1, "phone"], wrong)
    assert len(owner.get(TRANSFER).json["chosen"]["people"]) == 1


def test_the_same_number_twice_is_refused(world: World) -> None:
    answer = world.browser("owner_a").write(
        "PUT", TRANSFER, body(DANA, YOSSI | {"phone": DANA["phone"]})
    )
    assert answer.status_code == 422
    assert answer.json["details"][0]["type"] == "number_repeated"


@pytest.mark.parametrize(
    "wrong",
    [
        body(ring_s=4),
        body(ring_s=61),
        body(DANA | {"when": "sometimes"}),
        body(DANA | {"name": " "}),
        body(DANA | {"name": "x" * 101}),
        body(*[YOSSI | {"phone": f"05223456{n}0"} for n in range(6)]),
    ],
)
def test_what_is_out_of_bounds_is_refused(world: World, wrong: dict[str, Any]) -> None:
    answer = world.browser("owner_a").write("PUT", TRANSFER, wrong)
    assert answer.status_code == 422, answer.json


def test_it_is_the_business_s_own(world: World) -> None:
    assert world.browser("owner_a").write("PUT", TRANSFER, body(DANA)).status_code == 200
    assert world.browser("owner_b").get(TRANSFER).json["chosen"]["people"] == []
