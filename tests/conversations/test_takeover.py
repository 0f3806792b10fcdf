"""People take over: who answers, what is withheld, what is sent, the 24 hours of WhatsApp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from maane.assistant.model import Said, Tool
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp import sender
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.sender import SendError, Sent
from maane.conversations.models import Conversation, Message
from maane.jobs.queue import NotYet, TryLater
from maane.kit.db import now
from tests.people import A, Browser, World

CONVERSATIONS = "/api/business/current/conversations"


class Model:
    """Says what it is told to, and does ``meanwhile`` while it thinks."""

    def __init__(self, words: str = "בשמחה") -> None:
        self.words = words
        self.asked: list[list[Said]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        self.asked.append(conversation)
        self.meanwhile()
        return self.words


class Desk:
    """The owner of A at the inbox, a customer at the simulator, and a worker in this process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.owner = world.browser("owner_a")
        self.model = Model()
        self.work = Work(world.database, world.settings, self.model)
        self.answered: set[int] = set()

    def customer_writes(self, words: str) -> None:
        """The customer's message, taken in and answered as far as the assistant may."""
        body = {"from_phone": "050-777-8899", "text": words, "name": "דנה"}
        path = "/api/business/current/simulator/messages"
        assert self.owner.write("POST", path, body).status_code == 202
        self.run_turns()

    def run_turns(self) -> None:
        with self.world.database.transaction(A, writes=False) as tx:
            events = list(tx.scalars(select(InboundEvent.id).order_by(InboundEvent.id)))
        for event_id in events:
            if event_id not in self.answered:
                self.work.answer(A, event_id)
                self.answered.add(event_id)

    def write(self, text: str, key: str = "k1", browser: Browser | None = None) -> Any:
        return (browser or self.owner).write(
            "POST", f"{CONVERSATIONS}/1/messages", {"text": text, "idempotency_key": key}
        )

    def act(self, verb: str) -> Any:
        answer = self.owner.write("POST", f"{CONVERSATIONS}/1/{verb}")
        assert answer.status_code == 200, answer.json
        return answer.json

    @property
    def shown(self) -> Any:
        return self.owner.get(f"{CONVERSATIONS}/1").json

    def said(self) -> list[tuple[str, str, str]]:
        """Author, text and status of each message, oldest first."""
        page: Any = self.owner.get(f"{CONVERSATIONS}/1/messages").json
        return [(m["author"], m["text"], m["status"]) for m in reversed(page["items"])]

    def why(self) -> str | None:
        """Why the last message was not sent."""
        error: str | None = self.owner.get(f"{CONVERSATIONS}/1/messages").json["items"][0]["error"]
        return error

    def audit(self) -> list[str]:
        """What was done in conversations, oldest first."""
        page: Any = self.owner.get("/api/business/current/audit").json
        actions = [item["action"] for item in reversed(page["items"])]
        return [action for action in actions if action.startswith("conversation.")]

    def change(self, **values: Any) -> None:
        with self.world.database.transaction(A) as tx:
            tx.execute(update(Conversation).values(**values))


@pytest.fixture
def desk(world: World) -> Desk:
    """A desk whose first conversation was answered once."""
    desk = Desk(world)
    desk.customer_writes("שלום")
    return desk


def test_a_conversation_begins_with_the_assistant(desk: Desk) -> None:
    shown = desk.shown
    assert (shown["owner"], shown["takeover"], shown["status"]) == ("assistant", None, "open")
    assert shown["last_message"] == {
        "text": "בשמחה",
        "kind": None,
        "author": "assistant",
        "status": "simulated",
    }


def test_writing_takes_over_and_is_sent_by_the_same_steps(desk: Desk) -> None:
    answer = desk.write("כאן אורית")
    assert answer.status_code == 202
    assert (answer.json["author"], answer.json["author_name"]) == ("person", "owner_a")
    assert answer.json["status"] == "pending"
    desk.work.sending.send(A, answer.json["id"])
    desk.work.sending.send(A, answer.json["id"])
    assert desk.said()[-1] == ("person", "כאן אורית", "simulated")
    takeover = desk.shown["takeover"]
    assert desk.shown["owner"] == "person"
    assert (takeover["name"], takeover["reason"]) == ("owner_a", "wrote")
    assert desk.shown["assigned_to"]["name"] == "owner_a"
    assert desk.audit() == ["conversation.taken_over", "conversation.answered"]


def test_a_double_click_sends_once(desk: Desk) -> None:
    with ThreadPoolExecutor(6) as pool:
        browsers = [desk.world.browser("owner_a") for _ in range(6)]
        answers = list(pool.map(lambda browser: desk.write("פעם אחת", browser=browser), browsers))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert [author for author, _, _ in desk.said()].count("person") == 1
    assert desk.audit().count("conversation.answered") == 1
    other = desk.write("טקסט אחר")
    assert (other.status_code, other.json) == (409, {"error": "conflict", "reason": "key_reused"})


