"""What a business wrote down: its own, in its order, on record, and found by what is asked."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from maane.facts import operations
from maane.facts.contract import FactBody
from maane.tenancy.access import caller_for_job, tenant_for_job
from maane.tenancy.models import AuditEvent
from tests.people import A, World

PATH = "/api/business/current/facts"
HOURS = {"kind": "hours", "title": "שעות פתיחה", "text": "א–ה 9:00–18:00"}
PRICE = {"kind": "price", "title": "תספורת", "text": "120 ש״ח"}


def test_an_owner_writes_facts_down_changes_and_deletes_them(world: World) -> None:
    owner = world.browser("owner_a")
    hours = owner.write("POST", PATH, json=HOURS)
    price = owner.write("POST", PATH, json=PRICE | {"position": 0})
    assert (hours.status_code, price.status_code) == (201, 201)
    assert [f["title"] for f in _facts(owner)] == ["תספורת", "שעות פתיחה"]
    key = price.json["id"]
    changed = owner.write("PATCH", f"{PATH}/{key}", json={"text": "130 ש״ח", "position": 9})
    assert (changed.json["text"], changed.json["title"]) == ("130 ש״ח", "תספורת")
    assert [f["title"] for f in _facts(owner)] == ["שעות פתיחה", "תספורת"]
    assert owner.write("DELETE", f"{PATH}/{key}").json == {"deleted": True, "id": key}
    assert owner.write("DELETE", f"{PATH}/{key}").status_code == 404
    with world.database.transaction(A, writes=False) as tx:
        wanted = select(AuditEvent.action).where(AuditEvent.subject.like("fact:%"))
        actions = list(tx.scalars(wanted.order_by(AuditEvent.id)))
    assert actions == ["fact.created", "fact.created", "fact.changed", "fact.deleted"]


def test_a_fact_of_another_business_is_not_there(world: World) -> None:
    key = world.browser("owner_a").write("POST", PATH, json=HOURS).json["id"]
    other = world.browser("owner_b")
    assert _facts(other) == []
    assert other.write("PATCH", f"{PATH}/{key}", json={"text": "x"}).status_code == 404
    assert other.write("DELETE", f"{PATH}/{key}").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "secret"},
        {"title": " "},
        {"text": "  \n "},
        {"text": "x" * 2001},
        {"position": -1},
        {"position": 1.5},
        {"business_id": 2},
    ],
)
def test_a_fact_that_is_none_is_refused(world: World, wrong: dict[str, Any]) -> None:
    owner = world.browser("owner_a")
    assert owner.write("POST", PATH, json=HOURS | wrong).status_code == 422
    assert _facts(owner) == []


def test_there_is_an_end_to_facts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "MOST_FACTS", 1)
    owner = world.browser("owner_a")
    assert owner.write("POST", PATH, json=HOURS).status_code == 201
    answer = owner.write("POST", PATH, json=PRICE)
    assert (answer.status_code, answer.json) == (
        409,
        {"error": "conflict", "reason": "too_many"},
    )


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("כמה עולה תספורת?", "תספורת"),
        ("מה השעות שלכם", "שעות פתיחה"),
        ("price of התספורת", "תספורת"),
        ("חניה", "חניה"),
        ("???", "שעות פתיחה"),
        ("%' OR 1=1 --", "שעות פתיחה"),
    ],
)
def test_what_is_asked_is_found_first(world: World, query: str, first: str) -> None:
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        parking = {"kind": "answer", "title": "חניה", "text": "יש חניה חינם ברחוב"}
        for body in (HOURS, PRICE, parking):
            operations.create_fact(tx, tenant, caller_for_job(tenant), FactBody(**body))  # type: ignore[arg-type]
        found = operations.look_up(tx, tenant, query)
    assert found[0].title == first
    assert len(found) == 3


def _facts(browser: Any) -> Any:
    return browser.get(PATH).json["items"]
