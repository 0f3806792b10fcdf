"""A person who is asked for in a call that did not come in: one that the business made, and one that is
only tried out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from maane.calls.models import CallTransfer
from tests.calls.conftest import ACCOUNTS, NUMBERS, TOKENS, Exchange
from tests.calls.people import (
    DANA,
    MISSED,
    PUT_THROUGH,
    WISH,
    YOSSI,
    let_ring,
    results,
    wants_manager,
)
from tests.calls.test_outgoing import OPEN, SETTINGS, Office
from tests.calls.test_simulated import dial, kept
from tests.fake_twilio_calls import FakeCalls
from tests.fake_twilio_voice import Person
from tests.people import A
from tests.served.test_under_load import Person as Browser


@pytest.fixture(scope="module")
def twilio() -> Iterator[FakeCalls]:
    with FakeCalls(ACCOUNTS[A], TOKENS[A]) as fake:
        yield fake


@pytest.fixture(scope="module")
def more_variables(twilio: FakeCalls) -> dict[str, str]:
    return {"MAANE_TWILIO_API_URL": twilio.url}


@pytest.fixture
def office(exchange: Exchange, twilio: FakeCalls) -> Iterator[Office]:
    owner = Browser(exchange.town.server.url, "owner_a")
    assert owner.send("PUT", SETTINGS, OPEN).status_code == 200
    exchange.model.say = wants_manager
    people = (("דנה", DANA, "always", Person()), ("יוסי", YOSSI, "always", Person()))
    let_ring(exchange, *people)
    yield Office(exchange, twilio, owner)
    let_ring(exchange)


def test_a_lead_who_was_called_is_put_through_as_well(office: Office) -> None:
    line = office.by_assistant(office.lead())
    line.pick_up()
    assert line.speak(WISH) == PUT_THROUGH
    assert line.dialing is not None
    assert (line.dialing[0].text, line.dialing.attrib["callerId"]) == (DANA, NUMBERS[A])
    assert line.dialed("busy") == ""
    assert line.dialing is not None
    assert line.dialing[0].text == YOSSI
    assert line.dialed("no-answer") == MISSED
    assert line.speak("תמסור שאחזור") == "תשובה ל: תמסור שאחזור"
    # Whom we called is not asked about the number that they called from.
    assert "offer_text" not in str(office.exchange.model.requests[-1]["body"])
    line.hang_up()
    assert results(office.exchange, line) == [("דנה", "busy"), ("יוסי", "no_answer")]
    kinds = select(CallTransfer.result)
    assert office.exchange.rows(kinds) == ["busy", "no_answer"]
    assert office.ended(line)[0] == "completed"


def test_who_is_called_and_hangs_up_while_it_rings_is_not_forgotten(office: Office) -> None:
    line = office.by_assistant(office.lead())
    line.pick_up()
    line.speak(WISH)
    line.hang_up()
    assert results(office.exchange, line)[0] == ("דנה", "canceled")
    conversation = office.exchange.conversation(line)
    assert (conversation.silence_reason, conversation.is_waiting) == ("handed_over", True)


def test_a_call_that_is_only_tried_out_rings_nobody(office: Office) -> None:
    call = dial(office.owner, "gather")
    assert call.ask(WISH).startswith("מילים")
    call.act("hang_up")
    call.wait(lambda seen: seen["state"] == "over")
    key = kept(office.exchange, call).id
    mine = select(CallTransfer).where(CallTransfer.call_id == key)
    assert office.exchange.rows(mine) == []
