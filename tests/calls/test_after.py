"""What follows a call, by a real worker."""

from __future__ import annotations

from typing import Any

from tests.calls.conftest import Exchange
from tests.calls.people import DANA, WISH, YOSSI, let_ring, wants_manager
from tests.fake_twilio_voice import Person


def test_a_call_is_summed_up_for_the_business_and_the_lead(exchange: Exchange) -> None:
    def say(messages: list[dict[str, Any]]) -> str:
        if "transcript of a phone call" in messages[0]["content"]:
            assert "Caller: המזגן לא עובד" in messages[-1]["content"]
            return "לקוחה התקשרה: המזגן **לא** עובד. לחזור אליה."
        return "רשמתי."

    exchange.model.say = say
    exchange.town.start_worker()
    line = exchange.call("+972502345620")
    line.speak("המזגן לא עובד")
    line.hang_up()
    exchange.wait(lambda: exchange.kept(line).summary is not None, 90)
    call = exchange.kept(line)
    assert (call.summary, call.summary_by) == (
        "לקוחה התקשרה: המזגן לא עובד. לחזור אליה.",
        "assistant",
    )
    assert call.summary in exchange.lead(line).note
    exchange.model.status = 500
    line = exchange.call("+972502345621")
    line.speak("שלום, אני רוצה הצעת מחיר")
    line.hang_up()
    exchange.wait(lambda: exchange.kept(line).summary is not None, 90)
    call = exchange.kept(line)
    assert (call.summary, call.summary_by) == ("שלום, אני רוצה הצעת מחיר", "intake")


def test_who_took_the_call_is_part_of_what_is_summed_up(exchange: Exchange) -> None:
    asked: list[str] = []

    def say(messages: list[dict[str, Any]]) -> Any:
        if "transcript of a phone call" in messages[0]["content"]:
            asked.append(messages[-1]["content"])
            return "הועברה לדנה."
        return wants_manager(messages)

    exchange.model.say = say
    people = (("דנה", DANA, "always", Person("busy")), ("יוסי", YOSSI, "always", Person()))
    let_ring(exchange, *people)
    exchange.town.start_worker()
    line = exchange.call("+972502345622")
    line.speak(WISH)
    exchange.wait(lambda: exchange.kept(line).summary is not None, 90)
    let_ring(exchange)
    assert asked[0].endswith(
        "[דנה was rung and did not take the call]\n[יוסי took the call and spoke with the caller]"
    )
    assert "הועברה לדנה." in exchange.lead(line).note
