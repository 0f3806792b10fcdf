"""How a language is spoken and heard at Twilio, and the sentences of a call that nobody has to think of.

A pair of voice and language that does not exist makes Twilio drop the call, and a pair of recognition
language and model that it does not know makes it hear nothing; so all of it can be changed by the
business, and ``other`` is the pair that is tried where the first heard nothing at all. Sources: Twilio's
pages on ``<Say>`` and ``<Gather>``. Hebrew has only Google's Standard and Wavenet voices there, and its
documented recognition is Deepgram's nova-3 with an integer ``speechTimeout``; the older name is iw-IL.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT = "he"
"""Where nothing says which language a caller is spoken to in."""


@dataclass(frozen=True, slots=True)
class Preset:
    """What ``<Say>`` and ``<Gather>`` are given. ``speech_timeout_s`` of silence end what was said; a
    chosen ``speech_model`` takes no other measure than whole seconds."""

    say_language: str
    voice: str
    hear_language: str
    speech_model: str
    speech_timeout_s: int
    other: tuple[str, str]


PRESETS: dict[str, Preset] = {
    "he": Preset(
        "he-IL", "Google.he-IL-Wavenet-A", "he", "deepgram_nova-3", 2, ("iw-IL", "default")
    ),
    "en": Preset(
        "en-US", "Polly.Joanna-Neural", "en-US", "deepgram_nova-3", 2, ("en-US", "default")
    ),
    "ar": Preset("ar-XA", "Google.ar-XA-Wavenet-A", "ar-IL", "default", 2, ("ar-EG", "default")),
    "ru": Preset(
        "ru-RU", "Google.ru-RU-Wavenet-A", "ru", "deepgram_nova-3", 2, ("ru-RU", "default")
    ),
}


@dataclass(frozen=True, slots=True)
class Sentences:
    """``silent`` are asked one after the other while the caller says nothing. ``wait`` are said while an
    answer is thought of, ``again`` where what was said could not be kept, ``sorry`` where nobody can be
    served now, ``closed`` for a business that is suspended, ``spent`` in a call that has lasted or cost
    as much as one may."""

    greeting: str
    recorded: str
    wait: tuple[str, ...]
    silent: tuple[str, ...]
    unheard: str
    again: str
    sorry: str
    closed: str
    spent: str


SENTENCES: dict[str, Sentences] = {
    "he": Sentences(
        "שלום, הגעתם אל {business}. במה אפשר לעזור?",
        "השיחה מוקלטת.",
        ("רגע אחד, בבקשה.", "עוד רגע, תודה על הסבלנות."),
        ("סליחה, לא שמעתי. אפשר לומר שוב?", "עדיין לא שומעים אותך. אפשר לדבר, או להקיש על המקשים."),
        "לא הצלחנו לשמוע אותך. אפשר להתקשר שוב. להתראות.",
        "סליחה, הייתה תקלה קטנה. אפשר לומר את זה שוב?",
        "מצטערים, יש תקלה ואי אפשר לענות כרגע. אפשר להתקשר שוב מאוחר יותר. להתראות.",
        "המספר אינו בשירות כרגע. להתראות.",
        "תודה על השיחה. אנחנו צריכים לסיים כאן, ואפשר להתקשר שוב. להתראות.",
    ),
    "en": Sentences(
        "Hello, this is {business}. How can we help?",
        "This call is recorded.",
        ("One moment, please.", "Just a little longer, thank you for waiting."),
        (
            "Sorry, I did not hear you. Could you say that again?",
            "I still cannot hear you. You can speak, or press the keys.",
        ),
        "We could not hear you. Please call again. Goodbye.",
        "Sorry, something went wrong for a moment. Could you say that again?",
        "We are sorry, we cannot answer at the moment. Please call again later. Goodbye.",
        "This number is not in service at the moment. Goodbye.",
        "Thank you for calling. We have to end here; please call again. Goodbye.",
    ),
    "ar": Sentences(
        "مرحبًا، هنا {business}. كيف يمكننا مساعدتك؟",
        "هذه المكالمة مسجّلة.",
        ("لحظة واحدة من فضلك.", "لحظة أخرى، شكرًا على صبرك."),
        (
            "عذرًا، لم أسمعك. هل يمكنك أن تعيد؟",
            "ما زلت لا أسمعك. يمكنك التحدث أو الضغط على الأزرار.",
        ),
        "لم نتمكن من سماعك. يمكنك الاتصال مرة أخرى. إلى اللقاء.",
        "عذرًا، حدث خلل صغير. هل يمكنك أن تعيد ما قلته؟",
        "نعتذر، لا يمكننا الرد الآن. يرجى الاتصال لاحقًا. إلى اللقاء.",
        "هذا الرقم ليس في الخدمة حاليًا. إلى اللقاء.",
        "شكرًا على اتصالك. علينا أن ننهي هنا، ويمكنك الاتصال مرة أخرى. إلى اللقاء.",
    ),
    "ru": Sentences(
        "Здравствуйте, это {business}. Чем мы можем помочь?",
        "Разговор записывается.",
        ("Одну минуту, пожалуйста.", "Ещё немного, спасибо за ожидание."),
        (
            "Простите, я вас не слышу. Повторите, пожалуйста.",
            "Вас всё ещё не слышно. Вы можете говорить или нажимать клавиши.",
        ),
        "Мы вас не услышали. Позвоните ещё раз, пожалуйста. До свидания.",
        "Простите, произошла небольшая ошибка. Повторите, пожалуйста.",
        "К сожалению, сейчас мы не можем ответить. Позвоните позже, пожалуйста. До свидания.",
        "Этот номер сейчас не обслуживается. До свидания.",
        "Спасибо за звонок. Нам нужно закончить, позвоните ещё раз, пожалуйста. До свидания.",
    ),
}


def preset_of(language: str) -> Preset:
    return PRESETS.get(language, PRESETS[DEFAULT])


def sentences_of(language: str) -> Sentences:
    return SENTENCES.get(language, SENTENCES[DEFAULT])