def test_the_assistant_is_silent_until_it_is_handed_back_and_then_knows(desk: Desk) -> None:
    desk.write("כאן אורית, איך אפשר לעזור?")
    desk.customer_writes("מתי פתוח?")
    assert len(desk.model.asked) == 1
    assert desk.said()[-1][0] == "customer"
    assert desk.shown["is_waiting"]
    assert desk.act("hand-back")["owner"] == "assistant"
    assert desk.shown["is_waiting"]
    desk.customer_writes("יש שם מישהו?")
    assert [said.text for said in desk.model.asked[-1]] == [
        "שלום",
        "בשמחה\nכאן אורית, איך אפשר לעזור?",
        "מתי פתוח?\nיש שם מישהו?",
    ]
    assert desk.said()[-1] == ("assistant", "בשמחה", "simulated")
    assert not desk.shown["is_waiting"]
    assert desk.audit()[-1] == "conversation.handed_back"


def test_who_takes_over_while_the_model_thinks_is_not_spoken_over(desk: Desk) -> None:
    desk.model.meanwhile = lambda: desk.act("take-over")
    desk.customer_writes("שאלה")
    assert len(desk.model.asked) == 2
    assert desk.said()[-1] == ("customer", "שאלה", "received")
    assert desk.shown["takeover"]["reason"] == "took_over"
    assert desk.shown["is_waiting"]


def test_what_a_person_answered_while_the_model_thought_is_not_answered_again(desk: Desk) -> None:
    def answer_and_hand_back() -> None:
        desk.write("כבר עניתי")
        desk.act("hand-back")

    desk.model.meanwhile = answer_and_hand_back
    desk.customer_writes("שאלה")
    assert [author for author, _, _ in desk.said()][-2:] == ["customer", "person"]
    desk.model.meanwhile = lambda: None
    desk.customer_writes("תודה")
    assert desk.said()[-1][0] == "assistant"


def test_intake_takes_no_name_from_what_was_said_to_a_person(world: World) -> None:
    desk = Desk(world)
    desk.work = Work(world.database, world.settings, None)
    desk.customer_writes("שלום")
    desk.write("כאן אורית, מתי נוח לך?")
    desk.customer_writes("מחר")
    desk.act("hand-back")
    desk.customer_writes("בבוקר")
    lead: Any = desk.owner.get(f"/api/business/current/leads/{desk.shown['lead_id']}").json
    assert (lead["name"], lead["note"]) == ("דנה", "מחר\nבבוקר")
    assert desk.said()[-1][1] == "תודה, הוספתי את זה להודעה. Business A יחזרו אליך."


def test_a_turn_that_is_given_up_leaves_its_customer_waiting(desk: Desk) -> None:
    def stumble() -> None:
        raise ZeroDivisionError

    desk.model.meanwhile = stumble
    with pytest.raises(ZeroDivisionError):
        desk.customer_writes("שאלה")
    desk.work.give_up(A, max(desk.answered) + 1)
    assert desk.shown["is_waiting"]


def test_who_takes_over_between_two_tries_to_send_is_not_spoken_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, to: str, text: str, own_id: int) -> Sent:
        raise SendError("130429: busy", may_retry=True)

    with monkeypatch.context() as patch:
        patch.setattr(sender.SimulatorSender, "send_text", refuse)
        with pytest.raises(TryLater):
            desk.customer_writes("שאלה")
    assert desk.said()[-1] == ("assistant", "בשמחה", "pending")
    desk.act("take-over")
    assert desk.said()[-1] == ("assistant", "בשמחה", "withheld")
    desk.run_turns()
    assert desk.said()[-1] == ("assistant", "בשמחה", "withheld")
    assert desk.why() == "taken_over"
    assert desk.shown["is_waiting"]
    desk.act("hand-back")
    desk.customer_writes("אז?")
    assert [said.text for said in desk.model.asked[-1]] == ["שלום", "בשמחה", "שאלה\nאז?"]


@pytest.mark.parametrize("reason", ["took_over", "stopped"])
def test_it_looks_again_right_before_it_sends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """The answer was decided on, and a person takes over before it is claimed, or the customer asks for
    silence, unseen by all that looked before."""
    sends: list[str] = []

    def note(self: Any, to: str, text: str, own_id: int) -> Sent:
        sends.append(text)
        return Sent(f"x{own_id}", "simulated")

    original = Work._decide

    def decide(self: Work, *arguments: Any) -> Message | None:
        answer = original(self, *arguments)
        until = now() + timedelta(hours=1)
        at = now() if reason == "took_over" else now() - timedelta(hours=1)
        desk.change(owner="person", owned_at=at, owned_until_at=until, silence_reason=reason)
        return answer

    monkeypatch.setattr(sender.SimulatorSender, "send_text", note)
    monkeypatch.setattr(Work, "_decide", decide)
    desk.customer_writes("שאלה")
    assert sends == []
    assert desk.said()[-1] == ("assistant", "בשמחה", "withheld")
    assert desk.why() == ("stopped" if reason == "stopped" else "taken_over")
    assert desk.shown["is_waiting"]


