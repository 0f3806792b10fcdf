"""What is said around a transfer, by language: to the person who is rung, and to a caller for whom nobody
came; and the text that may follow."""

from __future__ import annotations

from dataclasses import dataclass

from maane.channels.voice.languages import DEFAULT


@dataclass(frozen=True, slots=True)
class Words:
    """``whisper`` takes the business, who calls (``withheld`` for a hidden number) and why; ``press``
    follows it. ``missed`` offers a message. ``text`` is the one that follows the call; it takes the
    business and gives away nothing of what was said."""

    whisper: str
    press: str
    withheld: str
    missed: str
    text: str


WORDS: dict[str, Words] = {
    "he": Words(
        "שיחה אל {business} מאת {who}. {why}",
        "כדי לקבל את השיחה, יש להקיש על מקש כלשהו.",
        "מספר חסוי",
        "לצערנו אף אחד לא התפנה לענות כרגע. לקחת ממך הודעה, כדי שיחזרו אליך?",
        "{business}: קיבלנו את ההודעה שהשארת בשיחה, ונחזור אליך.",
    ),
    "en": Words(
        "A call to {business} from {who}. {why}",
        "To take the call, press any key.",
        "a withheld number",
        "I am sorry, nobody could take your call just now. Shall I take a message, so that they call "
        "you back?",
        "{business}: we have the message you left on the phone, and will call you back.",
    ),
    "ar": Words(
        "مكالمة إلى {business} من {who}. {why}",
        "لاستلام المكالمة، اضغط على أي زر.",
        "رقم محجوب",
        "نأسف، لم يتمكن أحد من الرد الآن. هل آخذ منك رسالة ليعاودوا الاتصال بك؟",
        "{business}: وصلتنا الرسالة التي تركتها في المكالمة، وسنعاود الاتصال بك.",
    ),
    "ru": Words(
        "Звонок в {business}, звонит {who}. {why}",
        "Чтобы принять звонок, нажмите любую клавишу.",
        "скрытый номер",
        "К сожалению, сейчас никто не смог ответить. Записать для них сообщение, чтобы вам перезвонили?",
        "{business}: мы получили сообщение, которое вы оставили по телефону, и перезвоним вам.",
    ),
}


def words_of(language: str) -> Words:
    return WORDS.get(language, WORDS[DEFAULT])
