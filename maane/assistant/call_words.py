"""Sentences of a call that no model makes, by language, and what short words of a caller plainly mean."""

from __future__ import annotations

import re

CALLED_BACK: dict[str, str] = {
    "he": "ביקשתי שיחזרו אליך מ{business}. מה כדאי שיידעו לפני שהם מתקשרים?",
    "en": "I asked {business} to call you back. What should they know before they call?",
    "ar": "طلبت من {business} معاودة الاتصال بك. ماذا يجب أن يعرفوا قبل ذلك؟",
    "ru": "Я попросил {business} перезвонить вам. Что им нужно знать заранее?",
}
"""For a turn that handed over and said nothing that may stand."""
GOODBYE: dict[str, str] = {
    "he": "תודה על השיחה, להתראות.",
    "en": "Thank you for calling, goodbye.",
    "ar": "شكرًا على اتصالك، إلى اللقاء.",
    "ru": "Спасибо за звонок, до свидания.",
}
"""For one that ended the call."""
PUT_THROUGH: dict[str, str] = {
    "he": "אני מעביר את השיחה לאדם מ{business}. רגע אחד, בבקשה.",
    "en": "I am putting you through to somebody at {business}. One moment, please.",
    "ar": "سأحوّل مكالمتك إلى شخص من {business}. لحظة واحدة من فضلك.",
    "ru": "Соединяю вас с сотрудником {business}. Одну минуту, пожалуйста.",
}
"""Before a person is rung."""
OFFER_TEXT: dict[str, str] = {
    "he": "תודה, רשמתי. לשלוח לך אישור בהודעת טקסט למספר שממנו התקשרת? כן או לא.",
    "en": "Thank you, I noted that. Shall we send a confirmation by text message to the number you "
    "called from? Please say yes or no.",
    "ar": "شكرًا، سجّلت ذلك. هل نرسل لك تأكيدًا برسالة نصية إلى الرقم الذي اتصلت منه؟ قل نعم أو لا.",
    "ru": "Спасибо, записано. Прислать вам подтверждение сообщением на номер, с которого вы звоните? "
    "Скажите да или нет.",
}
"""The question whose yes lets one text be sent."""
TEXT_COMES: dict[str, str] = {
    "he": "בסדר, נשלח לך הודעת אישור. יש עוד משהו?",
    "en": "All right, we will send you a confirmation. Is there anything else?",
    "ar": "حسنًا، سنرسل لك رسالة تأكيد. هل هناك شيء آخر؟",
    "ru": "Хорошо, мы пришлём вам подтверждение. Что-нибудь ещё?",
}
"""The answer to that yes."""

