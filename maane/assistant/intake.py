"""Intake: takes a message without any model, so that nobody is lost when there is none.

It greets, asks for the name, asks for the need, and confirms. Where it stands is derived from what it
has said since the model last answered; nothing is kept beside the conversation itself. People do not
wait to be asked: a need that comes with the greeting or in place of the name is kept as well, and an
answer that is no name is not taken for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from maane.assistant.call_words import is_no, says_nothing

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


@dataclass(frozen=True, slots=True)
class Spoken:
    """What intake says on the phone, where the business was named by the greeting and nobody wants to
    hear all of their words again; only a number is said back, digit by digit."""

    who: str
    who_and_number: str
    more: str
    taken: str
    go_ahead: str
    added: str
    goodbye: str
    number: str


_SPOKEN: dict[str, Spoken] = {
    "he": Spoken(
        "אשמח לקחת הודעה. איך קוראים לך?",
        "אשמח לקחת הודעה. איך קוראים לך, ולאיזה מספר אפשר לחזור אליך?",
        "נעים מאוד, {name}. מה עוד כדאי שנדע?",
        "תודה, רשמתי. יחזרו אליך מ{business}. יש עוד משהו להוסיף?",
        "בבקשה, מה להוסיף?",
        "הוספתי את זה להודעה.",
        "תודה על השיחה, להתראות.",
        "המספר שרשמתי: {number}.",
    ),
    "en": Spoken(
        "I can take a message. What is your name?",
        "I can take a message. What is your name, and which number may we call you back on?",
        "Nice to meet you, {name}. What else should we know?",
        "Thank you, I noted that. {business} will call you back. Is there anything to add?",
        "Go ahead, what shall I add?",
        "I added that to your message.",
        "Thank you for calling, goodbye.",
        "The number I noted: {number}.",
    ),
    "ar": Spoken(
        "يمكنني أن آخذ رسالة. ما اسمك؟",
        "يمكنني أن آخذ رسالة. ما اسمك، وعلى أي رقم يمكننا معاودة الاتصال بك؟",
        "تشرفنا، {name}. ماذا يجب أن نعرف أيضًا؟",
        "شكرًا، سجّلت ذلك. سيعاود {business} الاتصال بك. هل تريد إضافة شيء؟",
        "تفضل، ماذا أضيف؟",
        "أضفت ذلك إلى رسالتك.",
        "شكرًا على اتصالك، إلى اللقاء.",
        "الرقم الذي سجّلته: {number}.",
    ),
    "ru": Spoken(
        "Я могу принять сообщение. Как вас зовут?",
        "Я могу принять сообщение. Как вас зовут и по какому номеру вам перезвонить?",
        "Очень приятно, {name}. Что ещё нам нужно знать?",
        "Спасибо, записано. {business} вам перезвонит. Хотите что-то добавить?",
        "Слушаю вас, что добавить?",
        "Я добавил это к сообщению.",
        "Спасибо за звонок, до свидания.",
        "Я записал номер: {number}.",
    ),
}
_NOTHING = re.compile(
    r"\W*(?:לא|לא תודה|זהו|זה הכל|אין|תודה|תודה רבה|ביי|להתראות|לא זהו|זהו תודה|"
    r"no|nope|no thanks|no thank you|that's all|that is all|nothing|thanks|thank you|bye|goodbye|"
    r"لا|لا شكرا|هذا كل شيء|شكرا|нет|нет спасибо|это всё|это все|спасибо|до свидания|пока)"
    r"(?:\W+(?:תודה|תודה רבה|זהו|ביי|להתראות|thanks|thank you|bye|goodbye|شكرا|спасибо))*\W*",
    re.IGNORECASE,
)
"""What says that there is nothing to add."""
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
_HAS_MORE = re.compile(
    r"\W*(?:כן|כן כן|yes|yeah|yep|نعم|أجل|ايوه|أيوه|да)(?:\W+(?:בבקשה|יש|please|من فضلك|пожалуйста))?\W*",
    re.IGNORECASE,
)
"""What says that there is more to add, and not what."""
_FIRST_WORD = re.compile(r"[^\W\d_]+[,.!\s]+(?=\S)")
_NUMBER = re.compile(r"(?<![\d.])(?:(?:\+\d|0)(?:[\s().-]*\d){7,14}|\d(?:[\s-]?\d){8,14})(?!\d)")
"""One that can be called back."""
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
    ends_call: bool = False


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


def next_spoken(
    language: str,
    business: str,
    said_by_intake: int,
    known_name: str | None,
    words: str,
    *,
    has_number: bool,
) -> IntakeStep:
    """``next_step`` on the phone, after a greeting that asked how to help: so the first thing said is the
    need, unless it is only a greeting. Once the message is taken, the caller may add to it, and then the
    call ends. Without a number to call back it is asked for with the name."""
    says = _SPOKEN.get(language, _SPOKEN["en"])
    heard = "" if says_nothing(words) or _NOTHING.fullmatch(words) else words
    number = _NUMBER.search(words)
    told = f"{says.number.format(number=spelled(number[0]))} " if number else ""
    if said_by_intake == 0:
        who = says.who if has_number or number else says.who_and_number
        return IntakeStep(told + who, need=_need_in(heard))
    if said_by_intake == 1 and (name := name_in(_NUMBER.sub(" ", words))) is not None:
        rest = None if is_name_alone(words, name) else _need_in(words)
        return IntakeStep(told + says.more.format(name=name), name=name, need=rest)
    if said_by_intake >= DONE and _HAS_MORE.fullmatch(words):
        return IntakeStep(says.go_ahead)
    need = _need_in(heard)
    if said_by_intake >= DONE:
        text = says.goodbye if need is None else f"{told}{says.added} {says.goodbye}"
        return IntakeStep(text, need=need, ends_call=True)
    return IntakeStep(told + says.taken.format(business=business), need=need, is_taken=True)


def name_in(words: str) -> str | None:
    """The name in an answer to *what is your name*, without the usual opening; None for an answer
    that is a question, a number, a sentence, or says nothing."""
    line = next((line for line in words.splitlines() if line.strip()), "").strip()
    if says_nothing(line) or is_no(line) or _NOTHING.fullmatch(line):
        return None
    line = _after_yes(line)
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


def _after_yes(line: str) -> str:
    """An answer without the yes, the sorry or the aha that it begins with."""
    first = _FIRST_WORD.match(line)
    while first is not None and says_nothing(first[0]):
        line = line[first.end() :]
        first = _FIRST_WORD.match(line)
    return line


def spelled(number: str) -> str:
    """A number as it is said digit by digit."""
    return " ".join(re.sub(r"\D", "", number))


def is_name_alone(words: str, name: str) -> bool:
    """True when an answer holds nothing beside the name that a note should keep."""
    words = _after_yes(words)
    opening = _NAME_IS.match(words)
    rest = words[opening.end() :] if opening else words
    return not re.sub(r"\W", "", rest.replace(name.rstrip("…"), "", 1))


def _need_in(words: str) -> str | None:
    return None if _ONLY_GREETING.fullmatch(words) else words.strip()


def _cut(text: str, limit: int = QUOTED) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
