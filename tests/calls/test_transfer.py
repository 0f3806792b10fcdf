"""Callers who want a person, over plain HTTP: who is rung, what they hear, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.calls.conftest import TOKENS, Exchange
from tests.calls.people import (
    DANA,
    MISSED,
    PUT_THROUGH,
    REASON,
    WISH,
    YOSSI,
    close_today,
    let_ring,
    notices,
    results,
    rung,
    suspend,
    wants_manager,
)
from tests.calls.test_gather import prompt_of
from tests.fake_twilio_voice import Line, Person
from tests.fakes import calls, told
from tests.people import B

HUNG_UP = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup /></Response>'


@pytest.fixture
def town(exchange: Exchange) -> Iterator[Exchange]:
    """The exchange with a model that hands over, and nobody to ring yet."""
    exchange.model.say = wants_manager
    yield exchange
    suspend(exchange, is_suspended=False)
    let_ring(exchange)
    close_today(exchange, is_closed=False)


def asks(line: Line, path: str) -> list[int]:
    """Which requests of a call went to a path."""
    return [
        number
        for number, answer in enumerate(line.answers)
        if urlsplit(answer.path).path == f"/webhook/twilio/voice/{path}"
    ]


def test_a_caller_is_put_through_to_a_person(town: Exchange) -> None:
    dana = Person(talks_s=73)
    let_ring(town, ("דנה", DANA, "always", dana), ring_s=25)
    line = town.call("+972502345701")
    line.speak("שלום, אני רותי")
    assert line.speak(WISH) == PUT_THROUGH
    assert line.is_over
    assert "put through now" in prompt_of(town)
    (dial,) = dana.rung
    assert (dial["timeout"], dial["callerId"]) == ("25", town.phones[1].number)
    assert dana.heard == [
        "שיחה אל Business A מאת 0 5 0 2 3 4 5 7 0 1. המזגן לא עובד. "
        "כדי לקבל את השיחה, יש להקיש על מקש כלשהו."
    ]
    (row,) = rung(town, line)
    assert (row.result, row.talked_s, row.phone) == ("connected", 73, DANA)
    assert row.rung_at is not None
    assert row.accepted_at is not None
    call = town.kept(line)
    assert (call.outcome, call.end_reason) == ("transferred", "transferred")
    assert town.conversation(line).status == "closed"
    assert town.conversation(line).silence_reason is None
    assert notices(town, line) == []
    assert town.said(line)[-1] == ("assistant", PUT_THROUGH)


def test_a_name_that_is_known_is_what_the_person_hears(town: Exchange) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        given = {"name": "רותי לוי", "need": '<Hangup/> & לבטל "תור" ]]>'}
        if told(messages):
            return "בסדר"
        return calls(("save_lead", given), ("hand_to_person", {"reason": "x"}))

    town.model.say = say
    dana = Person()
    let_ring(town, ("דנה", DANA, "always", dana))
    line = town.call("+972502345702")
    line.speak("אני רותי לוי, תני לי לדבר עם מישהו")
    assert dana.heard[0].startswith('שיחה אל Business A מאת רותי לוי. Hangup/ & לבטל "תור" ]].')
    assert town.kept(line).outcome == "transferred"
    assert town.lead(line).name == "רותי לוי"


def test_a_withheld_number_is_told_as_one(town: Exchange) -> None:
    dana = Person()
    let_ring(town, ("דנה", DANA, "always", dana))
    line = town.call("anonymous")
    line.speak(WISH)
    assert dana.heard[0].startswith("שיחה אל Business A מאת מספר חסוי. ")
    assert town.kept(line).outcome == "transferred"


@pytest.mark.parametrize(
    ("does", "result"),
    [("miss", "no_answer"), ("busy", "busy"), ("fail", "failed"), ("ignore", "declined")],
)
def test_who_does_not_take_it_is_followed_by_the_next(
    town: Exchange, does: str, result: str
) -> None:
    dana, yossi = Person(does), Person()
    let_ring(town, ("דנה", DANA, "always", dana), ("יוסי", YOSSI, "open", yossi))
    line = town.call("+972502345703")
    assert line.speak(WISH) == PUT_THROUGH
    assert results(town, line) == [("דנה", result), ("יוסי", "connected")]
    assert (len(dana.rung), len(yossi.rung)) == (1, 1)
    # A voicemail hears the line twice, and then nobody.
    assert len(dana.heard) == (2 if does == "ignore" else 0)
    assert town.kept(line).outcome == "transferred"
    assert notices(town, line) == []


def test_where_nobody_comes_a_message_is_offered_and_the_talk_goes_on(town: Exchange) -> None:
    let_ring(
        town,
        ("דנה", DANA, "always", Person("ignore")),
        ("יוסי", YOSSI, "always", Person("miss")),
    )
    line = town.call("+972502345704")
    assert line.speak(WISH) == f"{PUT_THROUGH} {MISSED}"
    assert results(town, line) == [("דנה", "declined"), ("יוסי", "no_answer")]
    assert notices(town, line) == ["transfer_missed"]
    conversation = town.conversation(line)
    assert (conversation.silence_reason, conversation.silence_note) == ("handed_over", REASON)
    assert conversation.is_waiting
    assert line.speak("כן, שיחזרו אליי") == "תשובה ל: כן, שיחזרו אליי"
    assert "nobody picked up" in prompt_of(town)
    asked = town.model.requests[-1]["body"]
    assert {"role": "assistant", "content": f"{PUT_THROUGH}\n{MISSED}"} in asked["messages"]
    hand = next(t for t in asked["tools"] if t["function"]["name"] == "hand_to_person")
    assert "call back" in hand["function"]["description"]
    # Whoever asks again is not promised it again.
    assert line.speak(WISH).startswith("מילים")
    line.hang_up()
    assert len(rung(town, line)) == 2
    assert notices(town, line) == ["transfer_missed"]
    assert town.kept(line).outcome == "message_taken"
    assert town.conversation(line).status == "open"
    kinds = [turn.kind for turn in town.turns(line)]
    assert kinds == ["greeting", "speech", "transfer", "speech", "speech"]


def test_where_the_model_fails_meanwhile_intake_takes_the_message(town: Exchange) -> None:
    let_ring(town, ("דנה", DANA, "always", Person("busy")))
    line = town.call("+972502345705")
    line.speak(WISH)
    town.model.status = 400
    assert line.speak("כן") == "אשמח לקחת הודעה. איך קוראים לך?"
    assert line.speak("רותי") == "נעים מאוד, רותי. מה עוד כדאי שנדע?"
    line.hang_up()
    # The yes was none of the message.
    assert town.lead(line).note == ""
    line = town.call("+972502345706")
    town.model.status = 200
    line.speak(WISH)
    town.model.status = 400
    assert line.speak("לא תודה") == "תודה על השיחה, להתראות."
    assert line.is_over


@pytest.mark.parametrize("wish", ["אפשר לדבר עם מישהו?", "נציג בבקשה", "operator", "0"])
def test_where_no_model_listens_a_plain_wish_is_enough(town: Exchange, wish: str) -> None:
    dana = Person()
    let_ring(town, ("דנה", DANA, "always", dana))
    town.model.status = 400
    line = town.call("+972502345716")
    assert (line.press("0") if wish == "0" else line.speak(wish)) == PUT_THROUGH
    assert town.kept(line).outcome == "transferred"
    assert town.said(line)[-1] == ("intake", PUT_THROUGH)


def test_another_wish_is_taken_as_a_message(town: Exchange) -> None:
    let_ring(town, ("דנה", DANA, "always", Person()))
    town.model.status = 400
    line = town.call("+972502345717")
    assert line.speak("תור למחר בעשר") == "אשמח לקחת הודעה. איך קוראים לך?"
    line.hang_up()


@pytest.mark.parametrize(
    ("when", "is_closed", "is_rung"),
    [
        ("open", False, True),
        ("open", True, False),
        ("closed", False, False),
        ("closed", True, True),
        ("always", True, True),
    ],
)
def test_people_are_rung_at_their_hours(
    town: Exchange, when: Any, is_closed: bool, is_rung: bool
) -> None:
    close_today(town, is_closed=is_closed)
    let_ring(town, ("דנה", DANA, when, Person()))
    line = town.call("+972502345707")
    said = line.speak(WISH)
    assert (said == PUT_THROUGH) is is_rung
    assert len(rung(town, line)) == int(is_rung)
    if not is_rung:
        assert said.startswith("מילים")
        assert notices(town, line) == ["handed_over"]
        line.hang_up()


def test_who_is_not_there_any_more_when_it_is_decided_is_not_promised(town: Exchange) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        close_today(town)
        return wants_manager(messages)

    let_ring(town, ("דנה", DANA, "open", Person()))
    town.model.say = say
    line = town.call("+972502345708")
    said = line.speak(WISH)
    assert said.startswith("ביקשתי שיחזרו אליך מBusiness A.")
    assert notices(town, line) == ["handed_over"]
    line.hang_up()


def test_who_hangs_up_while_it_rings_is_called_back_by_somebody(town: Exchange) -> None:
    dana = Person("miss", meanwhile=lambda line: line.hang_up())
    let_ring(town, ("דנה", DANA, "always", dana), ("יוסי", YOSSI, "always", Person()))
    line = town.call("+972502345709")
    line.speak(WISH)
    assert line.is_over
    assert results(town, line) == [("דנה", "canceled"), ("יוסי", None)]
    assert notices(town, line) == ["transfer_missed"]
    conversation = town.conversation(line)
    assert (conversation.status, conversation.is_waiting) == ("open", True)
    assert line.answers[-1].body.endswith("<Response />")


def test_what_twilio_reports_again_or_late_changes_nothing(town: Exchange) -> None:
    let_ring(
        town,
        ("דנה", DANA, "always", Person("busy")),
        ("יוסי", YOSSI, "always", Person(talks_s=31)),
    )
    line = town.call("+972502345710")
    line.speak(WISH)
    before = [(r.result, r.talked_s, r.rung_at, r.accepted_at) for r in rung(town, line)]
    kept = town.kept(line)
    ended = (kept.outcome, kept.end_reason, kept.ended_at)
    for number in [*asks(line, "leg"), *reversed(asks(line, "rung"))]:
        assert line.again(number).status in (200, 204)
    # A person who presses a key once more, or late, takes no call that has ended.
    for number in [*asks(line, "whisper"), *asks(line, "taken")]:
        assert line.again(number).body == HUNG_UP
    assert [(r.result, r.talked_s, r.rung_at, r.accepted_at) for r in rung(town, line)] == before
    kept = town.kept(line)
    assert (kept.outcome, kept.end_reason, kept.ended_at) == ended
    assert notices(town, line) == []


def test_what_is_asked_again_gets_the_same_answer(town: Exchange) -> None:
    let_ring(town, ("דנה", DANA, "always", Person("busy")), ("יוסי", YOSSI, "always", Person()))
    line = town.call("+972502345711")
    town.phones[1].people[YOSSI] = Person("miss", meanwhile=repeat_all)
    assert line.speak(WISH) == f"{PUT_THROUGH} {MISSED}"
    first, second = asks(line, "rung")[0], asks(line, "rung")[-1]
    for number in (first, second):
        assert line.again(number).body == line.answers[number].body
    assert results(town, line) == [("דנה", "busy"), ("יוסי", "no_answer")]
    assert [turn.kind for turn in town.turns(line)].count("transfer") == 1
    line.hang_up()


def repeat_all(line: Line) -> None:
    """Twilio asks again for what led here, while the second person's phone rings."""
    for number in (asks(line, "turn")[-1], asks(line, "rung")[-1]):
        assert line.again(number).body == line.answers[number].body


