"""Whole calls over plain HTTP, from the ring to what is kept of them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.calls.conftest import Exchange
from tests.fakes import calls


def prompt_of(exchange: Exchange) -> str:
    """What the model was told last, before all that was said."""
    system = exchange.model.requests[-1]["body"]["messages"][0]
    assert system["role"] == "system"
    return str(system["content"])


def test_a_call_is_greeted_answered_and_kept(exchange: Exchange) -> None:
    exchange.model.say = lambda messages: "בטח, לאיזה יום נוח לך?"
    line = exchange.call()
    assert line.heard == ["שלום, הגעתם אל Business A. במה אפשר לעזור?"]
    assert line.speak("אני רוצה לקבוע תור") == "בטח, לאיזה יום נוח לך?"
    asked = exchange.model.requests[-1]["body"]["messages"]
    assert asked[-1] == {"role": "user", "content": "אני רוצה לקבוע תור"}
    assert "calls of A" in prompt_of(exchange)
    assert "You answer the phone" in prompt_of(exchange)
    line.hang_up()
    assert exchange.said(line) == [
        ("assistant", "שלום, הגעתם אל Business A. במה אפשר לעזור?"),
        ("customer", "אני רוצה לקבוע תור"),
        ("assistant", "בטח, לאיזה יום נוח לך?"),
    ]
    call = exchange.kept(line)
    assert (call.status, call.outcome, call.end_reason) == (
        "completed",
        "answered",
        "caller_hung_up",
    )
    assert call.duration_s == 17
    assert call.ended_at is not None
    lead = exchange.lead(line)
    assert (lead.phone, exchange.conversation(line).channel) == ("+972502345678", "phone")
    assert exchange.conversation(line).status == "closed"
    assert [message.status for message in exchange.messages(line)] == ["sent", "received", "sent"]


def test_each_turn_says_where_its_time_went(exchange: Exchange) -> None:
    exchange.model.delay_s = 0.3
    exchange.model.say = lambda messages: (
        "הבנתי" if messages[-1]["role"] == "tool" else calls(("look_up_facts", {"query": "שעות"}))
    )
    line = exchange.call()
    line.speak("מה השעות שלכם?")
    greeting, turn = exchange.turns(line)
    assert (greeting.step, greeting.kind, greeting.state) == (0, "greeting", "said")
    assert (turn.step, turn.kind, turn.state, turn.tools) == (
        1,
        "speech",
        "said",
        ["look_up_facts"],
    )
    assert turn.confidence_percent == 91
    times = (turn.model_ms, turn.tools_ms, turn.first_token_ms, turn.first_audio_ms)
    model_ms, tools_ms, first_token_ms, first_audio_ms = (time or 0 for time in times)
    assert 600 <= model_ms <= first_token_ms <= first_audio_ms < 11_000
    # Each is rounded by itself.
    assert 0 <= tools_ms <= first_token_ms - model_ms + 1
    line.hang_up()


def test_what_is_said_is_told_to_twilio_as_the_language_wants_it(exchange: Exchange) -> None:
    line = exchange.call()
    gather = ElementTree.fromstring(line.answers[-1].body)[0]
    assert gather.attrib["input"] == "speech dtmf"
    assert gather.attrib["speechModel"] == "deepgram_nova-3"
    assert gather.attrib["language"] == "he"
    assert gather.attrib["speechTimeout"].isdigit()
    assert gather.attrib["actionOnEmptyResult"] == "true"
    assert gather[0].attrib == {"language": "he-IL", "voice": "Google.he-IL-Wavenet-A"}
    line.hang_up()


def test_marks_of_writing_are_not_read_out_and_markup_is_no_markup(exchange: Exchange) -> None:
    exchange.model.say = lambda messages: (
        "**יש** לנו:\n- תספורת & צבע\n- <Hangup/> 😀 [האתר](https://x.y)"
    )
    line = exchange.call()
    assert line.speak("מה יש?") == "יש לנו: תספורת & צבע Hangup/ האתר"
    line.hang_up()


def test_digits_are_given_as_digits(exchange: Exchange) -> None:
    line = exchange.call()
    assert line.press("0501234567*") == "תשובה ל: [keypad] 0 5 0 1 2 3 4 5 6 7"
    assert exchange.said(line)[1] == ("customer", "[keypad] 0501234567*")
    line.hang_up()


def test_the_assistant_says_goodbye_and_hangs_up(exchange: Exchange) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        if messages[-1]["role"] == "tool":
            return "תודה ולהתראות!"
        return calls(("end_call", {}))

    exchange.model.say = say
    line = exchange.call()
    assert line.speak("זהו, תודה") == "תודה ולהתראות!"
    assert line.is_over
    assert exchange.kept(line).end_reason == "assistant_ended"


def test_who_asks_for_a_person_is_promised_one_and_may_go_on_talking(exchange: Exchange) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        if messages[-1]["role"] == "tool":
            return "יחזרו אליך. מה להעביר?"
        if "מנהל" in messages[-1]["content"]:
            return calls(("hand_to_person", {"reason": "wants the manager"}))
        return "העברתי."

    exchange.model.say = say
    line = exchange.call("+972502345601")
    assert line.speak("תן לי את המנהל") == "יחזרו אליך. מה להעביר?"
    assert line.speak("שהמזגן לא עובד") == "העברתי."
    line.hang_up()
    conversation = exchange.conversation(line)
    assert (conversation.silence_reason, conversation.is_waiting) == ("handed_over", True)
    assert conversation.status == "open"
    assert exchange.kept(line).outcome == "message_taken"


def test_a_word_that_ends_messages_elsewhere_is_only_a_word_here(exchange: Exchange) -> None:
    line = exchange.call("+972502345602")
    assert line.speak("הסר") == "תשובה ל: הסר"
    assert exchange.conversation(line).silence_reason is None
    line.hang_up()


def test_a_withheld_number_makes_a_lead_only_once_somebody_speaks(exchange: Exchange) -> None:
    line = exchange.call("anonymous")
    assert exchange.conversation(line).contact_phone is None
    line.speak("שלום, מדברת רותי")
    lead = exchange.lead(line)
    assert (lead.phone, lead.name) == (None, "מספר חסוי")
    line.hang_up()


@pytest.mark.parametrize("is_away", [False, True])
def test_who_asks_what_was_said_hears_it_again_with_a_model_or_without(
    exchange: Exchange, is_away: bool
) -> None:
    line = exchange.call("+972502345620")
    exchange.model.status = 400 if is_away else 200
    first = line.speak("אני צריך טכנאי")
    assert first == ("אשמח לקחת הודעה. איך קוראים לך?" if is_away else "תשובה ל: אני צריך טכנאי")
    asked = len(exchange.model.requests)
    for words in ("מה אמרת?", "סליחה", "לא שמעתי"):
        assert line.speak(words) == first
    assert len(exchange.model.requests) == asked
    line.hang_up()
    assert exchange.lead(line).name != "סליחה"


def test_what_is_no_name_is_not_taken_for_one_and_the_question_stays(exchange: Exchange) -> None:
    exchange.model.status = 400
    line = exchange.call("+972502345621")
    assert line.speak("המזגן לא עובד") == "אשמח לקחת הודעה. איך קוראים לך?"
    assert line.speak("כן") == "איך קוראים לך?"
    assert line.speak("מה אמרת?") == "איך קוראים לך?"
    assert line.speak("כן, רותי כהן") == "נעים מאוד, רותי כהן. מה עוד כדאי שנדע?"
    assert line.speak("אוקיי") == "מה עוד כדאי שנדע?"
    told = "תודה, רשמתי. יחזרו אליך מBusiness A. יש עוד משהו להוסיף?"
    assert line.speak("שזה דחוף") == told
    assert line.speak("כן") == "בבקשה, מה להוסיף?"
    assert line.speak("תבואו מחר") == "הוספתי את זה להודעה. תודה על השיחה, להתראות."
    assert line.is_over
    lead = exchange.lead(line)
    assert (lead.name, lead.note) == ("רותי כהן", "המזגן לא עובד\nשזה דחוף\nתבואו מחר")


def test_a_listeners_word_gets_the_question_again_where_a_yes_is_no_answer(
    exchange: Exchange,
) -> None:
    exchange.model.say = lambda messages: "יש לנו שלושה סניפים. באיזה סניף נוח לך?"
    line = exchange.call("+972502345622")
    line.speak("איפה אתם?")
    asked = len(exchange.model.requests)
    assert line.speak("אהה") == "באיזה סניף נוח לך?"
    assert len(exchange.model.requests) == asked
    # Who says it once more means something.
    exchange.model.say = lambda messages: "לקבוע לחיפה?"
    assert line.speak("כן") == "לקבוע לחיפה?"
    exchange.model.say = lambda messages: "נקבע."
    assert line.speak("כן") == "נקבע."
    assert exchange.model.requests[-1]["body"]["messages"][-1]["content"] == "כן"
    line.hang_up()


def test_a_number_that_intake_heard_is_said_back_digit_by_digit(exchange: Exchange) -> None:
    exchange.model.status = 400
    line = exchange.call("anonymous")
    assert line.speak("המזגן לא עובד") == (
        "אשמח לקחת הודעה. איך קוראים לך, ולאיזה מספר אפשר לחזור אליך?"
    )
    assert line.speak("רותי, 050-234 5678") == (
        "המספר שרשמתי: 0 5 0 2 3 4 5 6 7 8. נעים מאוד, רותי. מה עוד כדאי שנדע?"
    )
    line.hang_up()
    lead = exchange.lead(line)
    assert lead.name == "רותי"
    assert "050-234 5678" in lead.note


def test_a_long_number_is_no_numeral_to_the_voice(exchange: Exchange) -> None:
    exchange.model.say = lambda messages: "המספר הוא 0501234567, ושמורות לך 120 דקות."
    line = exchange.call()
    assert line.speak("מה המספר?") == "המספר הוא 0 5 0 1 2 3 4 5 6 7, ושמורות לך 120 דקות."
    assert "numbers digit by digit" in prompt_of(exchange)
    line.hang_up()
