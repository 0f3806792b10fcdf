"""Whole calls over ConversationRelay's socket: what is said, what is heard, what is kept of it."""

from __future__ import annotations

import time
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.calls.relays import Relays
from tests.fakes import calls, told


def text_of(frames: list[dict[str, Any]]) -> str:
    return "".join(one.get("token", "") for one in frames)


def test_a_call_is_answered_by_twiml_that_opens_its_socket(relays: Relays) -> None:
    line = relays.ring()
    assert line.connecting is not None
    relay = line.connecting[0]
    assert {key: relay.attrib[key] for key in relay.attrib if key != "url"} == {
        "welcomeGreeting": "שלום, הגעתם אל Business A. במה אפשר לעזור?",
        "language": "he-IL",
        "ttsProvider": "Google",
        "voice": "he-IL-Wavenet-A",
        "transcriptionProvider": "Deepgram",
        "speechModel": "nova-3-general",
        "transcriptionLanguage": "he",
        "interruptible": "any",
        "welcomeGreetingInterruptible": "any",
        "reportInputDuringAgentSpeech": "any",
        "dtmfDetection": "true",
        "partialPrompts": "true",
        "ignoreBackchannel": "true",
    }
    assert relay.attrib["url"] == "wss://maane.example.com/relay/1"
    assert [one.attrib["name"] for one in relay] == ["token"]
    kept = relays.exchange.kept(line)
    token = relay[0].attrib["value"]
    assert kept.engine == "relay"
    assert kept.socket_token not in (None, token)
    again = ElementTree.fromstring(line.again().body)
    assert again[0][0][0].attrib["value"] == token
    line.hang_up()


def test_words_leave_as_the_model_makes_them_and_the_call_is_kept(relays: Relays) -> None:
    relays.model.say = lambda messages: "בטח, לאיזה יום נוח לך?"
    relays.model.word_s = 0.3
    session = relays.call()
    at = session.say("אני רוצה לקבוע תור")
    first = session.token()
    assert first.frame == {"type": "text", "token": "בטח,", "last": False}
    assert first.at - at < 1.2
    assert session.answer() == "לאיזה יום נוח לך?"
    assert session.got[-1].at - first.at > 0.8
    asked = relays.model.requests[-1]["body"]
    assert asked["stream"] is True
    assert asked["messages"][-1] == {"role": "user", "content": "אני רוצה לקבוע תור"}
    assert "calls of A" in asked["messages"][0]["content"]
    relays.model.word_s = 0.0
    assert session.ask("ביום שני") == "בטח, לאיזה יום נוח לך?"
    spoken = [message["content"] for message in relays.model.requests[-1]["body"]["messages"][1:]]
    assert spoken[-3:] == ["אני רוצה לקבוע תור", "בטח, לאיזה יום נוח לך?", "ביום שני"]
    session.hang_up()
    exchange, line = relays.exchange, session.line
    exchange.wait(lambda: len(exchange.messages(line)) == 5)
    assert exchange.said(line) == [
        ("assistant", "שלום, הגעתם אל Business A. במה אפשר לעזור?"),
        ("customer", "אני רוצה לקבוע תור"),
        ("assistant", "בטח, לאיזה יום נוח לך?"),
        ("customer", "ביום שני"),
        ("assistant", "בטח, לאיזה יום נוח לך?"),
    ]
    call = exchange.kept(line)
    assert (call.status, call.outcome, call.end_reason) == (
        "completed",
        "answered",
        "caller_hung_up",
    )
    assert {message.status for message in exchange.messages(line)} == {"sent", "received"}


def test_a_turn_keeps_where_its_time_went(relays: Relays) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        return "עד שש." if told(messages) else calls(("look_up_facts", {"query": "שעות"}))

    relays.model.say, relays.model.delay_s = say, 0.3
    session = relays.call()
    assert session.ask("עד מתי פתוח?") == "עד שש."
    relays.settled(session.line)
    turn = relays.exchange.turns(session.line)[-1]
    assert turn.tools == ["look_up_facts"]
    times = (turn.model_ms, turn.tools_ms, turn.first_token_ms, turn.first_audio_ms)
    model_ms, tools_ms, first_token_ms, first_audio_ms = (time or 0 for time in times)
    assert 600 <= model_ms < 9_000
    assert 600 <= first_token_ms <= first_audio_ms < 9_000
    assert 0 <= tools_ms < 3_000
    session.hang_up()