def test_an_end_that_comes_before_the_word_of_it_is_the_same_end(town: Exchange) -> None:
    let_ring(town, ("דנה", DANA, "always", Person(talks_s=31)))
    line = town.call("+972502345712")
    assert line.gather is not None
    answer = line.post(line.gather.attrib["action"], line.fields(SpeechResult=WISH))
    (dial,) = ElementTree.fromstring(answer.body).iter("Dial")
    leg = leg_fields(line)
    line.post(dial[0].attrib["url"], leg)
    taken = dial[0].attrib["url"].replace("/whisper", "/taken")
    assert line.post(taken, leg | {"Digits": "1"}).body.endswith("<Response />")
    line.hang_up()
    (row,) = rung(town, line)
    assert (row.result, town.kept(line).outcome) == ("connected", "transferred")
    fields = line.fields(DialCallStatus="completed", DialCallDuration="31")
    line.post(dial.attrib["action"], fields)
    assert rung(town, line)[0].talked_s == 31
    assert notices(town, line) == []


def test_who_was_joined_though_nobody_heard_of_the_key_has_taken_the_call(town: Exchange) -> None:
    """The key's request is lost, and the two are joined all the same; then the call's end comes first."""
    let_ring(town, ("דנה", DANA, "always", Person()))
    line = town.call("+972502345718")
    assert line.gather is not None
    answer = line.post(line.gather.attrib["action"], line.fields(SpeechResult=WISH))
    (dial,) = ElementTree.fromstring(answer.body).iter("Dial")
    line.post(dial[0].attrib["url"], leg_fields(line))
    line.hang_up()
    assert results(town, line) == [("דנה", "canceled")]
    fields = line.fields(DialCallStatus="completed", DialCallDuration="31", DialBridged="true")
    line.post(dial.attrib["action"], fields)
    (row,) = rung(town, line)
    assert (row.result, row.talked_s) == ("connected", 31)
    call = town.kept(line)
    assert (call.outcome, call.end_reason) == ("transferred", "transferred")


