"""A page calls its own business: through the same routes and sockets, signed, and nobody else can."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from maane.calls.models import Call, CallText, CallTransfer
from maane.channels.voice.simulator import operations
from maane.channels.voice.simulator.account import account_of
from maane.channels.voice.simulator.calling import forget_old
from maane.channels.voice.simulator.models import SimulatedCall, SimulatedLine
from maane.channels.voice.simulator.talk import Event
from maane.conversations.models import Conversation
from maane.kit.db import now
from maane.kit.errors import Conflict
from maane.notifications.models import Delivery
from maane.tenancy.access import tenant_for_job
from tests.calls.conftest import ACCOUNTS, NUMBERS, ORIGIN, TOKENS, Exchange
from tests.calls.people import DANA, WISH, let_ring
from tests.calls.relays import Relays
from tests.calls.test_texts import OFFER, takes_message
from tests.fake_twilio_voice import Person as Rung
from tests.fake_twilio_voice import Phone
from tests.fakes import calls
from tests.people import A, B, World
from tests.served.test_under_load import Person

PATH = "/api/business/current/simulator/calls"
CALLER = "+972525550101"


@dataclass
class Dialled:
    """A simulated call, as its page sees it."""

    owner: Person
    id: int
    seen: dict[str, Any]

    def look(self) -> dict[str, Any]:
        self.seen = self.owner.send("GET", f"{PATH}/{self.id}").json()
        return self.seen

    def act(self, kind: str, text: str = "") -> Any:
        body = {"kind": kind, "text": text}
        answer = self.owner.send("POST", f"{PATH}/{self.id}/acts", body)
        assert answer.status_code == 202, answer.json()
        return answer.json()

    def wait(self, is_so: Any, seconds: float = 30) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while not is_so(self.look()):
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.05)
        return self.seen

    def listens(self) -> dict[str, Any]:
        return self.wait(lambda seen: seen["is_listening"] or seen["state"] in ("over", "failed"))

    def said(self) -> list[str]:
        """What the business has finished saying."""
        sentences, words = [], ""
        for line in self.look()["lines"]:
            if line["kind"] == "says":
                words += line["text"]
                if line["is_last"]:
                    sentences.append(" ".join(words.split()))
                    words = ""
        return sentences

    def ask(self, words: str) -> str:
        """Says something; the answer to it."""
        before = len(self.said())
        self.act("speech", words)
        self.wait(lambda _: len(self.said()) > before)
        self.listens()
        return self.said()[before]


@pytest.fixture
def owner(exchange: Exchange) -> Person:
    return Person(exchange.town.server.url, "owner_a")


def dial(owner: Person, engine: str | None = None, caller: str | None = CALLER) -> Dialled:
    answer = owner.send("POST", PATH, {"from_phone": caller, "engine": engine})
    assert answer.status_code == 201, answer.json()
    call = Dialled(owner, answer.json()["id"], answer.json())
    call.listens()
    return call


def kept(exchange: Exchange, call: Dialled) -> Call:
    key = call.look()["call_id"]
    (row,) = exchange.rows(select(Call).where(Call.id == key))
    return row


def test_a_page_calls_its_business_and_is_answered(exchange: Exchange, owner: Person) -> None:
    call = dial(owner, "gather")
    assert call.said() == ["שלום, הגעתם אל Business A. במה אפשר לעזור?"]
    assert call.seen["engine"] == "gather"
    assert call.ask("מה השעות?") == "תשובה ל: מה השעות?"
    (answer,) = [one for one in call.seen["lines"] if one["text"] == "תשובה ל: מה השעות?"]
    assert 0 < answer["took_ms"] < 12_000
    call.act("keys", "12#")
    call.wait(lambda _: len(call.said()) == 3)
    assert call.said()[-1] == "תשובה ל: [keypad] 12"
    call.listens()
    call.act("hang_up")
    call.wait(lambda seen: seen["state"] == "over")
    row = kept(exchange, call)
    assert (row.status, row.outcome, row.end_reason) == ("completed", "answered", "caller_hung_up")
    (conversation,) = exchange.rows(
        select(Conversation).where(Conversation.id == row.conversation_id)
    )
    assert (conversation.channel, conversation.contact_phone) == ("simulator", CALLER)
    assert conversation.is_spoken
    shown = owner.send("GET", f"/api/business/current/calls/{row.id}").json()
    assert shown["call"]["is_simulated"]
    assert [turn["heard"] for turn in shown["turns"]] == [None, "מה השעות?", "[keypad] 12"]
    assert all(turn["first_audio_ms"] is not None for turn in shown["turns"])


def test_silence_is_asked_about_and_ends_the_call(exchange: Exchange, owner: Person) -> None:
    call = dial(owner, "gather")
    for number in (2, 3):
        call.act("silence")
        call.wait(lambda _, number=number: len(call.said()) == number)
        call.listens()
    assert call.said()[1] == "סליחה, לא שמעתי. אפשר לומר שוב?"
    call.act("silence")
    call.wait(lambda seen: seen["state"] == "over")
    assert kept(exchange, call).end_reason == "silent"


def test_words_to_wait_are_seen_while_they_are_said(exchange: Exchange, owner: Person) -> None:
    call = dial(owner, "gather")
    exchange.model.delay_s = 4.5
    call.act("speech", "מה השעות?")
    seen = call.wait(lambda seen: any(one["kind"] == "waits" for one in seen["lines"]))
    assert not seen["is_listening"]
    assert not any("תשובה" in one["text"] for one in seen["lines"])
    call.wait(lambda _: len(call.said()) == 2)
    assert call.said()[-1] == "תשובה ל: מה השעות?"
    call.act("hang_up")


def test_who_hangs_up_while_an_answer_is_thought_of_is_let_go_at_once(
    exchange: Exchange, owner: Person
) -> None:
    call = dial(owner, "gather")
    exchange.model.delay_s = 6
    call.act("speech", "שלום")
    time.sleep(0.5)
    began = time.monotonic()
    call.act("hang_up")
    call.wait(lambda seen: seen["state"] == "over")
    assert time.monotonic() - began < 2
    assert kept(exchange, call).status == "completed"


def test_a_call_over_a_socket_that_nobody_serves_says_so(exchange: Exchange, owner: Person) -> None:
    """The process of the sockets does not run."""
    call = dial(owner, "relay")
    assert (call.seen["state"], call.seen["reason"]) == ("failed", "socket_unreachable")
    assert exchange.town.variables["MAANE_VOICE_PORT"] not in str(call.seen)


def test_a_business_without_a_number_can_be_called_as_well(exchange: Exchange) -> None:
    from sqlalchemy import delete

    from maane.channels.voice.models import VoiceChannel

    with exchange.town.database.transaction(B) as tx:
        tx.execute(delete(VoiceChannel).where(VoiceChannel.business_id == B))
    call = dial(Person(exchange.town.server.url, "owner_b"), "gather")
    assert "Business B" in call.said()[0]
    call.act("hang_up")


def test_nobody_is_called_out_for_a_call_that_is_a_trial(exchange: Exchange, owner: Person) -> None:
    exchange.model.say = lambda messages: (
        "נרשם"
        if messages[-1]["role"] == "tool"
        else calls(("hand_to_person", {"reason": "מבקשת אדם"}))
    )
    body = {
        "emails": ["staff@example.com"],
        "owner_phone": None,
        "escalate_after_min": 15,
        "escalation_email": None,
    }
    path = "/api/business/current/notifications/settings"
    assert owner.send("PUT", path, body).status_code == 200
    before = exchange.rows(select(Delivery.id))
    call = dial(owner, "gather")
    call.ask("אני רוצה לדבר עם מישהו")
    call.act("hang_up")
    call.wait(lambda seen: seen["state"] == "over")
    assert kept(exchange, call).outcome == "message_taken"
    assert exchange.rows(select(Delivery.id)) == before


def test_nobody_is_rung_and_no_text_is_offered(exchange: Exchange, owner: Person) -> None:
    exchange.model.say = takes_message
    let_ring(exchange, ("דנה", DANA, "always", Rung()))
    try:
        call = dial(owner, "gather")
        call.ask(WISH)
        assert call.ask("תמסור שיחזרו אליי") != OFFER
        assert not [line for line in call.seen["lines"] if line["kind"] == "dials"]
        call.act("hang_up")
        call.wait(lambda seen: seen["state"] == "over")
        assert exchange.rows(select(CallText.id)) == []
        assert exchange.rows(select(CallTransfer.id)) == []
    finally:
        let_ring(exchange)


def test_a_call_of_one_business_is_none_of_another(exchange: Exchange, owner: Person) -> None:
    call = dial(owner, "gather")
    other = Person(exchange.town.server.url, "owner_b")
    assert other.send("GET", f"{PATH}/{call.id}").status_code == 404
    body = {"kind": "hang_up", "text": ""}
    assert other.send("POST", f"{PATH}/{call.id}/acts", body).status_code == 404
    assert call.look()["state"] == "going"
    call.act("hang_up")


def test_a_business_makes_three_trial_calls_at_once(exchange: Exchange, owner: Person) -> None:
    lines = [dial(owner, "gather") for _ in range(3)]
    answer = owner.send("POST", PATH, {"from_phone": None, "engine": None})
    assert (answer.status_code, answer.json()["reason"]) == (409, "too_many_calls")
    for call in lines:
        call.act("hang_up")
        call.wait(lambda seen: seen["state"] == "over")
    call = dial(owner, "gather", None)
    call.act("hang_up")


def test_what_cannot_be_heard_is_refused_with_the_reason(exchange: Exchange, owner: Person) -> None:
    call = dial(owner, "gather")
    acts = f"{PATH}/{call.id}/acts"
    assert owner.send("POST", acts, {"kind": "speech", "text": "  "}).status_code == 422
    assert owner.send("POST", acts, {"kind": "keys", "text": "12a"}).status_code == 422
    exchange.model.delay_s = 3
    call.act("speech", "שלום")
    call.wait(lambda seen: not seen["is_listening"])
    answer = owner.send("POST", acts, {"kind": "speech", "text": "ועוד"})
    assert (answer.status_code, answer.json()["reason"]) == (409, "not_listening")
    call.act("hang_up")
    call.wait(lambda seen: seen["state"] == "over")
    answer = owner.send("POST", acts, {"kind": "speech", "text": "ועוד"})
    assert (answer.status_code, answer.json()["reason"]) == (409, "call_ended")


def test_no_secret_of_the_simulator_reaches_a_page(exchange: Exchange, owner: Person) -> None:
    call = dial(owner, "gather")
    call.ask("שלום")
    account = account_of(exchange.town.settings, A)
    for secret in (account.token, account.sid, TOKENS[A]):
        assert secret not in str(call.seen)
        assert secret not in exchange.town.server.log.read_text()
    call.act("hang_up")


@pytest.mark.parametrize(
    "forged",
    [
        {"token": "x" * 32},
        {"token": ""},
        {"token": TOKENS[A]},
        {"account_sid": ACCOUNTS[A], "token": TOKENS[A]},
        {"number": NUMBERS[A]},
        {"number": "sim-2"},
        {"number": "sim-999999"},
        {"number": "sim-01"},
        {"origin": "https://elsewhere.example.com"},
    ],
)
def test_an_outsider_reaches_no_simulated_call(exchange: Exchange, forged: dict[str, str]) -> None:
    """Twilio's token of a business opens its number, and the simulator's only the simulator's."""
    account = account_of(exchange.town.settings, A)
    given = {
        "server": exchange.town.server.url,
        "origin": ORIGIN,
        "account_sid": account.sid,
        "token": account.token,
        "number": account.number,
    }
    before = exchange.rows(select(Call.id).order_by(Call.id))
    phone = Phone(**(given | forged))
    for path in ("", "/turn?step=1", "/wait?step=1&round=1", "/status"):
        line = phone.line()
        answer = line.post(
            f"{phone.origin}/webhook/twilio/voice{path}",
            line.fields(SpeechResult="שלום", CallStatus="completed"),
        )
        is_unknown = forged.get("number") == "sim-01"
        if is_unknown:
            assert (answer.status, "<Gather" in answer.body) in ((200, False), (204, False))
        else:
            assert (answer.status, answer.body.strip()) == (403, '{"error":"signature"}'), path
    assert exchange.rows(select(Call.id).order_by(Call.id)) == before