def test_who_speaks_over_an_answer_silences_it_and_only_what_was_heard_is_history(
    relays: Relays,
) -> None:
    relays.model.say = lambda messages: "אנחנו פתוחים כל יום מתשע עד שש ובשישי עד שתיים בצהריים"
    relays.model.word_s = 0.2
    session = relays.call()
    session.say("מתי אתם פתוחים?")
    for _ in range(4):
        session.token()
    at = session.interrupt("אנחנו פתוחים", "740")
    assert session.answer() is not None
    assert session.frames[-1] == {"type": "text", "token": "", "last": True}
    assert session.got[-1].at - at < 0.5
    assert session.rest_for(0.8) == []
    relays.exchange.wait(lambda: relays.model.cut > 0)
    relays.model.word_s, relays.model.say = 0.0, lambda messages: "בשישי עד שתיים."
    assert session.ask("ובשישי?") == "בשישי עד שתיים."
    spoken = relays.model.requests[-1]["body"]["messages"][1:]
    assert [one["content"] for one in spoken][-3:] == ["מתי אתם פתוחים?", "אנחנו פתוחים", "ובשישי?"]
    session.hang_up()
    relays.exchange.wait(lambda: len(relays.exchange.messages(session.line)) == 5)
    assert ("assistant", "אנחנו פתוחים") in relays.exchange.said(session.line)
    assert relays.exchange.turns(session.line)[1].spoken == "אנחנו פתוחים"


def test_who_speaks_over_an_answer_that_was_made_already_is_believed_as_well(
    relays: Relays,
) -> None:
    relays.model.say = lambda messages: "יש לנו שלושה סניפים, בתל אביב, בחיפה ובבאר שבע."
    session = relays.call()
    session.ask("איפה אתם?")
    line = session.line
    relays.settled(line)
    session.interrupt("יש לנו שלושה סניפים,", 900)
    relays.model.say = lambda messages: "כן."
    assert session.ask("יש בחיפה?") == "כן."
    spoken = relays.model.requests[-1]["body"]["messages"]
    assert spoken[-2]["content"] == "יש לנו שלושה סניפים,"
    relays.exchange.wait(lambda: relays.exchange.turns(line)[1].spoken is not None)
    assert ("assistant", "יש לנו שלושה סניפים,") in relays.exchange.said(line)
    session.hang_up()


@pytest.mark.parametrize("word", ["אהה", "כן", "אוקיי.", "מממ", "uh huh"])
def test_a_listeners_word_makes_no_turn_and_interrupts_nothing(relays: Relays, word: str) -> None:
    relays.model.say = lambda messages: "אנחנו פתוחים כל יום מתשע עד שש בערב"
    relays.model.word_s = 0.15
    session = relays.call()
    session.say("מתי פתוח?")
    session.token()
    session.say(word)
    assert session.answer() == "פתוחים כל יום מתשע עד שש בערב"
    assert session.rest_for(0.3) == []
    session.hang_up()
    relays.exchange.wait(lambda: len(relays.exchange.messages(session.line)) == 3)


def test_a_listeners_word_that_stopped_the_voice_lets_it_go_on(relays: Relays) -> None:
    relays.model.say = lambda messages: "יש לנו שלושה סניפים, בתל אביב, בחיפה ובבאר שבע."
    session = relays.call()
    session.ask("איפה אתם?")
    line = session.line
    relays.settled(line)
    session.interrupt("יש לנו שלושה סניפים,", 900)
    relays.exchange.wait(lambda: relays.exchange.turns(line)[-1].spoken is not None)
    session.say("אהה")
    assert session.answer() == "בתל אביב, בחיפה ובבאר שבע."
    relays.exchange.wait(lambda: relays.exchange.turns(line)[-1].spoken is None)
    assert relays.exchange.said(line)[-1][1] == "יש לנו שלושה סניפים, בתל אביב, בחיפה ובבאר שבע."
    session.hang_up()


def test_a_yes_to_a_question_that_was_heard_is_an_answer(relays: Relays) -> None:
    relays.model.say = lambda messages: "לקבוע?"
    session = relays.call()
    session.ask("יש מחר?")
    time.sleep(1.2)
    relays.model.say = lambda messages: "בסדר גמור."
    assert session.ask("כן") == "בסדר גמור."
    session.hang_up()


def test_newer_words_overtake_an_answer_that_is_being_made(relays: Relays) -> None:
    relays.model.delay_s = 1.5
    session = relays.call()
    session.say("מה השעה")
    time.sleep(0.3)
    relays.model.delay_s = 0.0
    assert session.ask("בעצם מתי אתם פתוחים") == "תשובה ל: מה השעה בעצם מתי אתם פתוחים"
    assert session.rest_for(1.6) == []
    session.hang_up()
    relays.exchange.wait(lambda: len(relays.exchange.messages(session.line)) == 4)


