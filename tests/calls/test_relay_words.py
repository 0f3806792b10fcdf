"""Short words, half words and lone keys on a call's socket: none leaves a line that nobody listens to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from maane.channels.voice.simulator.line import CallLost
from tests.calls.conftest import Exchange
from tests.calls.relays import Relays, relaying
from tests.fake_relay import Session
from tests.fakes import calls, told

SILENT = "סליחה, לא שמעתי. אפשר לומר שוב?"
GOODBYE = "תודה רבה על השיחה, נשמח לראותכם אצלנו, ולהתראות!"


@pytest.fixture(scope="module")
def one_relays(one_exchange: Exchange) -> Iterator[Relays]:
    """Sockets that do not wait long for somebody silent."""
    with relaying(one_exchange, MAANE_CALL_SILENCE_S="2") as relays:
        yield relays


def says_goodbye(messages: list[dict[str, Any]]) -> Any:
    return GOODBYE if told(messages) else calls(("end_call", {}))


def history_of(relays: Relays) -> list[dict[str, Any]]:
    """What the model was told last of what was said."""
    return [dict(one) for one in relays.model.requests[-1]["body"]["messages"][1:]]


def mumble_and_listen(session: Session) -> None:
    session.say("אה", last=False)
    session.say("אהה")


def press_the_hash(session: Session) -> None:
    session.press("#")


NOTHING = [mumble_and_listen, press_the_hash]


@pytest.mark.parametrize("does", NOTHING)
def test_after_what_means_nothing_silence_is_still_asked_about(relays: Relays, does: Any) -> None:
    session = relays.call()
    does(session)
    assert session.answer() == SILENT
    session.hang_up()


@pytest.mark.parametrize("does", NOTHING)
def test_after_what_means_nothing_a_goodbye_still_ends_the_call(relays: Relays, does: Any) -> None:
    relays.model.say = says_goodbye
    session = relays.call()
    assert session.ask("זהו, תודה") == GOODBYE
    does(session)
    session.wait_for_end()
    assert session.line.is_over
    assert len(relays.exchange.messages(session.line)) == 3


def test_half_a_word_that_never_becomes_whole_keeps_nobody_waiting(relays: Relays) -> None:
    session = relays.call()
    session.say("אני רק רציתי", last=False)
    assert session.answer() == SILENT
    session.hang_up()
    exchange, line = relays.exchange, session.line
    exchange.wait(lambda: ("customer", "אני רק רציתי") in exchange.said(line))
    assert [turn.is_partial for turn in exchange.turns(line)].count(True) == 1


def test_who_is_speaking_is_not_asked_whether_they_are_there(relays: Relays) -> None:
    session = relays.call()
    time.sleep(len(session.greeting) / 14)
    for number in range(5):
        session.say("מילה " * (number + 1), last=False)
        time.sleep(0.8)
    assert session.frames == []
    session.say("סיימתי")
    assert session.answer() == "תשובה ל: סיימתי"
    session.hang_up()


def test_a_listeners_word_that_stopped_a_goodbye_lets_it_end_the_call(relays: Relays) -> None:
    relays.model.say = says_goodbye
    session = relays.call()
    assert session.ask("זהו, תודה") == GOODBYE
    relays.settled(session.line)
    session.interrupt("תודה רבה על השיחה,", 900)
    session.say("אהה")
    assert session.answer() == "נשמח לראותכם אצלנו, ולהתראות!"
    session.wait_for_end()
    assert session.line.is_over
    assert relays.exchange.kept(session.line).end_reason == "assistant_ended"
    relays.exchange.wait(lambda: relays.exchange.said(session.line)[-1][1] == GOODBYE)


def test_who_speaks_after_a_goodbye_was_heard_is_answered(relays: Relays) -> None:
    relays.model.say = says_goodbye
    session = relays.call()
    assert session.ask("זהו, תודה") == GOODBYE
    relays.settled(session.line)
    session.interrupt(GOODBYE, 3500)
    time.sleep(1)
    relays.model.say = lambda messages: "עד שש."
    assert session.ask("רגע, עד מתי פתוח?") == "עד שש."
    session.hang_up()


def test_what_was_not_told_is_said_before_what_is_said_again(relays: Relays) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        if told(messages):
            return "ביקשתי שיחזרו אליך היום"
        if "מנהל" in messages[-1]["content"].splitlines()[-1]:
            return calls(("hand_to_person", {"reason": "wants the manager"}))
        return "פתוח עד שש."

    relays.model.say, relays.model.word_s = say, 0.4
    session = relays.call("+972502345613")
    session.say("תן לי את המנהל")
    session.token()
    session.interrupt("", 0)
    session.answer()
    asked = len(relays.model.requests)
    again = session.ask("מה?")
    assert again.startswith("ביקשתי שיחזרו אליך מBusiness A.")
    exchange, line = relays.exchange, session.line
    exchange.wait(lambda: exchange.said(line)[-1] == ("assistant", again))
    assert len(relays.model.requests) >= asked
    session.hang_up()


def test_who_did_not_hear_an_answer_hears_all_of_it_again(relays: Relays) -> None:
    whole = "יש לנו שלושה סניפים, בתל אביב, בחיפה ובבאר שבע."
    relays.model.say = lambda messages: whole
    session = relays.call()
    session.ask("איפה אתם?")
    relays.settled(session.line)
    session.interrupt("יש לנו", 300)
    asked = len(relays.model.requests)
    assert session.ask("מה אמרת?") == whole
    assert len(relays.model.requests) == asked
    exchange, line = relays.exchange, session.line
    exchange.wait(lambda: exchange.said(line)[-1] == ("assistant", whole))
    session.hang_up()


def test_of_an_answer_that_nobody_heard_nothing_is_history(relays: Relays) -> None:
    session = relays.call()
    session.ask("איפה אתם?")
    relays.settled(session.line)
    session.interrupt("", 0)
    assert session.ask("מתי אתם פתוחים?") == "תשובה ל: איפה אתם? מתי אתם פתוחים?"
    spoken = history_of(relays)
    assert all(one["content"] for one in spoken)
    assert [one["role"] for one in spoken] == ["assistant", "user"]
    session.hang_up()


@pytest.mark.parametrize(
    ("question", "is_answer"), [("לקבוע לך תור למחר בבוקר?", True), ("מתי נוח לך לבוא?", False)]
)
def test_a_yes_to_the_end_of_a_question_is_an_answer_however_fast_the_voice_is(
    relays: Relays, question: str, is_answer: bool
) -> None:
    relays.model.say = lambda messages: question
    session = relays.call()
    assert session.ask("יש מחר?") == question
    time.sleep(len(question) / 14 * 0.8)
    asked = len(relays.model.requests)
    relays.model.say = lambda messages: "בסדר גמור."
    session.say("כן")
    if is_answer:
        assert session.answer() == "בסדר גמור."
    else:
        assert session.answer() == SILENT
    assert len(relays.model.requests) == asked + is_answer
    session.hang_up()


def test_intake_asks_for_the_name_until_it_has_one(relays: Relays) -> None:
    relays.model.status = 400
    session = relays.call("+972502345614")
    assert session.ask("המזגן לא עובד") == "אשמח לקחת הודעה. איך קוראים לך?"
    time.sleep(2.3)
    assert session.ask("כן") == "איך קוראים לך?"
    assert session.ask("סליחה?") == "איך קוראים לך?"
    assert session.ask("רותי") == "נעים מאוד, רותי. מה עוד כדאי שנדע?"
    session.hang_up()


@pytest.mark.parametrize(
    ("attribute", "does"),
    [
        ("partialPrompts", lambda session: session.say("אני", last=False)),
        ("dtmfDetection", lambda session: session.press("1")),
        ("welcomeGreetingInterruptible", lambda session: session.interrupt("שלום")),
    ],
)
def test_nothing_is_told_that_was_not_asked_for(relays: Relays, attribute: str, does: Any) -> None:
    session = relays.call()
    del session.relay.attrib[attribute]
    with pytest.raises(CallLost, match=attribute):
        does(session)
    session.hang_up()