_YES = (
    r"כן|כן כן|בטח|בוודאי|ברור|אשמח|בסדר|אוקיי|אוקי|סבבה|מעולה|yes|yeah|yep|sure|ok|okay|of course|"
    r"please do|نعم|أجل|ايوه|أيوه|ايوا|طبعا|تمام|حسنا|да|конечно|давайте|хорошо|ага"
)
_YES_TAIL = (
    r"כן|בבקשה|תודה|תודה רבה|תשלח|תשלחי|תשלחו|לשלוח|אפשר לשלוח|אשמח|בטח|please|thanks|thank you|"
    r"yes|send it|do|من فضلك|شكرا|أرسل|ارسل|пожалуйста|спасибо|пришлите|отправьте|да"
)
_NO = (
    r"לא|לא תודה|אין צורך|לא צריך|ממש לא|no|nope|no thanks|no thank you|don't|do not|لا|لا شكرا|нет|"
    r"не надо|не нужно"
)
_PERSON = (
    r"נציג\w*|מוקדנ\w*|מזכיר\w*|מנהל|מנהלת|המנהל|המנהלת|בן אדם|אדם אמיתי|"
    r"לדבר עם (?:מישהו|מישהי|אדם|בנאדם)|תעביר\w* אותי|representative|operator|agent|human|manager|"
    r"real person|(?:speak|talk) (?:to|with) (?:someone|somebody|a person)|put me through|"
    r"موظف|موظفة|ممثل|المدير|شخص حقيقي|оператор\w*|менеджер\w*|живой человек|с человеком|соедините"
)
_WANTS_PERSON = re.compile(
    rf"(?<!\w)[והבלמ]?(?:{_PERSON})(?!\w)|\[keypad\] 0(?![\d*])", re.IGNORECASE
)
_LISTENING: dict[str, str] = {
    "he": "אהה|אהא|אה|אהם|מממ|ממ|מהמ|המ|הממ|כן|כן כן|אוקיי|אוקי|או קיי|בסדר|בסדר גמור|נכון|סבבה|הבנתי|"
    "טוב|יופי|מעולה|ברור|אחלה",
    "en": "uh huh|uhhuh|mhm|mm hmm|mm|mmm|hmm|hm|yeah|yes|yep|yup|ok|okay|right|sure|i see|got it|"
    "alright|all right|good|great|ah|oh",
    "ar": "اه|آه|اها|ايوه|أيوه|ايوا|نعم|ممم|مم|طيب|تمام|حسنا|ماشي|اوكي",
    "ru": "ага|угу|да|да да|так|мм|ммм|хм|ясно|понятно|хорошо|окей|ок",
}
"""What somebody says who listens. Any language's count in any call: people mix them."""
_REPEAT: dict[str, str] = {
    "he": "מה|מה אמרת|מה אמרתם|סליחה|סליחה מה|סליחה מה אמרת|רגע מה|רגע מה אמרת|לא שמעתי|לא שמעתי אותך|"
    "סליחה לא שמעתי|שוב|אפשר שוב|תחזור|תחזרי|תחזור שוב|תחזרי שוב|תחזור על זה|תחזרי על זה|"
    "אפשר לחזור על זה|תגיד שוב|תגידי שוב|עוד פעם",
    "en": "what|what did you say|sorry|sorry what|sorry what did you say|pardon|pardon me|again|"
    "again please|repeat|come again|say again|say that again|can you say that again|"
    "could you say that again|repeat that|can you repeat that|could you repeat that|"
    "please repeat|i didn't hear|i didn't hear you|i did not hear you|i couldn't hear you",
    "ar": "ماذا|ماذا قلت|شو قلت|عفوا|مرة اخرى|مرة أخرى|اعد|أعد|لم اسمع|لم أسمع|ما سمعت",
    "ru": "что|что вы сказали|простите|не слышу|не расслышал|не расслышала|повторите|"
    "повторите пожалуйста|ещё раз|еще раз",
}
_NO_LETTERS = re.compile(r"[^\w\s']+")
_SENTENCE = re.compile(r"[^.!?؟\n]+[.!?؟]*")
_ASKS_WHAT = re.compile(
    r"\W*(?:(?:אז|רק|עד|על|את|עם|של|אל|so|and|for|at|to|on|in|by|until|а|и|до|на|с|к|о|в|от|"
    r"من|في|على|إلى)\s+)?"
    r"(?:ו?[בלמכ]?(?:מה(?!\s+(?:דעתך|דעתכם|עם)\b)|מי|איך|איפה|היכן|מתי|כמה|למה(?!\s+(?:לא|שלא)\b)|מדוע|"
    r"איזה|איזו|אילו|לאן|מאיפה)|"
    r"(?:what|how)(?!\s+(?:about|if)\b)|why(?!\s+(?:don't|not)\b)|which|who|whom|whose|when|where|"
    r"و?(?:ما|ماذا|كيف|متى|أين|كم|أي|أيّ|لماذا|بماذا|لأي)|"
    r"что|чем|чего|как|какой|какая|какое|какие|каком|какому|когда|где|куда|откуда|сколько|почему|зачем|"
    r"кто|кого|кому)\b",
    re.IGNORECASE,
)
"""How a question begins that a yes is no answer to."""
_IS_YES = re.compile(rf"\W*(?:{_YES})(?:\W+(?:{_YES_TAIL}))*\W*", re.IGNORECASE)
_THANKS = r"תודה|תודה רבה|זהו|thanks|thank you|شكرا|спасибо"
_IS_NO = re.compile(rf"\W*(?:{_NO})(?:\W+(?:{_THANKS}))*\W*", re.IGNORECASE)
_BEGINS_WITH_NO = re.compile(rf"\W*(?:{_NO})(?!\w)", re.IGNORECASE)


def _plain(words: str) -> str:
    return " ".join(_NO_LETTERS.sub(" ", words.replace("’", "'").casefold()).split())


def _all(words: dict[str, str]) -> frozenset[str]:
    return frozenset(_plain(word) for line in words.values() for word in line.split("|"))


_ALL_LISTENING, _ALL_REPEAT = _all(_LISTENING), _all(_REPEAT)


def in_language(sentences: dict[str, str], language: str) -> str:
    return sentences.get(language, sentences["en"])


def is_yes(words: str) -> bool:
    """True for a plain yes and nothing else; what is more than that agrees to nothing."""
    return _IS_YES.fullmatch(words) is not None


def is_no(words: str) -> bool:
    """True for a plain no and nothing else."""
    return _IS_NO.fullmatch(words) is not None


def begins_with_no(words: str) -> bool:
    return _BEGINS_WITH_NO.match(words) is not None


def wants_person(words: str) -> bool:
    """True for a plain wish for a person, or the key 0. Only asked where no model listens."""
    return _WANTS_PERSON.search(words) is not None


def is_backchannel(words: str) -> bool:
    """True for what a listener says without wanting the word."""
    plain = _plain(words)
    if plain in _ALL_LISTENING:
        return True
    parts = plain.split()
    return 0 < len(parts) <= 3 and all(part in _ALL_LISTENING for part in parts)


def wants_repeat(words: str) -> bool:
    """True for a plain wish to hear it again."""
    return _plain(words) in _ALL_REPEAT


def says_nothing(words: str) -> bool:
    """True for words that tell nothing: a listener's, a yes, a wish to hear it again."""
    return is_backchannel(words) or is_yes(words) or wants_repeat(words)


def question_in(text: str) -> str:
    """The question that a text ends with, or has right before its last sentence; empty for none."""
    sentences = [one.strip() for one in _SENTENCE.findall(text) if one.strip()][-2:]
    return next((one for one in reversed(sentences) if one.endswith(("?", "؟"))), "")


def asks_yes_or_no(text: str) -> bool:
    """True where a text asks what a yes may answer. What is not known to ask for more counts so: whoever
    said yes to it is not asked again."""
    question = question_in(text)
    return bool(question) and not _asks_what(question)


def asked_again(text: str) -> str:
    """The question of a text that a yes is no answer to; empty for none."""
    question = question_in(text)
    return question if _asks_what(question) else ""


def _asks_what(question: str) -> bool:
    """What it asks stands in its last clause."""
    return _ASKS_WHAT.match(re.split(r"[,،:;–—]", question)[-1]) is not None
