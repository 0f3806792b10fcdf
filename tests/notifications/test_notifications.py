"""Who is told that a customer waits, in which way, and what follows when nobody comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from maane.assistant.model import Said, Tool
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.connection import connect_number
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.notices import PhoneNotices
from maane.channels.whatsapp.payload import build_delivery, sign
from maane.conversations.models import Conversation, Message
from maane.jobs.queue import NotYet, TryLater
from maane.kit.db import now
from maane.notifications.jobs import Notices
from maane.notifications.models import Delivery, Notification
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.fake_mail import FakeMail
from tests.fakes import FakeGraph
from tests.people import A, Browser, World
from tests.town import NUMBER, SECRET

NOTIFICATIONS = "/api/business/current/notifications"
CONVERSATIONS = "/api/business/current/conversations"
OWNER_PHONE = "+972509998877"
REASON = "wants a refund"
HANDED_OVER = "העברתי את השיחה לאיש צוות של Business A. יחזרו אליך כאן."
SORRY = "עדיין לא התפנה אדם לענות. ההודעה שלך אצלנו ונחזור אליך."


class Model:
    """Hands every conversation over, unless it is to answer."""

    def __init__(self) -> None:
        self.hands_over = True

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        if not self.hands_over:
            return "בשמחה"
        tool = next(tool for tool in tools if tool.name == "hand_to_person")
        tool.run(tool.arguments(reason=REASON))
        return "מעבירה לאדם"


class Office:
    """The owner of A at the screen, customers at Meta, a mail server, and a worker in this process."""

    def __init__(self, world: World, mail: FakeMail, graph: FakeGraph) -> None:
        self.world, self.mail, self.graph = world, mail, graph
        self.owner = world.browser("owner_a")
        self.model = Model()
        self.work = Work(world.database, world.settings, self.model)
        self.notices = Notices(world.database, world.settings, self.work.jobs)
        self.phone = PhoneNotices(world.database, world.settings)
        self.written = 0

    def choose(self, **values: Any) -> None:
        body = {
            "emails": ["dana@example.com"],
            "owner_phone": None,
            "escalate_after_min": 15,
            "escalation_email": None,
        }
        answer = self.owner.write("PUT", f"{NOTIFICATIONS}/settings", body | values)
        assert answer.status_code == 200, answer.json

    def writes(self, words: str, digits: str = "972501112233", name: str = "רותי") -> None:
        """A customer's message, taken in and answered."""
        self.written += 1
        raw = build_delivery(NUMBER, f"wamid.{self.written}", digits, name, words, now())
        self.deliver(raw)
        with self.world.database.transaction(A, writes=False) as tx:
            newest = tx.scalars(select(InboundEvent.id).order_by(InboundEvent.id.desc())).first()
        assert newest is not None
        self.work.answer(A, newest)

    def deliver(self, raw: bytes) -> None:
        answer = Browser(self.world.app).request(
            "POST",
            "/webhook/whatsapp",
            data=raw,
            content_type="application/json",
            headers={"X-Hub-Signature-256": sign(SECRET.encode(), raw)},
        )
        assert answer.status_code == 200

    def rows(self, table: Any) -> list[Any]:
        with self.world.database.transaction(A, writes=False) as tx:
            return list(tx.scalars(select(table).order_by(table.id)))

    def change(self, table: Any, **values: Any) -> None:
        with self.world.database.transaction(A) as tx:
            tx.execute(update(table).values(**values))

    def run_deliveries(self) -> None:
        for delivery in self.rows(Delivery):
            job = self.notices.mail if delivery.way == "email" else self.phone.send
            job(A, delivery.id)

    def pass_time(self) -> None:
        """The time in which somebody should have come is over; the second look is taken."""
        self.change(Notification, escalates_at=now() - timedelta(seconds=1))
        for notification in self.rows(Notification):
            self.notices.escalate(A, notification.id)

    def act(self, verb: str) -> None:
        assert self.owner.write("POST", f"{CONVERSATIONS}/1/{verb}").status_code == 200

    @property
    def shown(self) -> list[Any]:
        answer = self.owner.get(NOTIFICATIONS)
        assert answer.json is not None
        items: list[Any] = answer.json["items"]
        return items

    @property
    def unread(self) -> int:
        answer = self.owner.get(f"{NOTIFICATIONS}/unread")
        assert answer.json is not None
        count: int = answer.json["unread"]
        return count

    @property
    def conversation(self) -> Any:
        return self.owner.get(f"{CONVERSATIONS}/1").json

    def said(self) -> list[tuple[str, str]]:
        page: Any = self.owner.get(f"{CONVERSATIONS}/1/messages").json
        return [(m["text"], m["status"]) for m in reversed(page["items"])]

    def send_messages(self) -> None:
        for message in self.rows(Message):
            if message.direction == "outbound":
                self.work.sending.send(A, message.id)