def test_what_may_have_left_already_stays_uncertain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(self: Any, to: str, text: str, own_id: int) -> Sent:
        raise SendError("no answer", may_retry=True, is_uncertain=True)

    monkeypatch.setattr(sender.SimulatorSender, "send_text", hang)
    with pytest.raises(TryLater):
        desk.customer_writes("שאלה")
    desk.act("take-over")
    with pytest.raises(NotYet):
        desk.run_turns()
    assert desk.said()[-1] == ("assistant", "בשמחה", "pending")


def test_a_takeover_runs_out(desk: Desk) -> None:
    desk.act("take-over")
    assert desk.shown["takeover_hours"] == 12
    desk.change(owned_until_at=now() - timedelta(seconds=1))
    assert (desk.shown["owner"], desk.shown["takeover"]) == ("assistant", None)
    desk.customer_writes("עוד שאלה")
    assert desk.said()[-1] == ("assistant", "בשמחה", "simulated")
    assert desk.audit() == ["conversation.taken_over", "conversation.handed_back"]


def test_each_message_of_the_person_begins_the_hours_anew(desk: Desk) -> None:
    desk.write("ראשון")
    desk.change(owned_until_at=now() + timedelta(minutes=1))
    first = desk.shown["takeover"]
    desk.write("שני", key="k2")
    second = desk.shown["takeover"]
    assert second["ends_at"] > first["ends_at"]
    assert second["started_at"] == first["started_at"]
    assert desk.audit().count("conversation.taken_over") == 1


def test_outside_the_window_free_text_is_refused_before_it_is_sent(desk: Desk) -> None:
    assert desk.shown["window_closes_at"] > desk.shown["last_message_at"]
    desk.change(last_inbound_at=now() - timedelta(hours=24, seconds=1))
    answer = desk.write("מאוחר מדי")
    assert (answer.status_code, answer.json) == (
        409,
        {"error": "conflict", "reason": "window_closed"},
    )
    assert desk.shown["owner"] == "assistant"
    assert len(desk.said()) == 2
    desk.customer_writes("חזרתי")
    assert desk.write("ברוך השב").status_code == 202


def test_a_message_that_fails_says_why_and_the_customer_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, to: str, text: str, own_id: int) -> Sent:
        raise SendError("131047: window", may_retry=False)

    monkeypatch.setattr(sender.SimulatorSender, "send_text", refuse)
    answer = desk.write("שלום")
    desk.work.sending.send(A, answer.json["id"])
    assert desk.said()[-1] == ("person", "שלום", "failed")
    assert desk.shown["is_waiting"]


def test_a_message_that_is_given_up_says_so(desk: Desk) -> None:
    answer = desk.write("שלום")
    desk.work.sending.give_up(A, answer.json["id"])
    assert desk.said()[-1] == ("person", "שלום", "failed")


def test_closing_hands_back_and_a_new_message_reopens(desk: Desk) -> None:
    desk.write("הנה, טופל")
    closed = desk.act("close")
    assert (closed["status"], closed["owner"]) == ("closed", "assistant")
    desk.act("close")
    desk.customer_writes("תודה, ועוד משהו")
    assert desk.shown["status"] == "open"
    assert desk.said()[-1][0] == "assistant"
    desk.act("close")
    desk.act("reopen")
    assert desk.shown["status"] == "open"
    assert desk.audit() == [
        "conversation.taken_over",
        "conversation.answered",
        "conversation.closed",
        "conversation.handed_back",
        "conversation.reopened",
        "conversation.closed",
        "conversation.reopened",
    ]


def test_an_admin_inside_takes_over_under_their_own_name(desk: Desk) -> None:
    admin = desk.world.admin_in(A)
    assert desk.write("כאן הסוכנות", browser=admin).status_code == 202
    assert desk.shown["takeover"]["name"] == "admin"
    log: Any = desk.owner.get("/api/business/current/audit").json
    assert (log["items"][0]["action"], log["items"][0]["impersonating"]) == (
        "conversation.answered",
        True,
    )


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4097])
def test_what_cannot_be_sent_is_refused(desk: Desk, text: str) -> None:
    assert desk.write(text).status_code == 422
    assert desk.shown["owner"] == "assistant"
