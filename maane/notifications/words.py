"""What is said outside the app: to the business in its language, to the customer in theirs.

An e-mail or a message to a phone names who waits and the one sentence in which the assistant said why.
It holds nothing that the customer wrote: it may lie on a lock screen or pass through a mailbox that
others read, and the conversation is one click away.
"""

from __future__ import annotations

from dataclasses import dataclass

from maane.kit.text import language_of, storable

LONGEST_NAME = 100
LONGEST_SUBJECT = 150
_HEADLINES = {
    "he": {
        "handed_over": "{name} מבקש/ת מענה מאדם",
        "away": "{name} כתב/ה כשהעסק סגור",
        "transfer_missed": "{name} רצה/תה לדבר עם אדם, ואף אחד לא ענה",
        "escalated": "עדיין לא ענו ל{name}",
        "message_taken": "{name} השאיר/ה הודעה",
        "unanswered": "לא הצלחנו לענות ל{name}",
        "booked": "{name} קבע/ה תור",
        "booking_cancelled": "{name} ביטל/ה תור",
    },
    "en": {
        "handed_over": "{name} needs a person",
        "away": "{name} wrote while you are closed",
        "transfer_missed": "{name} asked for a person on the phone, and nobody picked up",
        "escalated": "Nobody has answered {name} yet",
        "message_taken": "{name} left a message",
        "unanswered": "We could not answer {name}",
        "booked": "{name} booked an appointment",
        "booking_cancelled": "{name} cancelled an appointment",
    },
    "ar": {
        "handed_over": "{name} بحاجة إلى شخص يجيب",
        "away": "كتب {name} والنشاط مغلق",
        "transfer_missed": "طلب {name} التحدث إلى شخص ولم يُجب أحد",
        "escalated": "لم يُجب أحد {name} بعد",
        "message_taken": "ترك {name} رسالة",
        "unanswered": "لم نتمكن من الرد على {name}",
        "booked": "حجز {name} موعدًا",
        "booking_cancelled": "ألغى {name} موعدًا",
    },
    "ru": {
        "handed_over": "{name} ждёт ответа человека",
        "away": "{name}: сообщение в нерабочее время",
        "transfer_missed": "{name} просит соединить с человеком: никто не ответил",
        "escalated": "{name} всё ещё без ответа",
        "message_taken": "{name}: оставлено сообщение",
        "unanswered": "Не удалось ответить: {name}",
        "booked": "{name}: новая запись",
        "booking_cancelled": "{name}: запись отменена",
    },
}
_LINES = {
    "he": ("לקוח", "הסיבה", "לשיחה"),
    "en": ("A customer", "Why", "The conversation"),
    "ar": ("عميل", "السبب", "المحادثة"),
    "ru": ("Клиент", "Причина", "Разговор"),
}
_TESTS = {
    "he": ("הודעת בדיקה ממענה", "אם ההודעה הזאת הגיעה, גם ההתראות של {business} יגיעו לכאן."),
    "en": (
        "A test from Maane",
        "If this arrived, notifications of {business} will arrive here too.",
    ),
    "ar": ("رسالة اختبار من Maane", "إذا وصلت هذه الرسالة فستصل إشعارات {business} إلى هنا أيضًا."),
    "ru": (
        "Проверочное письмо Maane",
        "Если письмо пришло, сюда будут приходить и уведомления {business}.",
    ),
}
_SORRY = {
    "he": "עדיין לא התפנה אדם לענות. ההודעה שלך אצלנו ונחזור אליך.",
    "en": "Nobody has been free yet. We have your message and will come back to you.",
    "ar": "لم يتفرّغ أحد للرد بعد. رسالتك لدينا وسنعود إليك.",
    "ru": "Пока никто не освободился. Ваше сообщение у нас, и мы вернёмся к вам.",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """``headline`` is one line; ``body`` begins with it where there is no subject to hold it."""

    headline: str
    body: str

    @property
    def as_message(self) -> str:
        return f"{self.headline}\n\n{self.body}"


def letter(
    language: str, kind: str, business: str, name: str | None, reason: str | None, link: str
) -> Letter:
    """What the business is told of one notification."""
    somebody, why, where = _LINES.get(language, _LINES["en"])
    called = _one_line(name or "")[:LONGEST_NAME] or somebody
    headline = _HEADLINES.get(language, _HEADLINES["en"])[kind].format(name=called)
    lines = [_one_line(business)]
    if reason:
        lines.append(f"{why}: {_one_line(reason)}")
    lines.append(f"{where}: {link}")
    return Letter(headline[:LONGEST_SUBJECT], "\n".join(lines))


def trial(language: str, business: str) -> Letter:
    headline, body = _TESTS.get(language, _TESTS["en"])
    return Letter(headline, body.format(business=_one_line(business)))


def apology(text: str, language: str) -> str:
    """The one honest sentence to a customer for whom nobody came, in the language of what they wrote,
    and in the business's where that tells nothing."""
    return _SORRY.get(language_of(text) or language, _SORRY["en"])


def _one_line(value: str) -> str:
    return " ".join(storable(value).split())
