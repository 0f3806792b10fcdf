"""Calls in which something does not go well: the caller, the model, the network, or a forger."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from maane.calls.models import Call, CallTurn
from maane.conversations.models import Conversation, Message
from tests.calls.conftest import NUMBERS, TOKENS, Exchange
from tests.fakes import calls
from tests.people import A, B

LONGEST_S = 12.0
SILENT = "סליחה, לא שמעתי. אפשר לומר שוב?"


def counts(exchange: Exchange) -> list[int]:
    return [
        exchange.rows(select(func.count()).select_from(table), business_id)[0]
        for table in (Call, CallTurn, Conversation, Message)
        for business_id in (A, B)
    ]


def test_who_says_nothing_is_asked_twice_and_then_let_go(exchange: Exchange) -> None:
    line = exchange.call()
    assert line.be_silent() == SILENT
    assert line.be_silent() == "עדיין לא שומעים אותך. אפשר לדבר, או להקיש על המקשים."
    assert line.be_silent() == "לא הצלחנו לשמוע אותך. אפשר להתקשר שוב. להתראות."
    assert line.is_over
    call = exchange.kept(line)
    assert (call.outcome, call.end_reason) == ("missed", "silent")


def test_who_speaks_again_is_asked_twice_again(exchange: Exchange) -> None:
    line = exchange.call()
    line.be_silent()
    line.be_silent()
    assert line.speak("הנה אני") == "תשובה ל: הנה אני"
    assert line.be_silent() == SILENT
    line.hang_up()


def test_where_the_language_is_not_recognised_the_other_way_is_tried(exchange: Exchange) -> None:
    line = exchange.call()
    assert line.be_unheard() == SILENT
    assert line.gather is not None
    heard = (line.gather.attrib["language"], line.gather.attrib["speechModel"])
    assert heard == ("iw-IL", "default")
    line.speak("עכשיו שומעים")
    assert line.gather.attrib["language"] == "iw-IL"
    line.hang_up()


def test_a_model_that_fails_is_replaced_by_somebody_who_takes_a_message(
    exchange: Exchange,
) -> None:
    exchange.model.status = 500
    line = exchange.call("+972502345610")
    assert line.speak("המזגן שלי לא עובד") == "אשמח לקחת הודעה. איך קוראים לך?"
    assert line.be_silent() == SILENT
    assert line.speak("קוראים לי רותי") == "נעים מאוד, רותי. מה עוד כדאי שנדע?"
    told = line.speak("שזה דחוף")
    assert told == "תודה, רשמתי. יחזרו אליך מBusiness A. יש עוד משהו להוסיף?"
    assert line.speak("לא, תודה") == "תודה על השיחה, להתראות."
    assert line.is_over
    lead = exchange.lead(line)
    assert (lead.name, lead.note) == ("רותי", "המזגן שלי לא עובד\nשזה דחוף")
    assert exchange.kept(line).outcome == "message_taken"
    assert exchange.conversation(line).status == "open"


def test_a_slow_model_is_waited_for_with_words(exchange: Exchange) -> None:
    exchange.model.delay_s = 4.5
    line = exchange.call()
    said = line.speak("מה השעות?")
    assert said.startswith("רגע אחד, בבקשה.")
    assert said.endswith("תשובה ל: מה השעות?")
    assert line.slowest_s < LONGEST_S
    assert [turn.state for turn in exchange.turns(line)] == ["said", "said"]
    line.hang_up()


def test_a_model_that_hangs_costs_no_more_than_12_seconds(exchange: Exchange) -> None:
    exchange.model.delay_s = 25
    line = exchange.call("+972502345611")
    began = time.monotonic()
    said = line.speak("מה השעות?")
    took_s = time.monotonic() - began
    assert said == ("רגע אחד, בבקשה. עוד רגע, תודה על הסבלנות. אשמח לקחת הודעה. איך קוראים לך?")
    assert line.slowest_s < 5
    assert took_s < LONGEST_S + 3
    assert [author for author, _ in exchange.said(line)] == ["assistant", "customer", "intake"]
    exchange.model.delay_s = 0
    line.hang_up()


def test_pages_are_served_while_calls_wait(exchange: Exchange) -> None:
    exchange.model.delay_s = 6
    lines = [exchange.call(f"+9725023457{number:02}") for number in range(12)]
    with ThreadPoolExecutor(len(lines)) as pool:
        talking = [pool.submit(line.speak, "שלום") for line in lines]
        time.sleep(1)
        began = time.monotonic()
        assert httpx.get(f"{exchange.town.server.url}/version", timeout=10).status_code == 200
        assert time.monotonic() - began < 2
        for said in talking:
            assert said.result().startswith("רגע אחד")
    assert max(line.slowest_s for line in lines) < LONGEST_S
    for line in lines:
        line.hang_up()


def test_a_request_that_comes_again_gets_the_same_and_does_nothing_twice(
    exchange: Exchange,
) -> None:
    line = exchange.call()
    greeted = line.answers[-1]
    assert line.again().body == greeted.body
    line.speak("שלום")
    answered = line.answers[-1]
    asked = len(exchange.model.requests)
    assert line.again().body == answered.body
    line.speak("ועוד")
    first = next(a for a in line.answers if a.fields.get("SpeechResult") == "שלום")
    before = counts(exchange)
    assert line.again(line.answers.index(first)).body == answered.body
    assert counts(exchange) == before
    assert len(exchange.model.requests) == asked + 1
    line.hang_up()


def test_a_word_to_wait_that_comes_again_is_the_same_word(exchange: Exchange) -> None:
    exchange.model.delay_s = 4
    line = exchange.call()
    line.speak("שלום")
    waited = next(answer for answer in line.answers if "round=1" in answer.body)
    assert line.again(line.answers.index(waited)).body == waited.body
    line.hang_up()


def test_two_that_ask_at_once_have_one_turn(exchange: Exchange) -> None:
    exchange.model.delay_s = 0.5
    line = exchange.call()
    assert line.gather is not None
    url, fields = line.gather.attrib["action"], line.fields(SpeechResult="שלום")
    with ThreadPoolExecutor(4) as pool:
        bodies = {answer.body for answer in pool.map(lambda _: line.post(url, fields), range(4))}
    assert len(bodies) == 1
    assert [author for author, _ in exchange.said(line)] == ["assistant", "customer", "assistant"]
    line.hang_up()


def test_whatever_order_the_reports_come_in_the_first_end_stays(exchange: Exchange) -> None:
    line = exchange.call()
    line.speak("שלום")
    line.hang_up()
    ended_at = exchange.kept(line).ended_at
    for status in ("completed", "in-progress", "ringing", "failed", "no such word"):
        assert line.report(status).status == 204
    call = exchange.kept(line)
    assert (call.status, call.outcome, call.ended_at) == ("completed", "answered", ended_at)


def test_a_call_that_was_never_answered_here_is_kept_as_missed(exchange: Exchange) -> None:
    line = exchange.phones[A].line("+972502345612")
    line.end("no-answer")
    call = exchange.kept(line)
    assert (call.status, call.outcome, call.end_reason) == ("no-answer", "missed", "no_answer")
    # Its beginning comes after its end.
    answer = line.post(f"{line.phone.origin}/webhook/twilio/voice", line.fields())
    assert answer.body.endswith("<Response />")
    assert exchange.lead(line).phone == "+972502345612"


def test_a_call_that_is_heard_of_first_as_one_that_has_ended_is_closed(exchange: Exchange) -> None:
    line = exchange.phones[A].line("+972502345615")
    line.post(f"{line.phone.origin}/webhook/twilio/voice", line.fields(CallStatus="completed"))
    line.end()
    call = exchange.kept(line)
    assert (call.status, call.outcome) == ("completed", "missed")
    assert call.ended_at is not None


def test_who_hangs_up_while_the_answer_is_thought_of_has_said_what_they_said(
    exchange: Exchange,
) -> None:
    exchange.model.delay_s = 1.5
    exchange.model.say = lambda messages: (
        "נרשם"
        if messages[-1]["role"] == "tool"
        else calls(("save_lead", {"name": "רותי", "need": "שיחזרו אליי"}))
    )
    line = exchange.call("+972502345613")
    assert line.gather is not None
    url = line.gather.attrib["action"]
    with ThreadPoolExecutor(1) as pool:
        turn = pool.submit(line.post, url, line.fields(SpeechResult="אני רותי, תחזרו אליי"))
        time.sleep(0.7)
        line.hang_up()
        turn.result()
    exchange.wait(lambda: len(exchange.messages(line)) == 3)
    assert [message.status for message in exchange.messages(line)] == [
        "sent",
        "received",
        "withheld",
    ]
    lead = exchange.lead(line)
    assert (lead.name, lead.note) == ("רותי", "שיחזרו אליי")
    assert exchange.kept(line).outcome == "answered"


def test_the_last_words_of_who_hangs_up_on_them_are_kept_and_marked(exchange: Exchange) -> None:
    line = exchange.call()
    line.mumble("תגידו לדנה", 2)
    line.mumble("תגידו", 1)
    line.mumble("תגידו לדנה שאני מאחר", 3)
    line.hang_up()
    assert exchange.said(line)[-1] == ("customer", "תגידו לדנה שאני מאחר")
    assert [turn.is_partial for turn in exchange.turns(line)] == [False, True]
    assert exchange.kept(line).outcome == "answered"


@pytest.mark.parametrize("before", [[], ["תחזרו"]], ids=["nothing", "partial"])
@pytest.mark.parametrize(
    "after",
    [["whole"], ["partial"], ["partial", "whole"], ["whole", "whole", "partial"]],
    ids=" then ".join,
)
def test_words_that_come_after_the_end_are_kept_and_count(
    exchange: Exchange, before: list[str], after: list[str]
) -> None:
    line = exchange.call()
    assert line.gather is not None
    gather = line.gather
    for words in before:
        line.mumble(words)
    line.hang_up()
    assert exchange.kept(line).outcome == ("answered" if before else "missed")
    line.gather = gather
    for number, way in enumerate(after):
        if way == "whole":
            fields = line.fields(SpeechResult="תחזרו אליי", Confidence="0.91")
            answer = line.post(gather.attrib["action"], fields)
            assert answer.body.endswith("<Response />")
        else:
            line.mumble("תחזרו אל", number)
    is_whole = "whole" in after
    said = "תחזרו אליי" if is_whole else "תחזרו אל"
    assert exchange.said(line)[1:] == [("customer", said)]
    turn = exchange.turns(line)[-1]
    assert (turn.is_partial, turn.confidence_percent) == (not is_whole, 91 if is_whole else None)
    assert exchange.kept(line).outcome == "answered"
    conversation = exchange.conversation(line)
    assert (conversation.status, conversation.is_waiting) == ("closed", False)


def test_who_asks_for_a_person_and_hangs_up_meanwhile_waits_for_one(exchange: Exchange) -> None:
    exchange.model.delay_s = 1.5
    exchange.model.say = lambda messages: (
        "אעביר" if messages[-1]["role"] == "tool" else calls(("hand_to_person", {"reason": "כסף"}))
    )
    line = exchange.call("+972502345614")
    assert line.gather is not None
    url = line.gather.attrib["action"]
    with ThreadPoolExecutor(1) as pool:
        turn = pool.submit(line.post, url, line.fields(SpeechResult="תנו לי מנהל"))
        time.sleep(0.7)
        line.hang_up()
        assert exchange.conversation(line).status == "closed"
        turn.result()
    exchange.wait(lambda: exchange.kept(line).outcome == "message_taken")
    conversation = exchange.conversation(line)
    assert (conversation.status, conversation.is_waiting) == ("open", True)
    assert conversation.silence_reason == "handed_over"


def test_words_that_became_whole_are_kept_once(exchange: Exchange) -> None:
    line = exchange.call()
    line.mumble("אני רוצה")
    line.speak("אני רוצה תור")
    line.hang_up()
    heard = [text for author, text in exchange.said(line) if author == "customer"]
    assert heard == ["אני רוצה תור"]
    assert not any(turn.is_partial for turn in exchange.turns(line))


def test_a_number_that_nobody_has_is_not_taken(exchange: Exchange) -> None:
    before = counts(exchange)
    stranger = replace(exchange.phones[A], number="+97239999999")
    line = stranger.call()
    assert line.status == "no-answer"
    assert "<Reject" in line.answers[0].body
    assert counts(exchange) == before


@pytest.mark.parametrize(
    "forged",
    [
        {"token": "x" * 32},
        {"token": TOKENS[B]},
        {"token": ""},
        {"account_sid": "AC" + "b" * 32},
        {"number": NUMBERS[B]},
        {"origin": "https://elsewhere.example.com"},
        {"origin": "http://maane.example.com"},
    ],
)
def test_what_the_businesss_own_account_did_not_sign_changes_nothing(
    exchange: Exchange, forged: dict[str, Any]
) -> None:
    before = counts(exchange)
    phone = replace(exchange.phones[A], **forged)
    line = phone.line()
    for path in ("", "/turn?step=1", "/wait?step=1&round=1", "/partial?step=1", "/status"):
        url = f"{phone.origin}/webhook/twilio/voice{path}"
        answer = line.post(url, line.fields(SpeechResult="שלום", CallStatus="completed"))
        assert (answer.status, answer.body.strip()) == (403, '{"error":"signature"}'), path
    assert counts(exchange) == before


def test_the_call_of_one_business_is_none_of_another(exchange: Exchange) -> None:
    line = exchange.call()
    other = replace(line, phone=exchange.phones[B])
    other.report("completed")
    assert exchange.kept(line).status == "in-progress"
    line.hang_up()


def test_the_fallback_needs_nothing_and_speaks_the_language(exchange: Exchange) -> None:
    address = f"{exchange.town.server.url}/webhook/twilio/voice/fallback"
    for answer in (
        httpx.post(f"{address}?language=ru", data={"CallSid": "CA1"}),
        httpx.get(f"{address}?language=ru"),
    ):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/xml")
        assert 'language="ru-RU"' in answer.text
        assert "<Hangup" in answer.text
    for odd in ("language=no", "a&" * 51, "language=" + "x" * 3000, "%ff=%00"):
        assert "he-IL" in httpx.post(f"{address}?{odd}").text
