"""What plainly says yes, no, or that a person is wanted."""

from __future__ import annotations

import pytest

from maane.assistant.call_words import (
    asked_again,
    asks_yes_or_no,
    begins_with_no,
    is_no,
    is_yes,
    says_nothing,
    wants_person,
    wants_repeat,
)


@pytest.mark.parametrize(
    "words",
    [
        "כן",
        "כן, בבקשה.",
        "כן תודה רבה",
        "בטח, תשלחו",
        "אוקיי",
        "Yes please!",
        "sure",
        "نعم",
        "да, спасибо",
    ],
)
def test_a_plain_yes(words: str) -> None:
    assert is_yes(words)
    assert not is_no(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "לא",
        "כן אבל לא עכשיו",
        "כן אני רוצה תור",
        "אולי",
        "כנראה",
        "yes or no",
        "not yes",
        "הודעה",
    ],
)
def test_what_is_more_or_less_than_a_yes_agrees_to_nothing(words: str) -> None:
    assert not is_yes(words)


@pytest.mark.parametrize("words", ["לא", "לא, תודה", "No thanks.", "нет, спасибо", "لا"])
def test_a_plain_no(words: str) -> None:
    assert is_no(words)
    assert begins_with_no(words)


@pytest.mark.parametrize("words", ["לא יודע, המזגן לא עובד", "No, call me instead"])
def test_a_no_with_more_to_say_is_no_end_of_it(words: str) -> None:
    assert begins_with_no(words)
    assert not is_no(words)


@pytest.mark.parametrize("words", ["לאה כהן", "נורית", "Nolan", "nothing"])
def test_a_word_that_only_begins_so_is_none(words: str) -> None:
    assert not begins_with_no(words)


@pytest.mark.parametrize(
    "words",
    [
        "אפשר נציג בבקשה",
        "תן לי את המנהל",
        "אני רוצה לדבר עם מישהו",
        "תעבירי אותי",
        "a human please",
        "can I speak to someone",
        "оператор",
        "أريد موظف",
        "[keypad] 0",
    ],
)
def test_a_plain_wish_for_a_person(words: str) -> None:
    assert wants_person(words)


@pytest.mark.parametrize(
    "words", ["תור למחר", "המזגן לא עובד", "[keypad] 0501234567", "מנהלים", "humanity"]
)
def test_another_wish(words: str) -> None:
    assert not wants_person(words)


@pytest.mark.parametrize(
    "words", ["מה?", "מה אמרת", "סליחה?", "לא שמעתי אותך", "What did you say?", "простите", "عفوا"]
)
def test_a_wish_to_hear_it_again(words: str) -> None:
    assert wants_repeat(words)
    assert says_nothing(words)


@pytest.mark.parametrize("words", ["מה השעות?", "סליחה שאני מאחר", "what time is it", ""])
def test_a_question_of_its_own_is_no_wish_to_hear_it_again(words: str) -> None:
    assert not wants_repeat(words)


@pytest.mark.parametrize(
    "text",
    [
        "לקבוע לך תור למחר?",
        "יש עוד משהו להוסיף?",
        "בטח, זה זמן טוב לדבר?",
        "מה דעתך, לקבוע ליום שני?",
        "מה עם יום שני?",
        "לשלוח לך אישור? כן או לא.",
        "Shall we send it?",
        "How about Monday?",
        "Хотите что-то добавить?",
        "هل هناك شيء آخر؟",
    ],
)
def test_a_question_that_a_yes_answers(text: str) -> None:
    assert asks_yes_or_no(text)
    assert not asked_again(text)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("אשמח לקחת הודעה. איך קוראים לך?", "איך קוראים לך?"),
        ("בטח, לאיזה יום נוח לך?", "בטח, לאיזה יום נוח לך?"),
        ("עד מתי נוח?", "עד מתי נוח?"),
        ("I can take a message. What is your name?", "What is your name?"),
        ("Как вас зовут?", "Как вас зовут?"),
        ("يمكنني أن آخذ رسالة. ما اسمك؟", "ما اسمك؟"),
    ],
)
def test_a_question_that_asks_for_more_than_a_yes(text: str, question: str) -> None:
    assert asked_again(text) == question
    assert not asks_yes_or_no(text)


def test_what_asks_nothing_is_no_question() -> None:
    assert not asks_yes_or_no("אנחנו פתוחים עד שש.")
    assert not asked_again("אנחנו פתוחים עד שש.")
    assert not asks_yes_or_no("רוצה לבוא? אנחנו פתוחים עד שש. הכניסה חופשית.")