def test_a_real_call_can_choose_no_engine(exchange: Exchange) -> None:
    line = exchange.phones[A].call(MaaneEngine="relay")
    assert line.connecting is None
    assert line.gather is not None
    line.hang_up()


def test_a_call_whose_process_ended_says_so_and_a_day_later_it_is_gone(world: World) -> None:
    owner = world.browser("owner_a")
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        call = operations.begin(tx, tenant, "CA" + "1" * 32)
        call.state, call.is_listening = "going", True
        operations.put(tx, tenant, call.id, "speech", "שלום")
        call.alive_at = now() - timedelta(seconds=30)
        key = call.id
    seen: Any = owner.get(f"{PATH}/{key}").json
    assert (seen["state"], seen["reason"]) == ("failed", "process_ended")
    answer = owner.write("POST", f"{PATH}/{key}/acts", {"kind": "hang_up", "text": ""})
    assert answer.json == {"error": "conflict", "reason": "call_ended"}
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        old = tx.scalars(select(SimulatedCall)).one()
        old.started_at = now() - timedelta(days=1, seconds=1)
        operations.begin(tx, tenant, "CA" + "2" * 32)
    forget_old(world.database)
    with world.database.transaction(A, writes=False) as tx:
        assert tx.scalars(select(SimulatedCall.external_id)).all() == ["CA" + "2" * 32]
        assert tx.scalars(select(SimulatedLine)).all() == []