@pytest.fixture
def make_office(new_world: Callable[..., World]) -> Iterator[Callable[..., Office]]:
    with FakeMail() as mail, FakeGraph() as graph:

        def make(**options: Any) -> Office:
            smtp = {
                "smtp_host": "127.0.0.1",
                "smtp_port": mail.port,
                "smtp_security": "none",
                "smtp_from": "Maane <maane@example.com>",
            }
            whatsapp = {"whatsapp_app_secret": SECRET, "whatsapp_api_url": graph.url}
            world = new_world(**(smtp | whatsapp | options))
            with world.database.transaction(A) as tx:
                tenant = tenant_for_job(tx, A)
                connect_number(
                    tx, tenant, caller_for_job(tenant), world.settings, NUMBER, "EAAG-token"
                )
            office = Office(world, mail, graph)
            office.owner.write("PUT", "/api/business/current/whatsapp/settings", {"pause_s": 0})
            return office

        yield make


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    return make_office()


def test_a_handover_is_told_by_mail_and_in_the_app_in_the_business_s_language(
    office: Office,
) -> None:
    office.choose(emails=["dana@example.com", "DANA@example.com", "avi@example.com"])
    office.writes("אני רוצה החזר על התספורת")
    office.run_deliveries()
    first, second = office.mail.mails
    assert {first["To"], second["To"]} == {"dana@example.com", "avi@example.com"}
    assert first["Subject"] == "רותי מבקש/ת מענה מאדם"
    assert first["From"] == "Maane <maane@example.com>"
    assert first["Auto-Submitted"] == "auto-generated"
    body = first.get_content()
    assert REASON in body
    assert "/conversations/1" in body
    assert "תספורת" not in body  # nothing that the customer wrote leaves the app
    (shown,) = office.shown
    assert (shown["kind"], shown["is_waiting"], shown["is_read"]) == ("handed_over", True, False)
    assert [d["status"] for d in shown["deliveries"]] == ["sent", "sent"]
    assert office.unread == 1


def test_a_plain_answer_tells_nobody(office: Office) -> None:
    office.choose()
    office.model.hands_over = False
    office.writes("שלום")
    assert office.shown == []
    assert office.rows(Delivery) == []


