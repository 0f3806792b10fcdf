"""Intake: takes a message without any model, so that nobody is lost when there is none.

It greets, asks for the name, asks for the need, and confirms. Where it stands is derived from what it
has said since the model last answered; nothing is kept beside the conversation itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SAYINGS: dict[str, tuple[str, str, str, str]] = {
    "he": (
        "שלום, הגעתם אל {business}. אשמח לקחת הודעה. איך קוראים לך?",
        "נעים מאוד, {name}. במה אפשר לעזור?",
        "תודה, {name}. רשמתי: «{need}». {business} יחזרו אליך בהקדם.",
        "תודה, הוספתי את זה להודעה. {business} יחזרו אליך.",
    ),
    "en": (
        "Hello, this is {business}. I can take a message. What is your name?",
        "Nice to meet you, {name}. How can we help?",
        "Thank you, {name}. I noted: “{need}”. {business} will get back to you soon.",
        "Thank you, I added that to your message. {business} will get back to you.",
    ),
    "ar": (
        "مرحبًا، هنا {business}. يمكنني أن آخذ رسالة. ما اسمك؟",
        "تشرفنا، {name}. كيف يمكننا مساعدتك؟",
        "شكرًا، {name}. سجّلت: «{need}». سيعاود {business} الاتصال بك قريبًا.",
        "شكرًا، أضفت ذلك إلى رسالتك. سيعاود {business} الاتصال بك.",
    ),
    "ru": (
        "Здравствуйте, это {business}. Я могу принять сообщение. Как вас зовут?",
        "Очень приятно, {name}. Чем мы можем помочь?",
        "Спасибо, {name}. Записано: «{need}». {business} скоро свяжется с вами.",
        "Спасибо, я добавил это к сообщению. {business} свяжется с вами.",
    ),
}
_NAME_IS = re.compile(
    r"^\s*(?:(?:שלום|היי|הי|hi|hello)[,!.\s]+)?"
    r"(?:שמי|קוראים לי|השם שלי(?: הוא)?|אני|my name is|i am|i'm|this is|اسمي|انا|меня зовут|я)\s+",
    re.IGNORECASE,
)
QUOTED = 200


@dataclass(frozen=True, slots=True)
class IntakeStep:
    """What intake says now, and what it learnt: a name, a need, or neither."""

    text: str
    name: str | None = None
    need: str | None = None


def next_step(
    language: str, business: str, said_by_intake: int, known_name: str | None, words: str
) -> IntakeStep:
    """The next thing to say. ``said_by_intake`` counts intake's messages so far, ``words`` is what
    the person just wrote, ``known_name`` the name that was learnt before."""
    greeting, ask_need, confirm, more = _SAYINGS.get(language, _SAYINGS["en"])
    if said_by_intake == 0:
        return IntakeStep(greeting.format(business=business))
    if said_by_intake == 1:
        name = name_in(words)
        return IntakeStep(ask_need.format(name=name), name=name)
    if said_by_intake == 2:
        need = " ".join(words.split())
        text = confirm.format(name=known_name or "", need=_cut(need), business=business)
        return IntakeStep(text, need=words.strip())
    return IntakeStep(more.format(business=business), need=words.strip())


def name_in(words: str) -> str:
    """The name in an answer to *what is your name*: its first line without the usual opening."""
    line = next((line for line in words.splitlines() if line.strip()), words)
    return _cut(_NAME_IS.sub("", line).strip(" .,!") or line.strip(), 100)


def _cut(text: str, limit: int = QUOTED) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
