"""Intake: takes a message without any model, so that nobody is lost when there is none.

It greets, asks for the name, asks for the need, and confirms. Where it stands is derived from what it
has said since the model last answered; nothing is kept beside the conversation itself. People do not
wait to be asked: a need that comes with the greeting or in place of the name is kept as well, and an
answer that is no name is not taken for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_SAYINGS: dict[str, tuple[str, str, str, str]] = {
    "he": (
        "שלום, הגעתם אל {business}. אשמח לקחת הודעה. איך קוראים לך?",
        "נעים מאוד, {name}. במה אפשר לעזור?",
        "תודה{name}. רשמתי: «{need}». {business} יחזרו אליך בהקדם.",
        "תודה, הוספתי את זה להודעה. {business} יחזרו אליך.",
    ),
    "en": (
        "Hello, this is {business}. I can take a message. What is your name?",
        "Nice to meet you, {name}. How can we help?",
        "Thank you{name}. I noted: “{need}”. {business} will get back to you soon.",
        "Thank you, I added that to your message. {business} will get back to you.",
    ),
    "ar": (
        "مرحبًا، هنا {business}. يمكنني أن آخذ رسالة. ما اسمك؟",
        "تشرفنا، {name}. كيف يمكننا مساعدتك؟",
        "شكرًا{name}. سجّلت: «{need}». سيعاود {business} الاتصال بك قريبًا.",
        "شكرًا، أضفت ذلك إلى رسالتك. سيعاود {business} الاتصال بك.",
    ),
    "ru": (
        "Здравствуйте, это {business}. Я могу принять сообщение. Как вас зовут?",
        "Очень приятно, {name}. Чем мы можем помочь?",
        "Спасибо{name}. Записано: «{need}». {business} скоро свяжется с вами.",
        "Спасибо, я добавил это к сообщению. {business} свяжется с вами.",
    ),
}
_UNHEARD = {
    "he": "אין לי אפשרות לשמוע הודעות קוליות. אפשר לכתוב לי?",
    "en": "I cannot listen to voice notes. Could you write to me?",
    "ar": "لا يمكنني الاستماع إلى الرسائل الصوتية. هل يمكنك أن تكتب لي؟",
    "ru": "Я не могу прослушать голосовое сообщение. Напишите, пожалуйста, текстом.",
}
_GREETING = (
    r"(?:שלום(?: רב)?|היי|הי|אהלן|בוקר טוב|צהריים טובים|ערב טוב|מה נשמע|מה שלומ\w+|"
    r"hi|hello|hey|good (?:morning|afternoon|evening)|how are you|"
    r"مرحبا|أهلا|اهلا|السلام عليكم|صباح الخير|مساء الخير|"
    r"привет|здравствуйте|добрый (?:день|вечер)|доброе утро)"
)
_ONLY_GREETING = re.compile(rf"(?:{_GREETING}|\W)*", re.IGNORECASE)
_NAME_IS = re.compile(
    rf"^\s*(?:{_GREETING}[,!.\s]+)*"
    r"(?P<says>שמי|קוראים לי|השם שלי(?: הוא)?|זה|זו|זאת|כאן|אני|my name is|my name's|i am|i'm|this is|"
    r"اسمي|أنا|انا|меня зовут|это|я)\s+",
    re.IGNORECASE,
)
_NAME_ENDS = re.compile(r"[,;.!?:\n–—]|\s-\s|\s(?:and|ואני|ואנחנו|ורציתי|واريد|وأريد|и)\s")
_VAGUE = frozenset(
    {"אני", "זה", "זו", "זאת", "כאן", "i am", "i'm", "this is", "أنا", "انا", "это", "я"}
)
_NO_NAME = re.compile(
    r"[?؟\d\[]|\b(?:רוצה|רוצים|צריך|צריכה|צריכים|מחפש|מחפשת|מעוניין|מעוניינת|אפשר|תור|כמה|מתי|"
    r"want|need|would|looking|interested|appointment|price|"
    r"أريد|اريد|أبحث|ابحث|موعد|хочу|ищу|нужно|нужна|нужен|можно)\b",
    re.IGNORECASE,
)
DONE = 3
"""Having said so many things, intake asks nothing any more and only adds to the message."""
LONGEST_NAME_WORDS = 4
QUOTED = 200


@dataclass(frozen=True, slots=True)
class IntakeStep:
    """What intake says now, and what it learnt: a name, a need, or neither. ``is_taken``: it has a whole
    message now, and promised that a person comes back to it."""

    text: str
    name: str | None = None
    need: str | None = None
    is_taken: bool = False


def after_voice_note(
    language: str, business: str, said_by_intake: int, known_name: str | None, words: str
) -> IntakeStep:
    """What ``next_step`` says, to somebody who sent a voice note that nobody heard. Where they wrote
    nothing beside it they are asked to write, and no question of intake's is used up."""
    plea = _UNHEARD.get(language, _UNHEARD["en"])
    if said_by_intake > 0 and not words:
        return IntakeStep(plea)
    step = next_step(language, business, said_by_intake, known_name, words)
    return replace(step, text=f"{plea} {step.text}" if words else f"{step.text} {plea}")


def next_step(
    language: str, business: str, said_by_intake: int, known_name: str | None, words: str
) -> IntakeStep:
    """The next thing to say. ``said_by_intake`` counts intake's messages so far, ``words`` is what
    the person just wrote, ``known_name`` the name that was learnt before."""
    greeting, ask_need, confirm, more = _SAYINGS.get(language, _SAYINGS["en"])
    if said_by_intake == 0:
        return IntakeStep(greeting.format(business=business), need=_need_in(words))
    if said_by_intake == 1 and (name := name_in(words)) is not None:
        rest = None if is_name_alone(words, name) else _need_in(words)
        return IntakeStep(ask_need.format(name=name), name=name, need=rest)
    need = _need_in(words)
    if said_by_intake >= DONE or need is None:
        return IntakeStep(more.format(business=business), need=need)
    comma = "، " if language == "ar" else ", "
    called = comma + known_name if said_by_intake == 2 and known_name else ""
    quoted = _cut(" ".join(need.split()))
    text = confirm.format(name=called, need=quoted, business=business)
    return IntakeStep(text, need=need, is_taken=True)


def name_in(words: str) -> str | None:
    """The name in an answer to *what is your name*, without the usual opening; None for an answer
    that is a question, a number or a sentence."""
    line = next((line for line in words.splitlines() if line.strip()), "").strip()
    opening = _NAME_IS.match(line)
    name = line[opening.end() :] if opening else line
    is_said = opening is not None and opening["says"].lower() not in _VAGUE
    if is_said or len(name.split()) <= LONGEST_NAME_WORDS:
        if not is_said and _NO_NAME.search(name):
            return None
        name = _NAME_ENDS.split(name, maxsplit=1)[0].strip(" .,!\"'")
        if name and len(name.split()) <= LONGEST_NAME_WORDS and not _ONLY_GREETING.fullmatch(name):
            return _cut(name, 100)
    return None


def is_name_alone(words: str, name: str) -> bool:
    """True when an answer holds nothing beside the name that a note should keep."""
    opening = _NAME_IS.match(words)
    rest = words[opening.end() :] if opening else words
    return not re.sub(r"\W", "", rest.replace(name.rstrip("…"), "", 1))


def _need_in(words: str) -> str | None:
    return None if _ONLY_GREETING.fullmatch(words) else words.strip()


def _cut(text: str, limit: int = QUOTED) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
