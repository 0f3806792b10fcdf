"""Callers who want a person, over a socket: it ends, a person is rung, and another takes the call up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

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
from tests.calls.relays import Relays
from tests.fake_relay import Session
from tests.fake_twilio_voice import Person
from tests.fakes import calls, told


@pytest.fixture
def town(relays: Relays) -> Iterator[Relays]:
    relays.model.say = wants_manager
    yield relays
    suspend(relays.exchange, is_suspended=False)
    let_ring(relays.exchange)
    close_today(relays.exchange, is_closed=False)


def taken_up(town: Relays, session: Session) -> Session:
    """The socket that a call is given after nobody came."""
    assert session.line.connecting is not None, session.line.heard
    return town.session(session.line).open()


def test_a_caller_is_put_through_once_it_was_said(town: Relays) -> None:
    dana = Person(talks_s=73)
    let_ring(town.exchange, ("דנה", DANA, "always", dana))
    session = town.call("+972502345801")
    began = time.monotonic()
    assert session.ask(WISH) == PUT_THROUGH
    session.wait_for_end()
    # The words are given the time that they take before the socket ends.
    assert time.monotonic() - began > len(PUT_THROUGH) / 14
    line = session.line
    assert line.is_over
    assert dana.heard[0].startswith("שיחה אל Business A מאת 0 5 0 2 3 4 5 8 0 1. המזגן לא עובד.")
    (row,) = rung(town.exchange, line)
    assert (row.result, row.talked_s) == ("connected", 73)
    call = town.exchange.kept(line)
    assert (call.outcome, call.end_reason) == ("transferred", "transferred")
    assert notices(town.exchange, line) == []
    assert town.exchange.said(line)[-1] == ("assistant", PUT_THROUGH)


def test_words_that_left_before_are_followed_by_ours(town: Relays) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        wish = calls(("hand_to_person", {"reason": "x"}))
        return "עוד מילים" if told(messages) else wish | {"content": "בטח."}

    town.model.say = say
    let_ring(town.exchange, ("דנה", DANA, "always", Person()))
    session = town.call("+972502345802")
    assert session.ask(WISH) == f"בטח. {PUT_THROUGH}"
    session.wait_for_end()
    assert town.exchange.kept(session.line).outcome == "transferred"


def test_where_nobody_comes_another_socket_takes_the_call_up(town: Relays) -> None:
    let_ring(
        town.exchange,
        ("דנה", DANA, "always", Person("ignore")),
        ("יוסי", YOSSI, "always", Person("miss")),
    )
    session = town.call("+972502345803")
    assert session.ask("שלום") == "תשובה ל: שלום"
    town.settled(session.line)
    session.ask(WISH)
    session.wait_for_end()
    again = taken_up(town, session)
    assert again.relay.attrib["welcomeGreeting"] == MISSED
    assert again.parameters != session.parameters
    assert again.ask("שיחזרו אליי מחר") == "תשובה ל: שיחזרו אליי מחר"
    asked = town.model.requests[-1]["body"]["messages"]
    assert "nobody picked up" in asked[0]["content"]
    spoken = [one["content"] for one in asked[1:]]
    assert spoken[-4:] == [
        "תשובה ל: שלום",
        WISH,
        f"{PUT_THROUGH}\n{MISSED}",
        "שיחזרו אליי מחר",
    ]
    # Whoever asks again is promised a call and not a person.
    assert not again.ask(WISH).startswith(PUT_THROUGH)
    exchange, line = town.exchange, session.line
    again.hang_up()
    exchange.wait(lambda: exchange.kept(line).outcome == "message_taken")
    assert results(exchange, line) == [("דנה", "declined"), ("יוסי", "no_answer")]
    assert notices(exchange, line) == ["transfer_missed"]
    assert exchange.kept(line).engine == "relay"


def test_who_says_thanks_over_it_is_put_through_all_the_same(town: Relays) -> None:
    let_ring(town.exchange, ("דנה", DANA, "always", Person()))
    session = town.call("+972502345804")
    assert session.ask(WISH) == PUT_THROUGH
    session.interrupt("אני מעביר את השיחה", 600)
    session.say("תודה רבה לך")
    before = len(session.frames)
    session.wait_for_end()
    assert [one["type"] for one in session.frames[before:]] == ["end"]
    assert town.exchange.kept(session.line).outcome == "transferred"


def test_a_key_that_was_pressed_before_it_was_said_does_not_keep_them_from_it(
    town: Relays,
) -> None:
    let_ring(town.exchange, ("דנה", DANA, "always", Person()))
    session = town.call("+972502345811")
    session.say(WISH)
    session.press("0")
    assert session.answer() == PUT_THROUGH
    before = len(session.frames)
    session.wait_for_end()
    assert [one["type"] for one in session.frames[before:]] == ["end"]
    assert town.exchange.kept(session.line).outcome == "transferred"


def test_who_says_something_else_before_it_was_said_is_not_put_through(town: Relays) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        if told(messages):
            time.sleep(2)
        return wants_manager(messages)

    town.model.say = say
    let_ring(town.exchange, ("דנה", DANA, "always", Person()))
    session = town.call("+972502345805")
    session.say(WISH)
    time.sleep(0.3)
    town.model.say = lambda messages: "בסדר, נשארים."
    assert session.ask("בעצם לא, רק שאלה") == "בסדר, נשארים."
    assert session.rest_for(2.5) == []
    session.hang_up()
    assert rung(town.exchange, session.line) == []
    assert notices(town.exchange, session.line) == []


@pytest.mark.parametrize("how", ["at once", "after an interruption"])
def test_who_hangs_up_before_it_was_said_is_called_back(town: Relays, how: str) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        if told(messages):
            time.sleep(4)
        return wants_manager(messages)

    town.model.say = say
    let_ring(town.exchange, ("דנה", DANA, "always", Person()))
    session = town.call("+972502345812")
    session.say(WISH)
    if how == "after an interruption":
        # The words to wait.
        session.token()
        session.interrupt("רגע", 200)
        session.answer()
    else:
        time.sleep(1)
    session.hang_up()
    exchange, line = town.exchange, session.line
    exchange.wait(lambda: notices(exchange, line) == ["handed_over"])
    assert rung(exchange, line) == []
    conversation = exchange.conversation(line)
    assert (conversation.silence_note, conversation.is_waiting) == (REASON, True)
    assert exchange.kept(line).outcome == "message_taken"


def test_who_hangs_up_while_it_is_said_is_called_back(town: Relays) -> None:
    let_ring(town.exchange, ("דנה", DANA, "always", Person()))
    session = town.call("+972502345806")
    session.ask(WISH)
    session.hang_up()
    exchange, line = town.exchange, session.line
    exchange.wait(lambda: notices(exchange, line) == ["transfer_missed"])
    assert results(exchange, line) == [("דנה", "canceled")]
    assert exchange.conversation(line).is_waiting


def test_a_socket_that_is_lost_while_it_is_said_does_not_lose_the_person(town: Relays) -> None:
    let_ring(town.exchange, ("דנה", DANA, "always", Person()))
    session = town.call("+972502345807")
    session.ask(WISH)
    session.lose()
    session.after("failed", ErrorCode="64102")
    assert town.exchange.kept(session.line).outcome == "transferred"


def test_who_is_not_there_any_more_when_it_is_decided_is_not_promised(town: Relays) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        close_today(town.exchange)
        return wants_manager(messages)

    let_ring(town.exchange, ("דנה", DANA, "open", Person()))
    town.model.say = say
    session = town.call("+972502345808")
    assert session.ask(WISH).startswith("ביקשתי שיחזרו אליך מBusiness A.")
    town.model.say = lambda messages: "בסדר."
    assert session.ask("שהמזגן לא עובד") == "בסדר."
    session.hang_up()
    assert notices(town.exchange, session.line) == ["handed_over"]


def test_sockets_that_were_lost_are_counted_apart_from_those_after_a_transfer(
    town: Relays,
) -> None:
    let_ring(town.exchange, ("דנה", DANA, "always", Person("busy")))
    session = town.call("+972502345809")
    session.ask(WISH)
    session.wait_for_end()
    again = taken_up(town, session).drop().drop()
    again.lose()
    again.after("failed", ErrorCode="64102")
    assert again.line.gather is not None
    assert town.exchange.kept(session.line).engine == "gather"
    again.line.hang_up()


def test_what_twilio_asks_again_gets_the_same_answer(town: Relays) -> None:
    let_ring(
        town.exchange,
        ("דנה", DANA, "always", Person("busy")),
        ("יוסי", YOSSI, "always", Person("ignore")),
    )
    session = town.call("+972502345810")
    session.ask(WISH)
    session.wait_for_end()
    again = taken_up(town, session)
    line = session.line
    for number, answer in enumerate(list(line.answers)):
        if answer.path.partition("?")[0].endswith(("/relay", "/rung")):
            assert line.again(number).body == answer.body
    assert again.ask("שלום") == "תשובה ל: שלום"
    assert results(town.exchange, line) == [("דנה", "busy"), ("יוסי", "declined")]
    again.hang_up()
    assert notices(town.exchange, line) == ["transfer_missed"]


def test_a_business_that_is_suspended_meanwhile_rings_nobody_more(town: Relays) -> None:
    dana = Person("miss", meanwhile=lambda line: suspend(town.exchange))
    yossi = Person()
    let_ring(town.exchange, ("דנה", DANA, "always", dana), ("יוסי", YOSSI, "always", yossi))
    session = town.call("anonymous")
    session.ask(WISH)
    session.wait_for_end()
    assert session.line.is_over
    assert session.line.heard[-1] == "המספר אינו בשירות כרגע. להתראות."
    assert yossi.rung == []