def leg_fields(line: Line) -> dict[str, str]:
    """What a request of a person's side bears."""
    return {
        "AccountSid": line.phone.account_sid,
        "CallSid": "CA" + "e" * 32,
        "CallStatus": "in-progress",
        "Direction": "outbound-dial",
        "From": line.phone.number,
        "To": DANA,
        "ParentCallSid": line.sid,
    }


def test_the_side_of_the_person_is_signed_and_bound_to_its_call(town: Exchange) -> None:
    let_ring(town, ("דנה", DANA, "always", Person()))
    line = town.call("+972502345713")
    assert line.gather is not None
    answer = line.post(line.gather.attrib["action"], line.fields(SpeechResult=WISH))
    url = next(ElementTree.fromstring(answer.body).iter("Number")).attrib["url"]
    taken, leg = url.replace("/whisper", "/taken"), leg_fields(line)
    forged = replace(line, phone=replace(line.phone, token=TOKENS[B]))
    for address in (url, taken, url.replace("/whisper", "/leg")):
        assert forged.post(address, leg).status == 403
    theirs = replace(line, phone=town.phones[B])
    stranger = leg | {"From": town.phones[B].number, "AccountSid": town.phones[B].account_sid}
    assert theirs.post(url, stranger).body == HUNG_UP
    assert line.post(url, leg | {"ParentCallSid": "CA" + "0" * 32}).body == HUNG_UP
    assert line.post(taken, leg | {"Digits": ""}).body == HUNG_UP
    assert rung(town, line)[0].accepted_at is None
    line.hang_up()
    assert results(town, line) == [("דנה", "canceled")]


def test_a_business_that_is_suspended_meanwhile_rings_nobody_more(town: Exchange) -> None:
    dana = Person("miss", meanwhile=lambda line: suspend(town))
    yossi = Person()
    let_ring(town, ("דנה", DANA, "always", dana), ("יוסי", YOSSI, "always", yossi))
    line = town.call("+972502345714")
    assert line.speak(WISH) == f"{PUT_THROUGH} המספר אינו בשירות כרגע. להתראות."
    assert line.is_over
    assert yossi.rung == []
    assert town.kept(line).end_reason == "suspended"


def test_no_word_of_it_is_in_the_log(town: Exchange) -> None:
    let_ring(town, ("דנה", DANA, "always", Person("busy")))
    line = town.call("+972502345715")
    line.speak(WISH)
    line.hang_up()
    log = town.town.server.log.read_text()
    assert DANA not in log
    assert "המזגן" not in log