def test_each_mail_is_sent_once_however_often_its_job_runs(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    for _ in range(3):
        office.run_deliveries()
    assert len(office.mail.mails) == 1


def test_a_mail_that_was_begun_by_a_worker_that_died_is_not_sent_again_and_says_so(
    office: Office,
) -> None:
    office.choose()
    office.writes("שלום")
    office.change(Delivery, status="sending")
    office.run_deliveries()
    assert office.mail.mails == []
    (delivery,) = office.shown[0]["deliveries"]
    assert (delivery["status"], delivery["reason"]) == ("failed", "interrupted")


def test_a_busy_mail_server_is_asked_again_and_a_refusal_is_shown_word_by_word(
    office: Office,
) -> None:
    office.choose()
    office.writes("שלום")
    office.mail.script = ["451 4.3.0 Try again", "550 5.1.1 No such user here"]
    with pytest.raises(TryLater):
        office.run_deliveries()
    (delivery,) = office.shown[0]["deliveries"]
    assert (delivery["status"], delivery["reason"]) == ("pending", "busy")
    office.run_deliveries()
    (delivery,) = office.shown[0]["deliveries"]
    assert (delivery["status"], delivery["reason"], delivery["detail"]) == (
        "failed",
        "refused",
        "550 5.1.1 No such user here",
    )
    office.run_deliveries()
    assert office.mail.mails == []


def test_a_server_that_is_silent_after_the_text_leaves_it_unknown(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    office.mail.at_the_end = None
    office.run_deliveries()
    office.run_deliveries()
    assert len(office.mail.mails) == 1
    assert office.shown[0]["deliveries"][0]["reason"] == "interrupted"


def test_a_mail_that_was_tried_to_the_end_keeps_its_last_reason(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    office.mail.script = ["451 4.3.0 Full"]
    (delivery,) = office.rows(Delivery)
    with pytest.raises(TryLater):
        office.notices.mail(A, delivery.id)
    office.notices.give_up(A, delivery.id)
    (shown,) = office.shown[0]["deliveries"]
    assert (shown["status"], shown["detail"]) == ("failed", "451 4.3.0 Full")


def test_without_a_mail_server_the_delivery_says_so(make_office: Callable[..., Office]) -> None:
    office = make_office(smtp_host="", smtp_from="")
    office.choose()
    office.writes("שלום")
    office.run_deliveries()
    assert office.shown[0]["deliveries"][0]["reason"] == "smtp_not_set"


def test_a_name_cannot_add_a_header(office: Office) -> None:
    office.choose()
    office.writes("שלום", name="רותי\r\nBcc: everybody@example.com\r\n\r\n.\r\nQUIT")
    office.run_deliveries()
    (mail,) = office.mail.mails
    assert mail["Bcc"] is None
    assert "Bcc: everybody" in mail["Subject"]
    assert office.mail.envelopes == [("maane@example.com", "dana@example.com")]


def test_the_owner_s_phone_is_told_while_its_window_is_open(office: Office) -> None:
    office.choose(emails=[], owner_phone=OWNER_PHONE)
    office.model.hands_over = False
    office.writes("פותחת חלון", digits=OWNER_PHONE[1:], name="דנה")
    settings: Any = office.owner.get(f"{NOTIFICATIONS}/settings").json
    assert settings["phone_until"] is not None
    office.model.hands_over = True
    office.writes("אני רוצה החזר")
    office.run_deliveries()
    office.run_deliveries()
    told = [r["body"] for r in office.graph.requests if r["body"]["to"] == OWNER_PHONE[1:]]
    assert told[-1]["text"]["body"].startswith("רותי מבקש/ת מענה מאדם\n\n")
    assert told[-1]["biz_opaque_callback_data"] == "0"
    assert len(told) == 2  # the answer to the owner's own message, and one notification
    (delivery,) = office.shown[0]["deliveries"]
    assert delivery["status"] == "sent"


def test_the_provider_s_later_refusal_is_shown_on_the_notification(office: Office) -> None:
    office.choose(emails=[], owner_phone=OWNER_PHONE)
    office.writes("פותחת חלון", digits=OWNER_PHONE[1:], name="דנה")
    office.run_deliveries()
    (row,) = office.rows(Delivery)
    office.deliver(
        (
            '{"entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"'
            + NUMBER
            + '"},"statuses":[{"id":"'
            + row.external_id
            + '","status":"failed","biz_opaque_callback_data":"0","errors":'
            '[{"code":131047,"title":"Re-engagement message"}]}]}}]}]}'
        ).encode()
    )
    (delivery,) = office.shown[0]["deliveries"]
    assert (delivery["status"], delivery["reason"]) == ("failed", "refused")
    assert "131047" in delivery["detail"]


def test_outside_the_owner_s_window_the_delivery_says_so(office: Office) -> None:
    office.choose(emails=[], owner_phone=OWNER_PHONE)
    office.writes("שלום")
    sent = len(office.graph.requests)
    office.run_deliveries()
    (delivery,) = office.shown[0]["deliveries"]
    assert (delivery["status"], delivery["reason"]) == ("failed", "window_closed")
    assert len(office.graph.requests) == sent


def test_before_its_time_a_handover_waits(office: Office) -> None:
    office.choose(escalate_after_min=1)
    office.writes("שלום")
    (notification,) = office.rows(Notification)
    with pytest.raises(NotYet) as raised:
        office.notices.escalate(A, notification.id)
    assert 50 < raised.value.after_s <= 60


def test_when_nobody_came_everybody_is_told_and_the_customer_gets_one_honest_message(
    office: Office,
) -> None:
    office.choose(escalation_email="boss@example.com")
    office.writes("אני רוצה החזר")
    office.pass_time()
    office.pass_time()
    for _ in range(2):
        office.send_messages()
        office.run_deliveries()
    assert office.said() == [
        ("אני רוצה החזר", "received"),
        (HANDED_OVER, "sent"),
        (SORRY, "sent"),
    ]
    assert office.graph.texts.count(SORRY) == 1
    assert sorted(mail["To"] for mail in office.mail.mails) == [
        "boss@example.com",
        "dana@example.com",
        "dana@example.com",
    ]
    assert "עדיין לא ענו לרותי" in [mail["Subject"] for mail in office.mail.mails]
    assert [(n["kind"], n["customer_told"]) for n in office.shown] == [
        ("escalated", "queued"),
        ("handed_over", None),
    ]
    shown = office.conversation
    assert shown["takeover"]["escalated_at"] is not None
    assert shown["is_waiting"]
    assert shown["takeover"]["note"] == REASON


@pytest.mark.parametrize("verb", ["hand-back", "close"])
def test_who_came_in_time_ends_it(office: Office, verb: str) -> None:
    office.choose()
    office.writes("שלום")
    office.act(verb)
    office.pass_time()
    assert [n["kind"] for n in office.shown] == ["handed_over"]
    assert len(office.said()) == 2


def test_who_took_over_and_said_nothing_is_no_answer(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    office.act("take-over")
    office.pass_time()
    office.pass_time()
    # The customer is not: who has the conversation is about to write, and knows better what.
    assert [(n["kind"], n["customer_told"]) for n in office.shown] == [
        ("escalated", None),
        ("handed_over", None),
    ]
    assert len(office.said()) == 2


def test_who_took_over_and_wrote_is_an_answer(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    office.act("take-over")
    body = {"text": "כאן דנה", "idempotency_key": "k"}
    answer = office.owner.write("POST", f"{CONVERSATIONS}/1/messages", body)
    assert answer.status_code == 202
    office.pass_time()
    assert [n["kind"] for n in office.shown] == ["handed_over"]


def test_who_took_over_a_second_handover_is_late_by_its_own_time(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    office.act("hand-back")
    office.writes("שוב אני")
    office.act("take-over")
    first, second = office.rows(Notification)
    office.change(Notification, escalates_at=now() - timedelta(seconds=1))
    office.notices.escalate(A, first.id)
    assert [n["kind"] for n in office.shown] == ["handed_over", "handed_over"]
    office.notices.escalate(A, second.id)
    assert [n["kind"] for n in office.shown] == ["escalated", "handed_over", "handed_over"]


def test_an_answer_in_time_ends_it(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    body = {"text": "כאן דנה", "idempotency_key": "k"}
    answer = office.owner.write("POST", f"{CONVERSATIONS}/1/messages", body)
    assert answer.status_code == 202
    office.pass_time()
    assert [text for text, _ in office.said()] == ["שלום", HANDED_OVER, "כאן דנה"]


def test_who_comes_before_the_honest_message_left_keeps_it_back(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    office.pass_time()
    office.act("take-over")
    office.send_messages()
    assert office.said()[-1] == (SORRY, "withheld")
    assert SORRY not in office.graph.texts


def test_a_second_handover_begins_anew(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    office.pass_time()
    office.act("hand-back")
    assert office.conversation["takeover"] is None
    office.writes("שוב אני")
    assert office.conversation["takeover"]["escalated_at"] is None
    office.pass_time()
    kinds = [n["kind"] for n in office.shown]
    assert kinds == ["escalated", "handed_over", "escalated", "handed_over"]


def test_after_the_customer_s_window_nothing_is_sent_and_the_notification_says_so(
    office: Office,
) -> None:
    office.choose()
    office.writes("שלום")
    office.change(Conversation, last_inbound_at=now() - timedelta(hours=25))
    office.pass_time()
    assert office.shown[0]["customer_told"] == "window_closed"
    assert len(office.said()) == 2
    assert office.conversation["takeover"]["escalated_at"] is not None


@pytest.mark.parametrize(
    ("wrote", "said"),
    [
        ("I want my money back", "Nobody has been free yet."),
        ("أريد استرداد المال", "لم يتفرّغ أحد"),
        ("Хочу вернуть деньги", "Пока никто"),
        ("👍", "עדיין לא התפנה"),
    ],
)
def test_the_honest_message_is_in_the_customer_s_language(
    office: Office, wrote: str, said: str
) -> None:
    office.writes(wrote)
    office.pass_time()
    assert office.said()[-1][0].startswith(said)


def test_an_answer_that_was_refused_tells_once(office: Office) -> None:
    office.choose()
    office.model.hands_over = False
    office.graph.script = [(400, 131026)]
    office.writes("שלום")
    office.run_deliveries()
    (shown,) = office.shown
    assert (shown["kind"], shown["is_waiting"]) == ("unanswered", True)
    assert office.mail.mails[0]["Subject"] == "לא הצלחנו לענות לרותי"


def test_a_whole_message_that_intake_took_is_told(office: Office) -> None:
    office.choose()
    office.work = Work(office.world.database, office.world.settings, None)
    for words in ("שלום", "רותי", "תספורת מחר"):
        office.writes(words)
    assert [n["kind"] for n in office.shown] == ["message_taken"]


def test_the_simulator_calls_nobody_out(office: Office) -> None:
    office.choose()
    path = "/api/business/current/simulator/messages"
    body = {"from_phone": "050-777-8899", "text": "שלום", "name": "דנה"}
    assert office.owner.write("POST", path, body).status_code == 202
    office.work.answer(A, office.rows(InboundEvent)[-1].id)
    assert [(n["kind"], n["deliveries"]) for n in office.shown] == [("handed_over", [])]


def test_a_suspended_business_is_told_nothing_and_escalates_nothing(office: Office) -> None:
    office.choose()
    office.writes("שלום")
    with office.world.database.transaction() as tx:
        from maane.tenancy.models import Business

        tx.execute(update(Business).where(Business.id == A).values(status="suspended"))
    office.run_deliveries()
    office.pass_time()
    assert office.mail.mails == []
    assert [n.kind for n in office.rows(Notification)] == ["handed_over"]
    assert office.rows(Delivery)[0].reason == "suspended"


def test_each_user_reads_for_themselves(office: Office) -> None:
    office.writes("שלום")
    office.writes("שלום", digits="972501112244")
    agency = office.world.admin_in(A)
    assert office.unread == 2
    answer = office.owner.write("PUT", f"{NOTIFICATIONS}/1/read")
    assert answer.json == {"unread": 1, "newest_id": 2}
    assert [n["is_read"] for n in office.shown] == [False, True]
    body = {"notification_id": 2}
    assert office.owner.write("PUT", f"{NOTIFICATIONS}/read", body).json == {
        "unread": 0,
        "newest_id": 2,
    }
    assert office.owner.write("PUT", f"{NOTIFICATIONS}/read", body).status_code == 200
    theirs: Any = agency.get(f"{NOTIFICATIONS}/unread").json
    assert theirs["unread"] == 2
    other = office.world.browser("owner_b")
    nothing: Any = other.get(f"{NOTIFICATIONS}/unread").json
    assert nothing == {"unread": 0, "newest_id": 0}
    assert other.write("PUT", f"{NOTIFICATIONS}/1/read").status_code == 404


def test_what_has_not_changed_costs_a_304(office: Office) -> None:
    office.writes("שלום")
    first = office.owner.get(f"{NOTIFICATIONS}/unread")
    again = office.owner.get(
        f"{NOTIFICATIONS}/unread", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize(
    "wrong",
    [
        {"emails": ["no address"]},
        {"emails": ["דנה@example.com"]},
        {"emails": ["a@example.com\r\nBcc: b@example.com"]},
        {"emails": [f"a{n}@example.com" for n in range(11)]},
        {"owner_phone": "*1234"},
        {"escalate_after_min": 0},
        {"escalate_after_min": 1441},
        {"escalation_email": ""},
    ],
)
def test_wrong_settings_are_refused_and_change_nothing(office: Office, wrong: Any) -> None:
    office.choose()
    before = office.owner.get(f"{NOTIFICATIONS}/settings").json
    body = {"emails": [], "owner_phone": None, "escalate_after_min": 5, "escalation_email": None}
    answer = office.owner.write("PUT", f"{NOTIFICATIONS}/settings", body | wrong)
    assert answer.status_code == 422
    assert office.owner.get(f"{NOTIFICATIONS}/settings").json == before


def test_a_test_mail_says_what_the_server_answered(office: Office) -> None:
    office.choose()
    path = f"{NOTIFICATIONS}/test-email"
    body = {"email": "dana@example.com"}
    answer = office.owner.write("POST", path, body)
    assert answer.json == {"result": "accepted", "answer": "250 2.0.0 Ok: queued as 4F2A"}
    assert office.mail.mails[0]["Subject"] == "הודעת בדיקה ממענה"
    again = office.owner.write("POST", path, body)
    assert (again.status_code, again.headers["Retry-After"]) == (429, "10")
    stranger = office.owner.write("POST", path, {"email": "stranger@example.com"})
    assert (stranger.status_code, stranger.json) == (
        409,
        {"error": "conflict", "reason": "not_saved"},
    )
    assert len(office.mail.mails) == 1