def test_digits_are_taken_together_until_a_pause_or_the_hash(relays: Relays) -> None:
    session = relays.call()
    session.press("0501234567#")
    assert session.answer() == "תשובה ל: [keypad] 0 5 0 1 2 3 4 5 6 7"
    session.press("42")
    assert session.answer() == "תשובה ל: [keypad] 42"
    session.hang_up()


def test_who_asks_what_was_said_hears_it_again_without_the_model(relays: Relays) -> None:
    session = relays.call()
    assert session.ask("מתי פתוח?") == "תשובה ל: מתי פתוח?"
    asked = len(relays.model.requests)
    time.sleep(1.5)
    assert session.ask("מה אמרת?") == "תשובה ל: מתי פתוח?"
    assert len(relays.model.requests) == asked
    session.hang_up()


def test_a_slow_model_is_waited_for_in_words(relays: Relays) -> None:
    relays.model.delay_s = 6.5
    session = relays.call()
    at = session.say("שלום")
    first = session.token()
    assert first.frame["token"].strip() == "רגע אחד, בבקשה."
    assert 2.0 < first.at - at < 3.2
    assert session.answer() == "עוד רגע, תודה על הסבלנות. תשובה ל: שלום"
    session.hang_up()
    relays.exchange.wait(lambda: len(relays.exchange.messages(session.line)) == 3)
    assert relays.exchange.said(session.line)[-1][1] == "תשובה ל: שלום"


def test_words_to_wait_are_said_while_a_tool_is_at_work(relays: Relays) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        if told(messages):
            time.sleep(1.5)
            return "עד שש."
        return calls(("look_up_facts", {"query": "שעות"}))

    relays.model.say = say
    session = relays.call()
    at = session.say("עד מתי?")
    assert session.token().frame["token"].strip() == "רגע אחד, בבקשה."
    assert session.got[0].at - at < 2.0
    assert session.answer() == "עד שש."
    session.hang_up()


def test_where_the_model_fails_intake_takes_a_message(relays: Relays) -> None:
    relays.model.status = 400
    session = relays.call("+972502345611")
    assert "?" in session.ask("אני צריך טכנאי למזגן")
    session.ask("שמי דוד לוי")
    session.ask("המזגן לא מקרר")
    relays.exchange.wait(lambda: relays.exchange.kept(session.line).outcome == "message_taken")
    assert relays.exchange.lead(session.line).name == "דוד לוי"
    assert {author for author, _ in relays.exchange.said(session.line)} == {
        "assistant",
        "customer",
        "intake",
    }
    session.hang_up()


def test_a_model_that_breaks_off_in_a_sentence_is_followed_by_intake(relays: Relays) -> None:
    relays.model.say = lambda messages: "אנחנו פתוחים כל יום"
    relays.model.break_after = 2
    session = relays.call()
    answer = session.ask("מתי פתוח?")
    assert answer.startswith("אנחנו פתוחים")
    assert len(answer) > len("אנחנו פתוחים") + 8
    relays.settled(session.line)
    assert relays.exchange.said(session.line)[-1] == ("intake", answer)
    session.hang_up()


def test_a_model_that_hangs_is_given_up_within_twelve_seconds(relays: Relays) -> None:
    relays.model.stall_after = 0
    session = relays.call()
    at = session.say("שלום")
    answer = session.answer()
    assert session.got[-1].at - at < 12
    assert answer.startswith("רגע אחד, בבקשה. עוד רגע, תודה על הסבלנות.")
    relays.settled(session.line)
    assert relays.exchange.said(session.line)[-1][0] == "intake"
    session.hang_up()


def test_the_assistant_says_goodbye_and_ends_the_call(relays: Relays) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        return "תודה ולהתראות!" if told(messages) else calls(("end_call", {}))

    relays.model.say = say
    session = relays.call()
    assert session.ask("זהו, תודה") == "תודה ולהתראות!"
    session.wait_for_end()
    assert session.line.is_over
    assert relays.exchange.kept(session.line).end_reason == "assistant_ended"


