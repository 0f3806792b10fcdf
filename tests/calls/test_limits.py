"""What a call may last and cost, and what it is worth to a caller while the database is away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from tests.calls.conftest import Exchange
from tests.calls.people import DANA, PUT_THROUGH, WISH, let_ring, notices, wants_manager
from tests.calls.relays import relaying
from tests.fake_twilio_voice import Person, Phone
from tests.people import A
from tests.postgres import Cluster
from tests.serving import Server

SPENT = "תודה על השיחה. אנחנו צריכים לסיים כאן, ואפשר להתקשר שוב. להתראות."
AGAIN = "סליחה, הייתה תקלה קטנה. אפשר לומר את זה שוב?"
SORRY = "מצטערים, יש תקלה ואי אפשר לענות כרגע. אפשר להתקשר שוב מאוחר יותר. להתראות."


@contextmanager
def limited(exchange: Exchange, **limits: str) -> Iterator[Phone]:
    """The phone of business A at a server on which little is enough."""
    with Server(exchange.town.settings, exchange.town.variables | limits) as server:
        yield replace(exchange.phones[A], server=server.url)


def test_a_call_over_plain_http_has_only_so_many_turns(exchange: Exchange) -> None:
    with limited(exchange, MAANE_CALL_TURNS="2") as phone:
        line = phone.call()
        assert "תשובה" in line.speak("אחת")
        assert "תשובה" in line.speak("שתיים")
        assert line.speak("שלוש") == SPENT
        assert line.is_over
    call = exchange.kept(line)
    assert (call.status, call.end_reason) == ("completed", "too_much")
    assert exchange.said(line)[-2:] == [("customer", "שלוש"), ("assistant", SPENT)]


def test_a_call_over_plain_http_lasts_only_so_long(exchange: Exchange) -> None:
    with limited(exchange, MAANE_CALL_MINUTES="0.05") as phone:
        line = phone.call()
        time.sleep(3)
        assert line.speak("אני מדבר כבר המון זמן") == SPENT
        assert line.is_over
    assert exchange.kept(line).end_reason == "too_long"


def test_a_call_over_a_socket_lasts_only_so_long_whoever_speaks(exchange: Exchange) -> None:
    with relaying(exchange, MAANE_CALL_MINUTES="0.05") as relays:
        relays.model.say = lambda messages: "מילה " * 200
        relays.model.word_s = 0.1
        session = relays.call()
        session.say("ספרו לי סיפור")
        assert SPENT in session.answer() + session.answer()
        session.wait_for_end()
        assert session.line.is_over
        assert exchange.kept(session.line).end_reason == "too_long"


def test_who_is_being_put_through_when_the_time_is_over_is_put_through(exchange: Exchange) -> None:
    exchange.model.say = wants_manager
    let_ring(exchange, ("דנה", DANA, "always", Person()))
    with relaying(exchange, MAANE_CALL_MINUTES="0.06") as relays:
        session = relays.call()
        # The words take longer than what is left of the call.
        assert session.ask(WISH) == PUT_THROUGH
        before = len(session.frames)
        session.wait_for_end()
    let_ring(exchange)
    assert [one["type"] for one in session.frames[before:]] == ["end"]
    assert exchange.kept(session.line).outcome == "transferred"


def test_who_asked_for_a_person_when_the_time_was_over_is_called_back(exchange: Exchange) -> None:
    exchange.model.say, exchange.model.delay_s = wants_manager, 2.0
    let_ring(exchange, ("דנה", DANA, "always", Person()))
    with relaying(exchange, MAANE_CALL_MINUTES="0.05") as relays:
        session = relays.call()
        session.say(WISH)
        session.wait_for_end()
        exchange.wait(lambda: exchange.kept(session.line).outcome == "message_taken")
    let_ring(exchange)
    assert notices(exchange, session.line) == ["handed_over"]
    assert exchange.kept(session.line).end_reason == "too_long"


def test_what_a_call_has_cost_is_not_forgotten_when_its_socket_is_lost(exchange: Exchange) -> None:
    with relaying(exchange, MAANE_CALL_TOKENS="500") as relays:
        relays.model.tokens = 300
        session = relays.call()
        assert session.ask("אחת") == "תשובה ל: אחת"
        relays.settled(session.line)
        session = session.drop()
        assert session.ask("שתיים") == "תשובה ל: שתיים"
        exchange.wait(lambda: exchange.kept(session.line).tokens == 600)
        assert session.ask("שלוש") == SPENT
        session.wait_for_end()
        assert exchange.kept(session.line).end_reason == "too_much"
        assert "שלוש" in [text for _, text in exchange.said(session.line)]


def test_of_a_greeting_that_was_spoken_over_what_was_heard_is_history(exchange: Exchange) -> None:
    with relaying(exchange) as relays:
        session = relays.call()
        whole = session.relay.attrib["welcomeGreeting"]
        heard = " ".join(whole.split()[:2])
        session.interrupt(heard, 600)
        assert session.ask("מתי אתם פתוחים?") == "תשובה ל: מתי אתם פתוחים?"
        spoken = relays.model.requests[-1]["body"]["messages"]
        assert [one["content"] for one in spoken[1:]] == [heard, "מתי אתם פתוחים?"]
        relays.settled(session.line)
        assert exchange.said(session.line)[0] == ("assistant", heard)
        assert exchange.turns(session.line)[0].spoken == heard
        session.hang_up()


def test_of_a_question_to_somebody_silent_what_was_heard_is_history(exchange: Exchange) -> None:
    with relaying(exchange, MAANE_CALL_SILENCE_S="0.5") as relays:
        session = relays.call()
        asked = session.answer()
        session.interrupt("סליחה, לא", 500)
        assert session.ask("אני כאן") == "תשובה ל: אני כאן"
        spoken = [one["content"] for one in relays.model.requests[-1]["body"]["messages"]]
        assert spoken[-1] == "אני כאן"
        assert spoken[-2].endswith("\nסליחה, לא")
        assert asked not in spoken[-2]
        session.hang_up()


@contextmanager
def database_away(cluster: Cluster | None) -> Iterator[None]:
    if cluster is None:
        pytest.skip("a file is not away; the PostgreSQL run covers it")
    cluster.stop()
    try:
        yield
    finally:
        cluster.start()


def test_while_the_database_is_away_a_caller_is_asked_again_and_then_served(
    exchange: Exchange, cluster: Cluster | None
) -> None:
    line = exchange.call()
    fallback = f"{exchange.town.server.url}/webhook/twilio/voice/fallback?language=he"
    with database_away(cluster):
        assert line.speak("אני רוצה תור") == AGAIN
        assert line.speak("אני רוצה תור") == AGAIN
        for answer in (httpx.post(fallback, data={"CallSid": line.sid}), httpx.get(fallback)):
            assert (answer.status_code, SORRY in answer.text) == (200, True)
    assert "תשובה" in line.speak("אני רוצה תור")
    assert line.slowest_s < 12
    line.hang_up()
    assert ("customer", "אני רוצה תור") in exchange.said(line)


def test_whoever_waits_for_what_only_the_database_can_say_is_asked_again(
    exchange: Exchange, cluster: Cluster | None
) -> None:
    exchange.model.status = 400
    with relaying(exchange) as relays:
        session = relays.call("+972502345688")
        with database_away(cluster):
            began = time.monotonic()
            assert session.ask("תנו לי מנהל").endswith(AGAIN)
            assert time.monotonic() - began < 12
        exchange.wait(lambda: ("customer", "תנו לי מנהל") in exchange.said(session.line))
        session.hang_up()


def test_while_the_database_is_away_a_socket_answers_and_keeps_it_afterwards(
    exchange: Exchange, cluster: Cluster | None
) -> None:
    with relaying(exchange) as relays:
        session = relays.call()
        assert session.ask("שלום") == "תשובה ל: שלום"
        relays.settled(session.line)
        with database_away(cluster):
            assert session.ask("אני רוצה תור") == "תשובה ל: אני רוצה תור"
        answer = ("assistant", "תשובה ל: אני רוצה תור")
        exchange.wait(lambda: answer in exchange.said(session.line))
        session.hang_up()
