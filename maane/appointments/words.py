"""What a customer is told of appointments, in their language: made by code from what the database holds.

A confirmation is made from the id of an appointment that is booked in the same transaction, and from
nothing else; where there is none, there is no confirmation to be had.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from maane.appointments import operations
from maane.appointments.models import Appointment
from maane.appointments.times import Span
from maane.hours.words import day_in_words
from maane.kit.db import Transaction
from maane.tenancy.access import Tenant

_SAYINGS = {
    "he": {
        "booked": "נקבע לך תור אצל {business}:\n{day} בשעה {time}.",
        "cancelled": "התור שלך בוטל: {day} בשעה {time}.",
        "kept": "התור הקיים שלך נשאר: {day} בשעה {time}.",
        "taken": "לא נקבע תור: {day} בשעה {time} כבר לא פנוי.",
        "not_offered": "לא נקבע תור: {day} בשעה {time} אינו מועד שאפשר לקבוע.",
        "too_many_booked": "לא נקבע תור נוסף: כבר קבועים לך {count} תורים.",
        "nothing": "לא נקבע ולא בוטל שום תור.",
        "unknown": "לא בוטל שום תור: לא נמצא תור כזה על שמך.",
        "own": "אלה התורים שקבועים לך:",
        "no_own": "כרגע לא קבוע לך תור. איזה מועד מתאים לך?",
        "free": "אלה המועדים הפנויים הקרובים:",
        "none_free": "כרגע אין מועד פנוי אחר.",
    },
    "en": {
        "booked": "Your appointment at {business} is booked:\n{day} at {time}.",
        "cancelled": "Your appointment is cancelled: {day} at {time}.",
        "kept": "Your appointment stays as it was: {day} at {time}.",
        "taken": "No appointment was booked: {day} at {time} is not free any more.",
        "not_offered": "No appointment was booked: {day} at {time} is not a time we offer.",
        "too_many_booked": "No further appointment was booked: you have {count} already.",
        "nothing": "No appointment was booked or cancelled.",
        "unknown": "Nothing was cancelled: there is no such appointment of yours.",
        "own": "These are your appointments:",
        "no_own": "You have no appointment at present. Which time would suit you?",
        "free": "The next free times:",
        "none_free": "There is no other free time at present.",
    },
    "ar": {
        "booked": "تم حجز موعدك لدى {business}:\n{day} الساعة {time}.",
        "cancelled": "تم إلغاء موعدك: {day} الساعة {time}.",
        "kept": "موعدك الحالي باقٍ كما هو: {day} الساعة {time}.",
        "taken": "لم يُحجز موعد: {day} الساعة {time} لم يعد متاحًا.",
        "not_offered": "لم يُحجز موعد: {day} الساعة {time} ليس من الأوقات المتاحة للحجز.",
        "too_many_booked": "لم يُحجز موعد إضافي: لديك {count} مواعيد بالفعل.",
        "nothing": "لم يُحجز ولم يُلغَ أي موعد.",
        "unknown": "لم يُلغَ أي موعد: لا يوجد موعد كهذا باسمك.",
        "own": "هذه مواعيدك المحجوزة:",
        "no_own": "ليس لديك موعد محجوز حاليًا. أي وقت يناسبك؟",
        "free": "أقرب المواعيد المتاحة:",
        "none_free": "لا يوجد موعد متاح آخر حاليًا.",
    },
    "ru": {
        "booked": "Вы записаны в {business}:\n{day} в {time}.",
        "cancelled": "Ваша запись отменена: {day} в {time}.",
        "kept": "Ваша прежняя запись остаётся: {day} в {time}.",
        "taken": "Запись не сделана: {day} в {time} уже занято.",
        "not_offered": "Запись не сделана: {day} в {time} — время, на которое записаться нельзя.",
        "too_many_booked": "Новая запись не сделана: у вас уже есть записи ({count}).",
        "nothing": "Ничего не записано и не отменено.",
        "unknown": "Ничего не отменено: такой записи у вас нет.",
        "own": "Ваши записи:",
        "no_own": "Сейчас у вас нет записи. Какое время вам подходит?",
        "free": "Ближайшее свободное время:",
        "none_free": "Другого свободного времени сейчас нет.",
    },
}


def confirmation(tx: Transaction, tenant: Tenant, appointment_id: int, language: str) -> str:
    """That an appointment is booked. Raises ``NotFound`` where it is not, or not any more."""
    row = operations.get_booked(tx, tenant, appointment_id)
    return _at(tenant, "booked", row.starts_at, language)


def keeping(tx: Transaction, tenant: Tenant, appointment_id: int, language: str) -> str:
    """That an appointment which was to be given up is still booked. Raises ``NotFound``."""
    row = operations.get_booked(tx, tenant, appointment_id)
    return _at(tenant, "kept", row.starts_at, language)


def cancellation(tx: Transaction, tenant: Tenant, appointment_id: int, language: str) -> str:
    """That an appointment is cancelled. Raises ``NotFound`` where it is not."""
    row = operations.get_cancelled(tx, tenant, appointment_id)
    return _at(tenant, "cancelled", row.starts_at, language)


def refusal(tenant: Tenant, reason: str | None, starts_at: datetime, language: str) -> str:
    """That nothing was booked at a time, and why: a reason of ``operations.check_offered``."""
    sayings = _SAYINGS.get(language, _SAYINGS["en"])
    if reason == "too_many_booked":
        return sayings[reason].format(count=operations.MOST_UPCOMING)
    return _at(tenant, "taken" if reason == "taken" else "not_offered", starts_at, language)


def nothing_done(language: str) -> str:
    return _SAYINGS.get(language, _SAYINGS["en"])["nothing"]


def nothing_cancelled(language: str) -> str:
    return _SAYINGS.get(language, _SAYINGS["en"])["unknown"]


def standing(tenant: Tenant, rows: Sequence[Appointment], language: str) -> str:
    """What somebody has booked to come, and that it is nothing where it is."""
    sayings = _SAYINGS.get(language, _SAYINGS["en"])
    if not rows:
        return sayings["no_own"]
    return _listed(tenant, sayings["own"], [row.starts_at for row in rows], language)


def free_times(tenant: Tenant, spans: Sequence[Span], language: str) -> str:
    """Times that can be had, a line for each day."""
    sayings = _SAYINGS.get(language, _SAYINGS["en"])
    if not spans:
        return sayings["none_free"]
    return _listed(tenant, sayings["free"], [span.starts_at for span in spans], language)


def _listed(tenant: Tenant, headline: str, starts: Sequence[datetime], language: str) -> str:
    zone = ZoneInfo(tenant.timezone)
    walls = [starts_at.astimezone(zone) for starts_at in starts]
    lines = [
        f"{day_in_words(day, language)}: {', '.join(f'{wall:%H:%M}' for wall in of_day)}"
        for day, of_day in groupby(walls, key=lambda wall: wall.date())
    ]
    return "\n".join([headline, *lines])


def _at(tenant: Tenant, saying: str, starts_at: datetime, language: str) -> str:
    wall = starts_at.astimezone(ZoneInfo(tenant.timezone))
    return _SAYINGS.get(language, _SAYINGS["en"])[saying].format(
        business=tenant.name, day=day_in_words(wall.date(), language), time=f"{wall:%H:%M}"
    )
