"""Whom nobody came to may get a text, if they say yes to it in the call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, update

from maane.calls.models import CallText
from maane.conversations.models import Message
from maane.conversations.opening import Contact, new_conversation
from maane.kit.db import now
from maane.tenancy.access import tenant_for_job
from tests.calls.conftest import ACCOUNTS, NUMBERS, TOKENS, Exchange
from tests.calls.people import DANA, WISH, let_ring, notices, wants_manager
from tests.calls.relays import Relays
from tests.fake_relay import Session
from tests.fake_twilio_voice import Line, Person
from tests.fakes import FakeTwilio, calls, told
from tests.people import A

OFFER = "תודה, רשמתי. לשלוח לך אישור בהודעת טקסט למספר שממנו התקשרת? כן או לא."
COMES = "בסדר, נשלח לך הודעת אישור. יש עוד משהו?"
BODY = "Business A: קיבלנו את ההודעה שהשארת בשיחה, ונחזור אליך."


@pytest.fixture(scope="module")
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio(ACCOUNTS[A], TOKENS[A]) as fake:
        yield fake


@pytest.fixture(scope="module")
def more_variables(twilio: FakeTwilio) -> dict[str, str]:
    return {"MAANE_TWILIO_API_URL": twilio.url}


def takes_message(messages: list[dict[str, Any]]) -> Any:
    """A model that offers a text once it has a message, wherever it may."""
    if told(messages):
        return "מילים שאיש לא צריך לשמוע"
    if "offer_text" in messages[0]["content"] and "תמסור" in messages[-1]["content"]:
        return calls(("save_lead", {"need": "שיחזרו"}), ("offer_text", {}))
    return wants_manager(messages)


@pytest.fixture
def town(exchange: Exchange, twilio: FakeTwilio) -> Iterator[Exchange]:
    """The exchange with a worker, and a person who never picks up."""
    exchange.model.say = takes_message
    twilio.script, twilio.requests = [], []
    let_ring(exchange, ("דנה", DANA, "always", Person("miss")))
    exchange.town.start_worker()
    yield exchange
    let_ring(exchange)


def missed(town: Exchange, caller: str) -> Line:
    """A call in which nobody came."""
    line = town.call(caller)
    line.speak(WISH)
    return line


def text_of(town: Exchange, line: Line) -> CallText | None:
    found = town.rows(select(CallText).where(CallText.call_id == town.kept(line).id))
    return found[0] if found else None


def state(town: Exchange, line: Line) -> str | None:
    row = text_of(town, line)
    return None if row is None else row.state


def sent(twilio: FakeTwilio) -> list[dict[str, str]]:
    return [r["body"] for r in twilio.requests if r["path"].endswith("/Messages.json")]


def agree(town: Exchange, caller: str) -> Line:
    line = missed(town, caller)
    assert line.speak("תמסור שיחזרו אליי") == OFFER
    assert line.speak("כן, בבקשה") == COMES
    return line


def test_who_says_yes_gets_one_text_by_sms(town: Exchange, twilio: FakeTwilio) -> None:
    line = agree(town, "+972502345901")
    town.wait(lambda: state(town, line) == "sent", 90)
    (form,) = sent(twilio)
    assert (form["From"], form["To"], form["Body"]) == (NUMBERS[A], "+972502345901", BODY)
    row = text_of(town, line)
    assert row is not None
    assert (row.way, row.external_id is not None, row.error) == ("sms", True, None)
    assert line.speak("לא, זהו") == "תשובה ל: לא, זהו"
    line.hang_up()
    assert notices(town, line) == ["transfer_missed", "message_taken"]
    callback = urlsplit(form["StatusCallback"])
    assert parse_qs(callback.query)["call"] == [str(town.kept(line).id)]
    report(line, form["StatusCallback"], row.external_id or "", "delivered")
    assert state(town, line) == "delivered"
    report(line, form["StatusCallback"], row.external_id or "", "sent")
    report(line, form["StatusCallback"], row.external_id or "", "failed", "30003")
    assert state(town, line) == "delivered"
    assert len(sent(twilio)) == 1


def report(line: Line, url: str, sid: str, status: str, code: str = "") -> None:
    """Twilio says what became of a text."""
    fields = {
        "AccountSid": line.phone.account_sid,
        "MessageSid": sid,
        "SmsSid": sid,
        "MessageStatus": status,
        "From": line.phone.number,
        "To": line.given["From"],
    }
    answer = line.post(url, fields | ({"ErrorCode": code} if code else {}))
    assert answer.status == 204


def test_a_text_that_did_not_arrive_says_why(town: Exchange, twilio: FakeTwilio) -> None:
    line = agree(town, "+972502345902")
    town.wait(lambda: state(town, line) == "sent", 90)
    row = text_of(town, line)
    report(
        line,
        sent(twilio)[0]["StatusCallback"],
        (row and row.external_id) or "",
        "undelivered",
        "30006",
    )
    row = text_of(town, line)
    assert row is not None
    assert (row.state, row.error, row.detail) == ("failed", "not_mobile", "30006")
    line.hang_up()


def test_what_twilio_says_later_of_a_text_that_nobody_was_sure_of_is_so(
    town: Exchange, twilio: FakeTwilio
) -> None:
    line = agree(town, "+972502345913")
    town.wait(lambda: state(town, line) == "sent", 90)
    with town.town.database.transaction(A) as tx:
        values = {"state": "failed", "error": "interrupted", "external_id": None}
        mine = CallText.call_id == town.kept(line).id
        tx.execute(update(CallText).where(CallText.business_id == A, mine).values(**values))
    url = sent(twilio)[0]["StatusCallback"]
    report(line, url, "SM1", "sent")
    assert state(town, line) == "sent"
    report(line, url, "SM1", "delivered")
    row = text_of(town, line)
    assert row is not None
    assert (row.state, row.error, row.external_id) == ("delivered", None, "SM1")
    line.hang_up()


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ((400, 21614), "not_mobile"),
        ((400, 21610), "opted_out"),
        ((400, 21408), "region"),
        ((400, 12345), "refused"),
        ((401, 20003), "credentials"),
        # Whoever says so may be a gateway, behind which the text was taken.
        ((502, 20500), "interrupted"),
        ((503, 20503), "interrupted"),
    ],
)
def test_what_twilio_refuses_is_told_in_words_and_not_asked_again(
    town: Exchange, twilio: FakeTwilio, refusal: tuple[int, int], error: str
) -> None:
    twilio.script = [refusal]
    line = agree(town, f"+9725023459{refusal[1] % 50 + 10}")
    town.wait(lambda: state(town, line) == "failed", 90)
    row = text_of(town, line)
    assert row is not None
    assert (row.error, row.detail) == (error, str(refusal[1]))
    assert len(sent(twilio)) == 1
    line.hang_up()


def test_a_provider_that_is_busy_is_asked_again(town: Exchange, twilio: FakeTwilio) -> None:
    twilio.script = [(429, 20429)]
    line = agree(town, "+972502345903")
    town.wait(lambda: state(town, line) == "sent", 90)
    assert len(sent(twilio)) == 2
    line.hang_up()


@pytest.mark.parametrize("words", ["לא", "לא, תודה", "אולי", "כן אבל רק מחר"])
def test_without_a_plain_yes_nothing_is_sent(
    town: Exchange, twilio: FakeTwilio, words: str
) -> None:
    line = missed(town, "+972502345904")
    assert line.speak("תמסור שיחזרו אליי") == OFFER
    assert line.speak(words) == f"תשובה ל: {words}"
    line.hang_up()
    assert state(town, line) == ("refused" if words.startswith("לא") else None)
    assert sent(twilio) == []


@pytest.mark.parametrize("words", ["אולי", "כן"])
def test_who_did_not_hear_the_question_is_asked_it_again_and_only_a_yes_to_it_agrees(
    town: Exchange, twilio: FakeTwilio, words: str
) -> None:
    line = missed(town, "+972502345914")
    assert line.speak("תמסור שיחזרו אליי") == OFFER
    assert line.speak("מה?") == OFFER
    assert (state(town, line), sent(twilio)) == ("asked", [])
    line.speak(words)
    if words == "כן":
        town.wait(lambda: state(town, line) == "sent", 90)
    else:
        assert state(town, line) is None
    assert len(sent(twilio)) == (words == "כן")
    line.hang_up()


def test_a_yes_that_comes_later_agrees_to_nothing(town: Exchange, twilio: FakeTwilio) -> None:
    line = missed(town, "+972502345905")
    line.speak("תמסור שיחזרו אליי")
    line.speak("רגע")
    assert line.speak("כן") == "תשובה ל: כן"
    line.hang_up()
    assert sent(twilio) == []


@pytest.mark.parametrize("caller", ["anonymous", "+972502345906"])
def test_who_cannot_or_would_not_get_a_text_is_not_asked(
    town: Exchange, twilio: FakeTwilio, caller: str
) -> None:
    line = missed(town, caller)
    if caller != "anonymous":
        line.speak("הסר")
    assert line.speak("תמסור שיחזרו אליי") == "תשובה ל: תמסור שיחזרו אליי"
    line.hang_up()
    assert (state(town, line), sent(twilio)) == (None, [])


def written(town: Exchange, phone: str, *, hours_ago: float, silence: str | None = None) -> int:
    """Somebody wrote on WhatsApp so long ago; the id of their conversation."""
    at = now() - timedelta(hours=hours_ago)
    with town.town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        row = new_conversation(tenant, Contact("whatsapp", phone[1:], phone, None), at)
        row.last_inbound_at = at
        if silence is not None:
            row.owner, row.silence_reason = "person", silence
        tx.add(row)
        tx.flush()
        return row.id


def test_who_asked_for_silence_on_whatsapp_is_not_asked(town: Exchange, twilio: FakeTwilio) -> None:
    written(town, "+972502345907", hours_ago=300, silence="stopped")
    line = missed(town, "+972502345907")
    assert line.speak("תמסור שיחזרו אליי") == "תשובה ל: תמסור שיחזרו אליי"
    line.hang_up()
    assert sent(twilio) == []


@pytest.mark.parametrize(
    ("phone", "hours_ago", "silence", "way"),
    [
        ("+972502345801", 1, None, "whatsapp"),
        ("+972502345802", 30, None, "sms"),
        ("+972502345803", 1, "took_over", "sms"),
    ],
)
def test_a_conversation_on_whatsapp_takes_it_while_it_may(
    town: Exchange,
    twilio: FakeTwilio,
    phone: str,
    hours_ago: float,
    silence: str | None,
    way: str,
) -> None:
    key = written(town, phone, hours_ago=hours_ago, silence=silence)
    line = agree(town, phone)
    town.wait(lambda: state(town, line) == "sent", 90)
    row = text_of(town, line)
    assert row is not None
    assert row.way == way
    texts = [m.text for m in town.rows(select(Message).where(Message.conversation_id == key))]
    assert texts == ([BODY] if way == "whatsapp" else [])
    assert len(sent(twilio)) == (0 if way == "whatsapp" else 1)
    line.hang_up()


def test_intake_asks_as_well(town: Exchange, twilio: FakeTwilio) -> None:
    line = missed(town, "+972502345908")
    town.model.status = 400
    line.speak("כן")
    line.speak("רותי")
    assert line.speak("שהמזגן לא עובד") == OFFER
    assert line.speak("כן") == COMES
    assert line.speak("לא תודה") == "תודה על השיחה, להתראות."
    assert line.is_over
    town.wait(lambda: state(town, line) == "sent", 90)
    assert town.lead(line).note == "שהמזגן לא עובד"


def test_over_a_socket_the_same_question_is_asked(
    town: Exchange, twilio: FakeTwilio, relays: Relays
) -> None:
    town.model.say = takes_message
    session = relays.call("+972502345909")
    session.ask(WISH)
    session.wait_for_end()
    again = relays.session(session.line).open()
    assert again.ask("תמסור שיחזרו אליי") == OFFER
    asked = len(town.model.requests)
    again.interrupt(OFFER, 9000)
    assert again.ask("כן") == COMES
    assert len(town.model.requests) == asked
    town.wait(lambda: state(town, session.line) == "sent", 90)
    again.interrupt(COMES, 9000)
    town.model.say = lambda messages: "בסדר."
    assert again.ask("כן") == "בסדר."
    again.hang_up()
    assert len(sent(twilio)) == 1


def asked_by_socket(town: Exchange, relays: Relays, caller: str) -> Session:
    """A call over sockets in which nobody came, and the caller was asked."""
    town.model.say = takes_message
    session = relays.call(caller)
    session.ask(WISH)
    session.wait_for_end()
    again = relays.session(session.line).open()
    assert again.ask("תמסור שיחזרו אליי") == OFFER
    again.interrupt(OFFER, 9000)
    return again


def test_who_says_yes_and_hangs_up_gets_their_text(
    town: Exchange, twilio: FakeTwilio, relays: Relays
) -> None:
    session = asked_by_socket(town, relays, "+972502345910")
    town.wait(lambda: state(town, session.line) == "asked")
    session.say("כן")
    session.hang_up()
    town.wait(lambda: state(town, session.line) == "sent", 90)
    assert len(sent(twilio)) == 1


def test_a_no_counts_though_they_spoke_over_what_was_said_to_it(
    town: Exchange, twilio: FakeTwilio, relays: Relays
) -> None:
    session = asked_by_socket(town, relays, "+972502345911")
    town.model.say = lambda messages: "בסדר גמור, לא נשלח שום דבר. יש עוד משהו?"
    town.model.word_s = 0.3
    session.say("לא")
    session.token()
    session.interrupt("בסדר", 300)
    town.wait(lambda: state(town, session.line) == "refused")
    session.hang_up()
    assert sent(twilio) == []


def test_who_asks_for_silence_in_the_call_is_not_asked_over_a_socket_either(
    town: Exchange, twilio: FakeTwilio, relays: Relays
) -> None:
    town.model.say = takes_message
    session = relays.call("+972502345912")
    session.ask(WISH)
    session.wait_for_end()
    again = relays.session(session.line).open()
    assert again.ask("הסר") == "תשובה ל: הסר"
    again.interrupt("תשובה ל: הסר", 9000)
    assert again.ask("תמסור שיחזרו אליי") == "תשובה ל: תמסור שיחזרו אליי"
    again.hang_up()
    assert (state(town, again.line), sent(twilio)) == (None, [])
