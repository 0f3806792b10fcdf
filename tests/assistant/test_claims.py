"""Sentences that say an appointment is booked, and their neighbours that do not."""

from __future__ import annotations

import pytest

from maane.assistant.claims import claims_appointment


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
