"""The simulator: the same signed route, no outside account."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.jobs import Work
from tests.people import A, World

PATH = "/api/business/current/simulator/messages"


def _run_jobs(world: World) -> None:
    """What a worker would do, in this process: the job itself is the production one."""
    work = Work(world.database, world.settings, None)
    with world.database.transaction(A, writes=False) as tx:
        ids = list(tx.scalars(select(InboundEvent.id).order_by(InboundEvent.id)))
    for event_id in ids:
        work.answer(A, event_id)


def test_a_message_goes_in_signed_and_its_answer_shows(world: World) -> None:
    owner = world.browser("owner_a")
    answer = owner.write("POST", PATH, {"from_phone": "050-777-8899", "text": "שלום"})
    assert answer.status_code == 202
    assert answer.json == {"conversation_phone": "+972507778899", "event": "stored"}
    _run_jobs(world)
    _run_jobs(world)
    page: Any = owner.get("/api/business/current/conversations").json
    (conversation,) = page["items"]
    assert conversation["channel"] == "simulator"
    assert conversation["contact_phone"] == "+972507778899"
    messages: Any = owner.get(
        f"/api/business/current/conversations/{conversation['id']}/messages"
    ).json
    shown = [(m["author"], m["status"]) for m in messages["items"]]
    assert shown == [("intake", "simulated"), ("customer", "received")]
    lead: Any = owner.get(f"/api/business/current/leads/{conversation['lead_id']}").json
    assert lead["phone"] == "+972507778899"
    log: Any = owner.get("/api/business/current/audit").json
    assert log["items"][0]["action"] == "lead.created"
    assert log["items"][0]["actor"] is None


def test_deleting_the_lead_leaves_the_conversation(world: World) -> None:
    owner = world.browser("owner_a")
    owner.write("POST", PATH, {"from_phone": "050-777-8899", "text": "שלום"})
    _run_jobs(world)
    page: Any = owner.get("/api/business/current/conversations").json
    lead_id = page["items"][0]["lead_id"]
    assert owner.write("DELETE", f"/api/business/current/leads/{lead_id}").status_code == 200
    page = owner.get("/api/business/current/conversations").json
    assert page["items"][0]["lead_id"] is None


def test_it_says_that_no_model_is_connected(world: World) -> None:
    assert world.browser("owner_a").get("/api/business/current/assistant").json == {
        "model": {"is_connected": False, "name": None},
        "whatsapp": {"is_connected": False, "phone_number_id": None},
    }
