"""What happened to a lead, and two leads that are one person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text

from maane.conversations import operations as conversations
from maane.conversations.models import Conversation, ConversationLead
from maane.kit.db import now
from maane.leads import operations as leads
from maane.leads.contract import MAX_NOTE
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.people import A, Browser, World

LEADS = "/api/business/current/leads"
DUPLICATES = f"{LEADS}/duplicates"


def _create(browser: Browser, **values: Any) -> Any:
    answer = browser.write("POST", LEADS, values)
    assert answer.status_code == 201, answer.json
    return answer.json


def _history(browser: Browser, lead_id: int) -> list[dict[str, Any]]:
    """Oldest first."""
    page: Any = browser.get(f"{LEADS}/{lead_id}/history").json
    return list(reversed(page["items"]))


def _merge(browser: Browser, lead_id: int, other_id: Any) -> Any:
    return browser.write("POST", f"{LEADS}/{lead_id}/merge", {"from": other_id})


def _converse(world: World, lead_id: int, key: str) -> int:
    """A conversation that opened this lead."""
    with world.database.transaction(A) as tx:
        row = Conversation(
            business_id=A,
            channel="simulator",
            contact_key=key,
            prompt_version=0,
            stale_rounds=0,
            status="open",
            owner="assistant",
            is_waiting=False,
            last_message_id=0,
            last_inbound_id=0,
            last_message_at=now(),
            created_at=now(),
        )
        tx.add(row)
        tx.flush()
        conversations.tie_lead(tx, tenant_for_job(tx, A), row.id, lead_id)
        return row.id


def test_each_change_of_a_lead_is_in_its_history(world: World) -> None:
    browser = world.browser("owner_a")
    lead = _create(browser, name="דנה", note="סוד")
    path = f"{LEADS}/{lead['id']}"
    assert browser.write("PATCH", path, {"status": "won", "note": "אחר"}).status_code == 200
    assert browser.write("PATCH", path, {"status": "won"}).status_code == 200
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        leads.add_from_intake(tx, tenant, caller, lead["id"], "דנה כהן", "תור", stand_ins={"דנה"})
    seen = _history(browser, lead["id"])
    assert [(e["kind"], e["to_status"], e["fields"], e["actor"]) for e in seen] == [
        ("created", "new", [], "owner_a"),
        ("moved", "won", [], "owner_a"),
        ("changed", None, ["note"], "owner_a"),
        ("intake", None, ["name", "note"], None),
    ]
    assert "סוד" not in str(seen)


def test_the_assistant_s_lead_has_a_history_too(world: World) -> None:
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        phone = "+972521112233"
        caller = caller_for_job(tenant)
        lead = leads.open_for_contact(tx, tenant, caller, phone, phone, source="whatsapp")
        leads.open_for_contact(tx, tenant, caller, phone, "רון", source="whatsapp")
    kinds = [(e["kind"], e["fields"]) for e in _history(world.browser("owner_a"), lead.id)]
    assert kinds == [("created", []), ("changed", ["name"])]


def test_a_history_is_read_page_by_page(world: World) -> None:
    browser = world.browser("owner_a")
    for number in range(5):
        browser.write("PATCH", f"{LEADS}/1", {"note": str(number)})
    found, after = [], ""
    while True:
        page: Any = browser.get(f"{LEADS}/1/history?limit=2{after}").json
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(found) == 6
    assert found == sorted(found, reverse=True)


def test_a_history_cannot_be_rewritten(world: World) -> None:
    for statement in ("UPDATE lead_events SET fields = 'x'", "DELETE FROM lead_events"):
        with (
            pytest.raises(Exception, match=r"append-only|permission denied"),
            world.database.transaction(A) as tx,
        ):
            tx.execute(text(statement))


def test_another_business_s_leads_are_not_found(world: World) -> None:
    browser = world.browser("owner_a")
    for path in ("history", "conversations"):
        assert browser.get(f"{LEADS}/2/{path}").status_code == 404
    assert _merge(browser, 1, 2).status_code == 404
    assert _merge(browser, 2, 1).status_code == 404
    assert world.browser("owner_b").get(f"{LEADS}/2").status_code == 200
    assert browser.get(DUPLICATES).json == {"items": []}


@pytest.mark.parametrize("other", [None, 0, -1, 2**63, "2", 1.5, True, []])
def test_what_is_no_id_is_refused(world: World, other: Any) -> None:
    assert _merge(world.browser("owner_a"), 1, other).status_code == 422


def test_who_adds_a_known_person_is_told_and_keeps_what_was_typed(world: World) -> None:
    browser = world.browser("owner_a")
    again = _create(browser, name="שוב", phone="+972 50 234 5678", email="Dana@example.com")
    assert again["same_person_ids"] == [1]
    third = _create(browser, name="דואר", email="dana@example.com")
    assert third["same_person_ids"] == [again["id"]]
    assert _create(browser, name="אחר")["same_person_ids"] == []
    groups: Any = browser.get(DUPLICATES).json["items"]
    assert [(g["by"], [lead["id"] for lead in g["leads"]]) for g in groups] == [
        ("phone", [again["id"], 1]),
        ("email", [third["id"], again["id"]]),
    ]


def test_a_merge_keeps_everything_of_both(world: World) -> None:
    browser = world.browser("owner_a")
    other = _create(
        browser, name="דנה", phone="052-999-8877", email="dana@example.com", note="שינה"
    )
    browser.write("PATCH", f"{LEADS}/1", {"note": "ראשון"})
    kept, moved = _converse(world, 1, "a"), _converse(world, other["id"], "b")
    answer = _merge(browser, 1, other["id"])
    assert answer.status_code == 200, answer.json
    lead = answer.json
    assert (lead["name"], lead["phone"]) == ("Lead of A", "+972502345678")
    assert lead["email"] == "dana@example.com"
    assert lead["note"].split("\n") == ["ראשון", "דנה", "+972529998877", "שינה"]
    assert browser.get(f"{LEADS}/{other['id']}").status_code == 404
    sources: Any = browser.get(f"{LEADS}/1/conversations").json["items"]
    assert {source["id"] for source in sources} == {kept, moved}
    events = _history(browser, 1)
    assert {event["lead_id"] for event in events} == {1, other["id"]}
    assert (events[-1]["kind"], events[-1]["merged_lead_id"]) == ("merged", other["id"])
    log: Any = browser.get("/api/business/current/audit").json
    assert log["items"][0]["action"] == "lead.merged"


def test_the_history_follows_through_two_merges(world: World) -> None:
    browser = world.browser("owner_a")
    second, third = (_create(browser, name=name)["id"] for name in ("ב", "ג"))
    assert _merge(browser, second, third).status_code == 200
    assert _merge(browser, 1, second).status_code == 200
    assert {event["lead_id"] for event in _history(browser, 1)} == {1, second, third}


def test_a_lead_is_not_merged_with_itself_nor_over_its_note(world: World) -> None:
    browser = world.browser("owner_a")
    assert _merge(browser, 1, 1).status_code == 422
    browser.write("PATCH", f"{LEADS}/1", {"note": "x" * MAX_NOTE})
    other = _create(browser, name="ב", note="y")["id"]
    refused = _merge(browser, 1, other)
    assert (refused.status_code, refused.json["reason"]) == (409, "note_too_long")
    assert browser.get(f"{LEADS}/{other}").status_code == 200


@pytest.mark.parametrize("is_crossed", [False, True])
def test_of_two_merges_of_one_pair_at_once_one_wins_and_nothing_is_lost(
    world: World, is_crossed: bool
) -> None:
    for number in range(5):
        browsers = [world.browser("owner_a"), world.browser("owner_a")]
        one = _create(browsers[0], name="א", note=f"one {number}")["id"]
        two = _create(browsers[0], name="ב", note=f"two {number}")["id"]
        conversation = [_converse(world, key, f"{number} {key}") for key in (one, two)]
        pairs = [(one, two), (two, one) if is_crossed else (one, two)]
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(lambda job: _merge(job[0], *job[1]), zip(browsers, pairs, strict=True))
            )
        assert sorted(answer.status_code for answer in answers) == [200, 404]
        kept = next(answer.json for answer in answers if answer.status_code == 200)
        assert {f"one {number}", f"two {number}"} <= set(kept["note"].split("\n"))
        with world.database.transaction(A, writes=False) as tx:
            tied = tx.scalars(
                select(ConversationLead.conversation_id).where(
                    ConversationLead.lead_id == kept["id"]
                )
            ).all()
        assert sorted(tied) == sorted(conversation)


def test_a_note_that_is_written_during_a_merge_is_not_lost(world: World) -> None:
    browser = world.browser("owner_a")
    for number in range(5):
        two = _create(browser, name="ב", note=f"two {number}")["id"]

        def note(number: int = number) -> None:
            with world.database.transaction(A) as tx:
                tenant = tenant_for_job(tx, A)
                caller = caller_for_job(tenant)
                leads.add_from_intake(tx, tenant, caller, 1, None, f"need {number}", stand_ins=())

        with ThreadPoolExecutor(2) as pool:
            noted, merged = pool.submit(note), pool.submit(_merge, browser, 1, two)
            noted.result()
            assert merged.result().status_code == 200
        lead: Any = browser.get(f"{LEADS}/1").json
        assert {f"need {number}", f"two {number}"} <= set(lead["note"].split("\n"))
