"""Sockets that must not be opened, frames that are none, sockets that are lost, calls too long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.calls.conftest import ACCOUNTS, TOKENS, Exchange
from tests.calls.relays import Relays, relaying
from tests.fake_relay import Session
from tests.people import A, B


@pytest.fixture(scope="module")
def one_relays(one_exchange: Exchange) -> Iterator[Relays]:
    """Sockets on which little is enough."""
    limits = {"MAANE_CALL_SILENCE_S": "1", "MAANE_CALL_TURNS": "3", "MAANE_CALL_MINUTES": "0.5"}
    with relaying(one_exchange, **limits) as relays:
        yield relays


def waiting(relays: Relays, **more: Any) -> Session:
    """A call that waits for its socket."""
    return relays.session(relays.ring(**more))


@pytest.mark.parametrize(
    "how",
    [
        {"token": "f" * 32},
        {"token": TOKENS[B]},
        {"signed": "https://maane.example.com/relay/1"},
        {"signed": "wss://maane.example.com/relay/2"},
        {"signed": "wss://other.example.com/relay/1"},
    ],
)
def test_a_handshake_with_another_signature_is_refused_before_it_is_accepted(
    relays: Relays, how: dict[str, str]
) -> None:
    session = waiting(relays)
    with pytest.raises(InvalidStatus) as refused:
        session.connect(**how)
    assert refused.value.response.status_code == 403
    session.line.hang_up()


@pytest.mark.parametrize(
    "signed", ["wss://maane.example.com/relay/1/", "wss://maane.example.com:443/relay/1"]
)
def test_a_handshake_is_good_with_a_slash_or_the_usual_port_in_what_was_signed(
    relays: Relays, signed: str
) -> None:
    session = waiting(relays)
    session.connect(signed=signed)
    session.send(session.setup())
    assert session.ask("שלום") == "תשובה ל: שלום"
    session.hang_up()


@pytest.mark.parametrize(
    "more",
    [
        {"customParameters": {"token": "another"}},
        {"customParameters": {}},
        {"customParameters": "none"},
        {"callSid": "CA" + "0" * 32},
        {"callSid": "CA\x00"},
        {"accountSid": "AC\ud800"},
        {"customParameters": {"token": "\x00"}},
        {"accountSid": ACCOUNTS[B]},
        {"type": "prompt", "voicePrompt": "שלום", "last": True},
    ],
)
def test_a_socket_without_the_token_of_its_call_is_closed(
    relays: Relays, more: dict[str, Any]
) -> None:
    session = waiting(relays)
    session.connect()
    session.send(session.setup(**more))
    assert session.wait_closed() == 1008
    assert session.frames == []
    session.line.hang_up()


def test_a_token_of_one_call_opens_no_other(relays: Relays) -> None:
    mine, other = waiting(relays), waiting(relays)
    mine.connect()
    mine.send(mine.setup(customParameters=other.parameters))
    assert mine.wait_closed() == 1008
    mine.line.hang_up()
    other.line.hang_up()


def test_a_call_of_another_business_is_not_opened_by_a_signature_of_ours(relays: Relays) -> None:
    theirs = relays.session(relays.ring(business=B))
    ours = waiting(relays)
    ours.connect()
    ours.send(theirs.setup(accountSid=ACCOUNTS[A]))
    assert ours.wait_closed() == 1008
    theirs.line.hang_up()
    ours.line.hang_up()


def test_a_socket_that_says_nothing_is_closed(relays: Relays) -> None:
    session = waiting(relays)
    session.connect()
    assert session.wait_closed() == 1008
    session.line.hang_up()


def test_a_token_opens_one_socket_once(relays: Relays) -> None:
    session = waiting(relays).open()
    second = relays.session(session.line)
    second.connect()
    second.send(second.setup())
    assert second.wait_closed() == 1008
    assert session.ask("שלום") == "תשובה ל: שלום"
    session.hang_up()


def test_what_is_no_frame_is_passed_over_and_too_much_of_it_ends_the_socket(
    relays: Relays,
) -> None:
    session = waiting(relays).open()
    nonsense = ["{", "[]", '"text"', '{"type": 7}', b"\x00\xff", '{"type":"dtmf","digit":"x"}']
    for one in [*nonsense, "[" * 5000]:
        session.send(one)
    session.send({"type": "new thing", "value": [1]})
    session.send({"type": "error", "description": "x"})
    assert session.ask("שלום") == "תשובה ל: שלום"
    for _ in range(3):
        session.send("null")
    assert session.wait_closed() == 1007


def test_a_frame_that_is_too_big_ends_the_socket(relays: Relays) -> None:
    session = waiting(relays).open()
    session.send({"type": "prompt", "voicePrompt": "א" * 70_000, "last": True})
    assert session.wait_closed() == 1009


def test_a_lost_socket_is_taken_up_again_with_what_was_said(relays: Relays) -> None:
    session = waiting(relays).open()
    assert session.ask("אני רוצה תור") == "תשובה ל: אני רוצה תור"
    relays.settled(session.line)
    again = session.drop()
    assert again.relay.attrib["welcomeGreeting"] == "סליחה, הייתה תקלה קטנה. אפשר לומר את זה שוב?"
    assert again.parameters != session.parameters
    assert again.ask("למחר") == "תשובה ל: למחר"
    spoken = [one["content"] for one in relays.model.requests[-1]["body"]["messages"][1:]]
    assert spoken[-3:] == ["אני רוצה תור", "תשובה ל: אני רוצה תור", "למחר"]
    again.hang_up()


def test_a_call_whose_sockets_are_lost_goes_on_without_them(relays: Relays) -> None:
    session = waiting(relays).open()
    session = session.drop().drop()
    session.lose()
    line = session.line
    assert session.after("failed", ErrorCode="64102") == (
        "סליחה, הייתה תקלה קטנה. אפשר לומר את זה שוב?"
    )
    assert line.gather is not None
    assert line.speak("שלום") == "תשובה ל: שלום"
    assert relays.exchange.kept(line).engine == "gather"
    line.hang_up()


def test_who_says_nothing_is_asked_twice_and_then_left(relays: Relays) -> None:
    session = waiting(relays).open()
    assert session.answer() == "סליחה, לא שמעתי. אפשר לומר שוב?"
    assert session.answer() == "עדיין לא שומעים אותך. אפשר לדבר, או להקיש על המקשים."
    assert session.answer() == "לא הצלחנו לשמוע אותך. אפשר להתקשר שוב. להתראות."
    session.wait_for_end()
    assert session.line.is_over
    assert relays.exchange.kept(session.line).end_reason == "silent"


def test_a_call_has_only_so_many_turns(relays: Relays) -> None:
    session = waiting(relays).open()
    for number in range(3):
        assert session.ask(f"שאלה {number}") == f"תשובה ל: שאלה {number}"
    assert session.ask("ועוד אחת") == (
        "תודה על השיחה. אנחנו צריכים לסיים כאן, ואפשר להתקשר שוב. להתראות."
    )
    session.wait_for_end()
    assert session.line.is_over
    assert relays.exchange.kept(session.line).end_reason == "too_much"
    assert ("customer", "ועוד אחת") in relays.exchange.said(session.line)
    assert not any(turn.is_partial for turn in relays.exchange.turns(session.line))


def test_no_word_of_a_caller_is_in_the_log(relays: Relays) -> None:
    session = waiting(relays).open()
    relays.model.status = 400
    session.ask("סוד שלי")
    session.hang_up()
    time.sleep(0.3)
    assert "סוד" not in relays.voice.log.read_text()
    assert "\\u05e1\\u05d5\\u05d3" not in relays.voice.log.read_text()
