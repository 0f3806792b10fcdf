"""The stages of a business: read, rename, reorder, add, remove."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text

from tests.people import A, Browser, World

LEADS = "/api/business/current/leads"
STAGES = f"{LEADS}/stages"
BUILT_IN = ["new", "contacted", "qualified", "won", "lost"]


def _stages(browser: Browser) -> list[dict[str, Any]]:
    page: Any = browser.get(STAGES).json
    return list(page["items"])


def _bodies(browser: Browser) -> list[dict[str, Any]]:
    """The stages as they are, ready to be sent back."""
    return [{k: stage[k] for k in ("key", "name", "kind")} for stage in _stages(browser)]


def _put(browser: Browser, stages: list[dict[str, Any]], **move_to: str) -> Any:
    return browser.write("PUT", STAGES, {"stages": stages, "move_to": move_to})


def test_a_business_begins_with_the_built_in_stages(world: World) -> None:
    stages = _stages(world.browser("owner_a"))
    assert [stage["key"] for stage in stages] == BUILT_IN
    assert {stage["name"] for stage in stages} == {None}
    assert [stage["leads"] for stage in stages] == [1, 0, 0, 0, 0]


def test_a_business_that_is_new_has_them_too_before_and_after_its_first_lead(world: World) -> None:
    admin = world.browser("admin")
    made = admin.write("POST", "/api/admin/businesses", {"name": "C"})
    assert admin.impersonate(made.json["id"]).status_code == 200
    assert [stage["key"] for stage in _stages(admin)] == BUILT_IN
    assert admin.get(f"{LEADS}?status=won").json == {"items": [], "next": None}
    assert admin.write("POST", LEADS, {"name": "x"}).json["status"] == "new"
    assert [stage["key"] for stage in _stages(admin)] == BUILT_IN


def test_stages_are_renamed_reordered_and_added_in_one_business_alone(world: World) -> None:
    browser, other = world.browser("owner_a"), world.browser("owner_b")
    stages = _bodies(browser)
    stages[0]["name"] = "פניות"
    stages.insert(1, {"name": "נשלחה הצעה", "kind": "open"})
    stages[4], stages[5] = stages[5], stages[4]
    answer = _put(browser, stages)
    assert answer.status_code == 200, answer.json
    kept = _stages(browser)
    assert kept == answer.json["items"]
    assert [s["name"] for s in kept[:2]] == ["פניות", "נשלחה הצעה"]
    assert [s["key"] for s in kept[4:]] == ["lost", "won"]
    own = kept[1]["key"]
    made = browser.write("POST", LEADS, {"name": "x", "status": own})
    assert (made.status_code, made.json["status"]) == (201, own)
    assert [s["key"] for s in _stages(other)] == BUILT_IN
    refused = other.write("POST", LEADS, {"name": "x", "status": own})
    assert refused.status_code == 422
    assert other.write("PATCH", f"{LEADS}/2", {"status": own}).status_code == 422
    assert other.get(f"{LEADS}?status={own}").status_code == 422
    log: Any = browser.get("/api/business/current/audit").json
    assert "leads.stages_changed" in {item["action"] for item in log["items"]}


def test_a_stage_with_leads_is_removed_only_with_a_place_for_them(world: World) -> None:
    browser = world.browser("owner_a")
    stages = [stage for stage in _bodies(browser) if stage["key"] != "new"]
    refused = _put(browser, stages)
    assert (refused.status_code, refused.json["reason"]) == (409, "stage_has_leads")
    assert [stage["key"] for stage in _stages(browser)] == BUILT_IN
    for target in ("new", "nowhere"):
        assert _put(browser, stages, new=target).status_code == 422
    assert _put(browser, stages, new="contacted").status_code == 200
    assert [stage["key"] for stage in _stages(browser)] == BUILT_IN[1:]
    assert browser.get(f"{LEADS}/1").json["status"] == "contacted"
    history: Any = browser.get(f"{LEADS}/1/history").json
    moved = history["items"][0]
    assert (moved["kind"], moved["from_status"], moved["to_status"]) == (
        "moved",
        "new",
        "contacted",
    )
    assert browser.write("POST", LEADS, {"name": "x"}).json["status"] == "contacted"
    assert browser.write("POST", LEADS, {"name": "x", "status": "new"}).status_code == 422
    back = [*_bodies(browser), {"key": "new", "name": None, "kind": "open"}]
    assert _put(browser, back).status_code == 200


@pytest.mark.parametrize(
    "stages",
    [
        [],
        [{"key": "won", "name": None, "kind": "won"}],
        [{"key": "new", "name": None, "kind": "open"}] * 2,
        [{"key": "mine", "name": "x", "kind": "open"}],
        [{"name": None, "kind": "open"}],
        [{"name": "x", "kind": "none"}],
        [{"name": "x", "kind": "open"}] * 21,
        ["new"],
    ],
)
def test_stages_that_make_no_sense_are_refused_whole(world: World, stages: list[Any]) -> None:
    browser = world.browser("owner_a")
    assert browser.write("PUT", STAGES, {"stages": stages}).status_code == 422
    assert [stage["key"] for stage in _stages(browser)] == BUILT_IN


def test_the_database_itself_refuses_a_status_that_is_no_stage(world: World) -> None:
    with (
        pytest.raises(Exception, match=r"(?i)foreign key"),
        world.database.transaction(A) as tx,
    ):
        tx.execute(text("UPDATE leads SET status = 'nowhere' WHERE business_id = 1"))


def test_a_column_of_the_board_is_read_along_its_index(world: World, kind: str) -> None:
    if kind != "sqlite":
        pytest.skip("SQLite says which index it takes whatever the size of the table")
    seen: list[tuple[str, Any]] = []
    event.listen(
        world.database.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, values, *_: seen.append((statement, values)),
    )
    browser = world.browser("owner_a")
    first: Any = browser.write("POST", LEADS, {"name": "x", "phone": "050-234-5678"}).json
    seen.clear()
    page: Any = browser.get(f"{LEADS}?status=new&limit=1").json
    assert page["next"] is not None
    browser.get(f"{LEADS}?status=new&limit=1&after={page['next']}")
    browser.get(f"{LEADS}/{first['id']}/history?limit=1")
    browser.get(STAGES)
    reads = [(s, v) for s, v in seen if "FROM lead" in s and "lead_stages.key" not in s]
    assert len(reads) >= 5
    with world.database.engine.connect() as connection:
        for statement, values in reads:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            plan = " ".join(row[3] for row in rows)
            assert "SCAN lead" not in plan, (statement, plan)
