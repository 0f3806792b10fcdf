"""Intake in four languages: greet, ask for the name, ask for the need, confirm."""

from __future__ import annotations

import pytest

from maane.assistant.intake import IntakeStep, after_voice_note, name_in, next_spoken, next_step


@pytest.mark.parametrize("language", ["he", "en", "ar", "ru"])
def test_it_learns_a_name_and_a_need(language: str) -> None:
    greeting = next_step(language, "Dana", 0, None, "hello")
    assert "Dana" in greeting.text
    assert (greeting.name, greeting.need) == (None, None)
    asked = next_step(language, "Dana", 1, None, "רותי")
    assert (asked.name, asked.need) == ("רותי", None)
    assert "רותי" in asked.text
    confirmed = next_step(language, "Dana", 2, "רותי", "תספורת")
    assert confirmed.need == "תספורת"
    assert "רותי" in confirmed.text
    assert "תספורת" in confirmed.text
    assert next_step(language, "Dana", 3, "רותי", "ועוד").need == "ועוד"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("רותי", "רותי"),
        ("קוראים לי רותי כהן.", "רותי כהן"),
        ("שלום, שמי רותי", "רותי"),
        ("היי, אני רותי", "רותי"),
        ("שמי דנה לוי ואני צריכה תור למחר בבוקר", "דנה לוי"),
        ("My name is Ruth!", "Ruth"),
        ("my name is Ruth Cohen and I need a haircut", "Ruth Cohen"),
        ("Ruth, I need an appointment", None),
        ("Ruth, haircut please", "Ruth"),
        ("Anne-Marie O'Neil", "Anne-Marie O'Neil"),
        ("Меня зовут Анна", "Анна"),
        ("اسمي سارة", "سارة"),
        ("\n\nרותי\nאני צריכה תור", "רותי"),
        ("{name}", "{name}"),
        ("למה אתם צריכים לדעת?", None),
        ("אני רוצה לקבוע תור לתספורת מחר", None),
        ("אני רוצה תור", None),
        ("I need a haircut", None),
        ("[audio]", None),
        ("050-234-5678", None),
        ("שלום", None),
        ("...", None),
        ("", None),
        ("מה אמרת", None),
        ("סליחה", None),
        ("לא שמעתי", None),
        ("כן", None),
        ("לא", None),
        ("תודה", None),
        ("אוקיי", None),
        ("What did you say?", None),
        ("да", None),
        ("כן, רותי", "רותי"),
        ("כן רותי כהן", "רותי כהן"),
        ("סליחה, שמי רותי", "רותי"),
        ("x" * 500, "x" * 99 + "…"),
    ],
)
def test_a_name_without_its_opening(words: str, name: str | None) -> None:
    assert name_in(words) == name


@pytest.mark.parametrize(
    ("words", "need"),
    [
        ("שלום", None),
        ("היי!! מה נשמע? 😀", None),
        ("Good morning", None),
        ("Здравствуйте!", None),
        ("السلام عليكم", None),
        ("שלום, כמה עולה תספורת?", "שלום, כמה עולה תספורת?"),
        ("[image] תמונה", "[image] תמונה"),
    ],
)
def test_a_need_that_comes_with_the_greeting_is_kept(words: str, need: str | None) -> None:
    assert next_step("he", "Dana", 0, None, words).need == need


def test_what_is_said_beside_the_name_is_kept() -> None:
    words = "שמי דנה לוי ואני צריכה תור למחר"
    step = next_step("he", "Dana", 1, None, words)
    assert (step.name, step.need) == ("דנה לוי", words)


def test_an_answer_that_is_no_name_is_taken_as_the_need() -> None:
    words = "אני רוצה לקבוע תור לתספורת מחר"
    step = next_step("he", "Dana", 1, "+972502345678", words)
    assert (step.name, step.need) == (None, words)
    assert step.text == f"תודה. רשמתי: «{words}». Dana יחזרו אליך בהקדם."


def test_braces_of_a_customer_are_only_words() -> None:
    assert "{business}" in next_step("en", "Dana", 2, "{need}", "{business} {0}").text


def test_a_voice_note_uses_up_none_of_its_questions() -> None:
    first = after_voice_note("en", "Salon", 0, None, "")
    assert "What is your name?" in first.text
    assert first.text.endswith("Could you write to me?")
    assert after_voice_note("en", "Salon", 1, None, "").text == (
        "I cannot listen to voice notes. Could you write to me?"
    )
    beside = after_voice_note("en", "Salon", 1, None, "Dana")
    assert beside.name == "Dana"
    assert beside.text.startswith("I cannot listen to voice notes.")


def spoken(
    said: int, words: str, name: str | None = None, *, has_number: bool = True
) -> IntakeStep:
    return next_spoken("he", "Dana", said, name, words, has_number=has_number)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("רותי 0501234567", "0 5 0 1 2 3 4 5 6 7"),
        ("רותי, 050-123 4567", "0 5 0 1 2 3 4 5 6 7"),
        ("[keypad] 0501234567", "0 5 0 1 2 3 4 5 6 7"),
        ("רותי +972 50 123 4567", "9 7 2 5 0 1 2 3 4 5 6 7"),
        ("רותי 27.11.2026", None),
        ("רותי ב 12", None),
    ],
)
def test_on_the_phone_a_number_is_said_back(words: str, number: str | None) -> None:
    step = spoken(1, words, has_number=False)
    assert (f"המספר שרשמתי: {number}." in step.text) is (number is not None)
    assert ("המספר" in step.text) is (number is not None)


def test_on_the_phone_whoever_has_more_to_add_is_let_add_it() -> None:
    step = spoken(3, "כן", "רותי")
    assert (step.text, step.ends_call) == ("בבקשה, מה להוסיף?", False)
    assert spoken(3, "לא, תודה", "רותי").ends_call
    assert spoken(3, "בסדר, תודה", "רותי").ends_call