def test_a_person_who_was_asked_for_is_told_of_even_when_the_caller_spoke_over_it(
    relays: Relays,
) -> None:
    def say(messages: list[dict[str, Any]]) -> Any:
        if told(messages):
            return "ביקשתי שיחזרו אליך היום"
        if "מנהל" in messages[-1]["content"]:
            return calls(("hand_to_person", {"reason": "wants the manager"}))
        return "בסדר."

    relays.model.say, relays.model.word_s = say, 0.4
    session = relays.call("+972502345612")
    session.say("תן לי את המנהל")
    session.token()
    session.interrupt("ביקשתי", 100)
    session.answer()
    relays.model.word_s = 0.0
    told_next = session.ask("ומה עם המזגן שלי?")
    assert told_next.startswith("ביקשתי שיחזרו אליך מBusiness A.")
    assert told_next.endswith("בסדר.")
    exchange, line = relays.exchange, session.line
    exchange.wait(lambda: exchange.kept(line).outcome == "message_taken")
    assert exchange.conversation(line).silence_reason == "handed_over"
    session.hang_up()


def test_the_last_words_of_who_hangs_up_are_kept(relays: Relays) -> None:
    relays.model.delay_s = 3.0
    session = relays.call()
    session.say("אני רוצה לבטל")
    time.sleep(0.3)
    session.hang_up()
    exchange, line = relays.exchange, session.line
    exchange.wait(lambda: exchange.turns(line)[-1].state == "said")
    assert exchange.said(line)[1:] == [
        ("customer", "אני רוצה לבטל"),
        ("assistant", "תשובה ל: אני רוצה לבטל"),
    ]
    # Nobody heard the answer.
    assert exchange.messages(line)[-1].status == "withheld"
    assert not exchange.turns(line)[-1].is_partial
    unfinished = relays.call()
    unfinished.say("אני רק רציתי", last=False)
    time.sleep(0.3)
    unfinished.hang_up()
    exchange.wait(lambda: len(exchange.messages(unfinished.line)) == 2)
    assert exchange.said(unfinished.line)[-1] == ("customer", "אני רק רציתי")
    assert exchange.turns(unfinished.line)[-1].is_partial


@pytest.mark.parametrize("is_last", [True, False])
def test_what_the_end_overtakes_is_kept_and_counts(relays: Relays, is_last: bool) -> None:
    """Its process keeps the last words while another one already hears that the call has ended."""
    relays.model.delay_s = 3.0
    session = relays.call()
    session.say("אני רוצה לבטל", last=is_last)
    if not is_last:
        # A frame that came is read before its socket's end.
        session.line.end()
    session.hang_up()
    exchange, line = relays.exchange, session.line
    exchange.wait(lambda: exchange.kept(line).outcome == "answered")
    exchange.wait(lambda: exchange.turns(line)[-1].kind == "speech")
    assert exchange.said(line)[1] == ("customer", "אני רוצה לבטל")
    assert exchange.turns(line)[-1].is_partial is not is_last
    conversation = exchange.conversation(line)
    assert (conversation.status, conversation.is_waiting) == ("closed", False)


def test_who_hangs_up_while_the_answer_is_thought_of_has_said_what_they_said(
    relays: Relays,
) -> None:
    relays.model.delay_s = 1.5
    relays.model.say = lambda messages: (
        "נרשם" if told(messages) else calls(("save_lead", {"name": "רותי", "need": "שיחזרו אליי"}))
    )
    session = relays.call("+972502345613")
    session.say("אני רותי, תחזרו אליי")
    time.sleep(0.7)
    session.hang_up()
    exchange, line = relays.exchange, session.line
    exchange.wait(lambda: len(exchange.messages(line)) == 3)
    assert [message.status for message in exchange.messages(line)] == [
        "sent",
        "received",
        "withheld",
    ]
    lead = exchange.lead(line)
    assert (lead.name, lead.note) == ("רותי", "שיחזרו אליי")
    assert exchange.kept(line).outcome == "answered"


def test_who_asks_for_a_person_and_hangs_up_meanwhile_waits_for_one(relays: Relays) -> None:
    relays.model.delay_s = 1.5
    relays.model.say = lambda messages: (
        "אעביר" if told(messages) else calls(("hand_to_person", {"reason": "כסף"}))
    )
    session = relays.call("+972502345614")
    session.say("תנו לי מנהל")
    time.sleep(0.7)
    session.hang_up()
    exchange, line = relays.exchange, session.line
    exchange.wait(lambda: exchange.kept(line).outcome == "message_taken")
    conversation = exchange.conversation(line)
    assert (conversation.status, conversation.is_waiting) == ("open", True)
    assert conversation.silence_reason == "handed_over"
