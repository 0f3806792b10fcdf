"""Sentences that say an appointment is booked or a person told, and their neighbours that do not."""

from __future__ import annotations

import pytest

from maane.assistant.claims import (
    claims_appointment,
    claims_handover,
    free_until,
    surely_claims_appointment,
    without_times,
)


@pytest.mark.parametrize(
    "text",
    [
        "קבעתי לך תור ליום שני בשעה 10:00.",
        "מעולה! קבענו לך פגישה למחר",
        "התור שלך נקבע ליום ראשון ב־9:00",
        "התור אושר. נתראה!",
        "נקבע לך תור למחר ב־10",
        "בשמחה, רשמתי אותך ליום שלישי בשעה 12:00",
        "ביטלתי את התור שלך.",
        "שלום רותי!\nהתור בוטל.",
        "אז נתראה ביום שני",
        "Your appointment is booked, see you on Tuesday at 9!",
        "I've booked you in for Monday at 10:00.",
        "Great news. You are all set for Monday.",
        "I have cancelled your appointment.",
        "See you tomorrow!",
        "تم حجز موعدك يوم الاثنين",
        "Вы записаны на понедельник в 10:00.",
        "Ваша запись подтверждена.",
    ],
)
def test_a_claim_is_found(text: str) -> None:
    assert claims_appointment(text)


@pytest.mark.parametrize(
    "text",
    [
        "פנוי לנו ביום שני ב־9:00 או ב־10:30. מה נוח לך?",
        "לקבוע לך תור ל־10:00?",
        "עוד לא נקבע לך תור.",
        "התור נקבע רק אחרי שתבחרו שעה.",
        "כדי שאקבע תור, אצטרך שם.",
        "תספורת אישה עולה 180 ₪ ונמשכת 45 דקות.",
        "אנחנו פתוחים ראשון עד חמישי. אשמח לקבוע לך תור.",
        "אם התור בוטל, אפשר לקבוע חדש.",
        "10:00 is already booked. Would 10:30 suit you?",
        "Shall I book the appointment for Monday?",
        "No appointment has been booked yet, it is not confirmed.",
        "Once you choose, your appointment will be booked.",
        "We are open from Sunday to Thursday. You can have 9:00 or 9:30.",
        "هل تريد حجز موعد؟",
        "Записать вас на понедельник?",
        "Запись ещё не сделана.",
    ],
)
def test_what_is_no_claim_is_left_alone(text: str) -> None:
    assert not claims_appointment(text)


@pytest.mark.parametrize(
    "text",
    [
        "See you tomorrow!",
        "נתראה מחר",
        "Deliveries are confirmed in 24 hours.",
        "Parking is reserved for customers.",
        "אצלנו תור נקבע רק בטלפון",
        "We moved in 2020 to a new place.",
        "Once you choose, your appointment will be booked.",
        "עוד לא נקבע לך תור.",
    ],
)
def test_what_is_no_sure_claim(text: str) -> None:
    assert not surely_claims_appointment(text)


@pytest.mark.parametrize(
    "text",
    [
        "העברתי את השיחה לנציג.",
        "העברתי את הפרטים לדנה, היא תחזור אליך.",
        "אני מעבירה אותך לנציג",
        "ביקשתי מדנה שתחזור אליך.",
        "הפנייה שלך הועברה לצוות.",
        "I've passed you to a colleague.",
        "I passed your message on to Dana.",
        "Your request has been forwarded to the owner.",
        "I'm transferring you now.",
        "We told the team.",
        "حوّلت المحادثة إلى أحد الموظفين.",
        "Я передал ваш вопрос администратору.",
    ],
)
def test_a_claim_that_a_person_was_told_is_found(text: str) -> None:
    assert claims_handover(text)


@pytest.mark.parametrize(
    "text",
    [
        "אפשר להעביר אותך לנציג?",
        "אם תרצה, אעביר אותך לנציג.",
        "לא העברתי את הפנייה.",
        "העברנו את החנות לרחוב הרצל.",
        "נציג יענה לך כאן.",
        "העברתי את התור שלך ליום שני.",
        "I can pass you to a colleague.",
        "Would you like me to put you through?",
        "I have not passed it on.",
        "We moved to a new place.",
        "We asked customers and they like it.",
        "Можно передать вопрос администратору?",
    ],
)
def test_an_offer_of_a_person_is_none(text: str) -> None:
    assert not claims_handover(text)


def test_sentences_that_say_when_are_left_out() -> None:
    assert without_times("רשמתי. דנה תחזור תוך 5 דקות. מה שמך?") == "רשמתי. מה שמך?"
    assert without_times("I noted it. She calls back within an hour.") == "I noted it."
    assert without_times("She will call today.") == ""


@pytest.mark.parametrize(
    ("begun", "free"),
    [
        ("Your appointment is booked for", "Your appointment is "),
        ("Your appointment is bo", "Your appointment is "),
        ("התור שלך נק", "התור שלך "),
        ("We are open", "We are open"),
    ],
)
def test_a_sentence_is_free_until_it_may_claim(begun: str, free: str) -> None:
    assert begun[: free_until(begun)] == free
