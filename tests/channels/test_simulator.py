"""The simulator, and the job of a turn in this process: the same signed route, no outside account."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from maane.assistant.model import Said, Tool
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.jobs import Work
from maane.jobs.queue import NotYet, TryLater
from tests.people import A, Browser, World

PATH = "/api/business/current/simulator/messages"
PHONE = "050-777-8899"


class Parrot:
    """A model that says what it is told to."""

    def __init__(self, words: str = "בשמחה") -> None:
        self.words = words
        self.asked: list[tuple[str, list[Said]]] = []

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        self.asked.append((instructions, conversation))
        return self.words


def _run_jobs(world: World, model: Any = None) -> None:
    """What a worker would do, in this process: the job itself is the production one."""
    work = Work(world.database, world.settings, model)
    for event_id in _events(world):
        work.answer(A, event_id)


def _events(world: World) -> list[int]:
    with world.database.transaction(A, writes=False) as tx:
        return list(tx.scalars(select(InboundEvent.id).order_by(InboundEvent.id)))


def _write(owner: Browser, words: str, phone: str = PHONE, **more: str) -> None:
    body = {"from_phone": phone, "text": words} | more
    assert owner.write("POST", PATH, body).status_code == 202


def _say(world: World, owner: Browser, *all_words: str, model: Any = None, **more: str) -> None:
    for words in all_words:
        _write(owner, words, **more)
        _run_jobs(world, model)


def _items(owner: Browser, path: str) -> list[dict[str, Any]]:
    answer: Any = owner.get(f"/api/business/current/{path}").json
    items: list[dict[str, Any]] = answer["items"]
    return items


def test_a_message_goes_in_signed_and_its_answer_shows(world: World) -> None:
    owner = world.browser("owner_a")
    answer = owner.write("POST", PATH, {"from_phone": PHONE, "text": "שלום"})
    assert answer.status_code == 202
    assert answer.json == {"conversation_phone": "+972507778899", "event": "stored"}
    _run_jobs(world)
    _run_jobs(world)
    (conversation,) = _items(owner, "conversations")
    assert conversation["channel"] == "simulator"
    assert conversation["contact_phone"] == "+972507778899"
    shown = _items(owner, f"conversations/{conversation['id']}/messages")
    assert [(m["author"], m["status"]) for m in shown] == [
        ("intake", "simulated"),
        ("customer", "received"),
    ]
    lead: Any = owner.get(f"/api/business/current/leads/{conversation['lead_id']}").json
    assert lead["phone"] == "+972507778899"
    log = _items(owner, "audit")
    assert log[0]["action"] == "lead.created"
    assert log[0]["actor"] is None


def test_eight_first_messages_at_once_make_one_number(world: World) -> None:
    owners = [world.browser("owner_a") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda owner: _write(owner, "שלום"), owners))
    assert len(_events(world)) == 8


def test_pages_of_conversations_and_messages_go_on_where_they_ended(world: World) -> None:
    owner = world.browser("owner_a")
    for number in range(3):
        _write(owner, "שלום", phone=f"050-777-880{number}")
    _run_jobs(world)
    seen, after = [], ""
    while after is not None:
        page: Any = owner.get(f"/api/business/current/conversations?limit=2{after}").json
        seen += [item["contact_phone"] for item in page["items"]]
        after = f"&after={page['next']}" if page["next"] else None
    assert seen == ["+972507778802", "+972507778801", "+972507778800"]
    first = _items(owner, "conversations")[0]["id"]
    assert len(_items(owner, f"conversations/{first}/messages?limit=1")) == 1
    assert owner.get("/api/business/current/conversations/999/messages").status_code == 404


def test_a_suspended_business_hears_and_does_not_answer(world: World) -> None:
    owner = world.browser("owner_a")
    _write(owner, "שלום")
    admin = world.browser("admin")
    path = f"/api/admin/businesses/{A}"
    assert admin.write("PATCH", path, {"status": "suspended"}).status_code == 200
    _run_jobs(world)
    assert admin.write("PATCH", path, {"status": "active"}).status_code == 200
    (conversation,) = _items(owner, "conversations")
    shown = _items(owner, f"conversations/{conversation['id']}/messages")
    assert [m["direction"] for m in shown] == ["inbound"]


def test_deleting_the_lead_leaves_the_conversation(world: World) -> None:
    owner = world.browser("owner_a")
    _say(world, owner, "שלום")
    lead_id = _items(owner, "conversations")[0]["lead_id"]
    assert owner.write("DELETE", f"/api/business/current/leads/{lead_id}").status_code == 200
    assert _items(owner, "conversations")[0]["lead_id"] is None
    _say(world, owner, "עוד משהו")
    assert _items(owner, "conversations")[0]["lead_id"] is not None


def test_a_name_that_the_business_gave_to_a_lead_stays(world: World) -> None:
    owner = world.browser("owner_a")
    body = {"name": "רותי, לקוחה ותיקה", "phone": PHONE, "note": "קודם"}
    kept: Any = owner.write("POST", "/api/business/current/leads", body).json
    _say(world, owner, "שלום", "רותי", "תספורת", name="Ruth")
    lead: Any = owner.get(f"/api/business/current/leads/{kept['id']}").json
    assert (lead["name"], lead["note"]) == ("רותי, לקוחה ותיקה", "קודם\nרותי\nתספורת")
    assert _items(owner, "conversations")[0]["lead_id"] == kept["id"]


@pytest.mark.parametrize("name", [" ", "א\nב", "\u2028", "\x00", "x" * 100])
def test_a_strange_name_of_a_profile_is_no_obstacle(world: World, name: str) -> None:
    from datetime import UTC, datetime

    from maane.channels.whatsapp.payload import build_delivery, sign

    owner = world.browser("owner_a")
    _write(owner, "שלום")
    raw = build_delivery(f"sim-{A}", "wamid.n", "972501112222", name, "x", datetime.now(UTC))
    headers = {"X-Hub-Signature-256": sign(world.settings.secret("simulator"), raw)}
    answer = world.app.test_client().post("/webhook/whatsapp", data=raw, headers=headers)
    assert answer.status_code == 200
    _run_jobs(world)
    assert len(_items(owner, "conversations")) == 2


def test_a_job_that_is_given_up_says_so_on_the_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maane.channels.whatsapp import sender

    def refuse(self: Any, to: str, text: str, own_id: int) -> Any:
        raise sender.SendError("130429: busy", may_retry=True, after_s=4)

    monkeypatch.setattr(sender.SimulatorSender, "send_text", refuse)
    owner = world.browser("owner_a")
    _write(owner, "שלום")
    (event_id,) = _events(world)
    work = Work(world.database, world.settings, None)
    for _ in range(2):
        with pytest.raises(TryLater) as later:
            work.answer(A, event_id)
        assert later.value.after_s == 4
    work.give_up(A, event_id)
    work.answer(A, event_id)
    (conversation,) = _items(owner, "conversations")
    answer, _ = _items(owner, f"conversations/{conversation['id']}/messages")
    assert (answer["status"], answer["error"]) == ("failed", "130429: busy")


def test_a_provider_that_stays_silent_is_asked_twice_at_most(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maane.channels.whatsapp import sender

    sends: list[str] = []

    def hang(self: Any, to: str, text: str, own_id: int) -> Any:
        sends.append(text)
        raise sender.SendError("no answer", may_retry=True, is_uncertain=True)

    monkeypatch.setattr(sender.SimulatorSender, "send_text", hang)
    owner = world.browser("owner_a")
    _write(owner, "שלום")
    (event_id,) = _events(world)
    work = Work(world.database, world.settings, None)
    with pytest.raises(TryLater):
        work.answer(A, event_id)
    for _ in range(2):
        with pytest.raises(NotYet):
            work.answer(A, event_id)
    assert len(sends) == 2
    (conversation,) = _items(owner, "conversations")
    answer, _ = _items(owner, f"conversations/{conversation['id']}/messages")
    assert (answer["status"], answer["error"]) == ("pending", "uncertain")


def test_it_says_that_no_model_is_connected(world: World) -> None:
    assert world.browser("owner_a").get("/api/business/current/assistant").json == {
        "model": {"is_connected": False, "name": None},
        "whatsapp": {"is_connected": False, "phone_number_id": None},
    }