def test_who_hangs_up_is_heard_however_much_was_said_before(world: World) -> None:
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        key = operations.begin(tx, tenant, "CA" + "1" * 32).id
        said = [Event(0.0, "says", "מילה", is_last=False)] * (2 * operations.PAGE)
        stands = {"state": "going", "engine": "relay", "reason": None}
        operations.note(tx, tenant, key, said, **stands, is_listening=True)
        call = operations.put(tx, tenant, key, "interrupt", "מילה")
        call.lines = operations.MOST_LINES
        with pytest.raises(Conflict):
            operations.put(tx, tenant, key, "speech", "שלום")
        operations.put(tx, tenant, key, "hang_up", "")
        asked = operations.asked_of(tx, tenant, key, 0)
    assert [one.kind for one in asked] == ["interrupt", "hang_up"]


def test_a_page_calls_over_a_socket_and_speaks_over_it(relays: Relays, owner: Person) -> None:
    relays.model.say = lambda _: "אנחנו פתוחים כל יום מתשע עד חמש חוץ משבת וחגים"
    relays.model.word_s = 0.3
    call = dial(owner)
    assert call.seen["engine"] == "relay"
    assert call.said() == ["שלום, הגעתם אל Business A. במה אפשר לעזור?"]
    call.act("speech", "מתי פתוח?")
    call.wait(lambda seen: any("פתוחים" in one["text"] for one in seen["lines"]))
    call.act("interrupt", "אנחנו פתוחים")
    call.wait(lambda _: len(call.said()) == 2)
    relays.model.say, relays.model.word_s = (lambda _: "בבקשה"), 0.0
    assert call.ask("רגע, ובשבת?") == "בבקשה"
    call.act("hang_up")
    call.wait(lambda seen: seen["state"] == "over")
    row = kept(relays.exchange, call)
    relays.exchange.wait(lambda: kept(relays.exchange, call).outcome is not None)
    shown = owner.send("GET", f"/api/business/current/calls/{row.id}").json()
    assert [turn["said"] for turn in shown["turns"][1:]] == ["אנחנו פתוחים", "בבקשה"]
    assert row.engine == "relay"
