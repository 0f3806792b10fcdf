"""Sentences in which a model says that something was done: an appointment booked, moved or cancelled, or
the conversation handed to a person; and such as promise when a person comes.

Only the database may say the first (``appointments.words``), and only a tool makes the second true. A
model is told to leave both, and one that says them all the same is not believed: what it says is replaced
by what is so, or made so. The words are those of a deed that is done; a question, an offer, a condition
and a denial are none. What is missed the instructions alone hold back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SENTENCE = re.compile(r"[^.!?؟\n]+[.!?؟]?")
_WORDS = r"(?<!\w)(?:{})(?!\w)"


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(_WORDS.format("|".join(words)), re.IGNORECASE)


_Claims = tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
"""By language: what says that it was done, and what beside it says that it was not."""

_NO_HE = (
    "לא", "טרם", "אם", "אחרי", "לאחר", "ברגע", "כדי", "עד", "האם", r"כש\S+", r"לכש\S+", "בטרם", "לפני",
)  # fmt: skip
_NO_EN = (
    "not", r"\w+n't", r"\w+n’t", "cannot", "if", "once", "when", "until", "before", "after", "would",
    "could", "can", "shall", "want", "like", "will", "to be",
)  # fmt: skip
_NO_AR = ("لم", "لا", "إذا", "عندما", "بعد", "قبل", "هل", "لن")
_NO_RU = ("не", "если", "когда", "после", "до", "ли", "чтобы")

_DONE_EN = r"(?:booked|scheduled|rescheduled|reserved|confirmed|cancell?ed|moved)"
_I_EN = r"(?:I|we)(?:['’]ve| have)?(?: just| now| already)?"
_BOOKING_EN = r"(?:appointment|visit|slot|booking|reservation|table)"

_SURE_APPOINTMENT: _Claims = (
    (
        _any(
            r"(?:קבעתי|קבענו|שריינתי|שריינו|תיאמתי|תיאמנו|הזזתי|הזזנו|ביטלתי|ביטלנו|העברתי|רשמתי) "
            r"(?:\S+ ){0,3}?(?:ה?תור|ה?פגישה|ה?מועד|לשעה|ליום|למחר|להיום)\S*",
            r"(?:התור|הפגישה)(?: \S+)? (?:נקבעה?|אושרה?|שוריינה?|נרשמה?|בוטלה?|הוזזה?|מאושרת?)",
            r"(?:נקבעה?|אושרה?|שוריינה?|בוטלה?|הוזזה?) (?:לך|לכם) (?:\S+ )?(?:ה?תור|ה?פגישה)\S*",
        ),
        _any(*_NO_HE),
    ),
    (
        _any(
            rf"{_I_EN} {_DONE_EN} (?:\S+ ){{0,3}}?(?:you|your|{_BOOKING_EN})",
            rf"(?:you(?:['’]re| are|['’]ve been| have been)|your {_BOOKING_EN})(?: \S+){{0,4}}? "
            rf"(?:{_DONE_EN}|all set|set for)",
        ),
        _any(*_NO_EN, "already booked", "fully"),
    ),
    (
        _any(
            r"(?:تم|تمّ) (?:حجز|تأكيد|تثبيت|إلغاء|نقل|تغيير)(?: \S+){0,2}? ?\S*موعد\S*",
            r"(?:حجزت|حجزنا|ألغيت|ألغينا|نقلت|أكدت) (?:\S+ ){0,2}?\S*موعد\S*",
            r"موعدك (?:محجوز|مؤكد)",
        ),
        _any(*_NO_AR),
    ),
    (
        _any(
            r"вы записаны", r"(?:я )?записал[аи]? вас", r"записали вас",
            r"(?:запись|приём|прием|визит) (?:\S+ ){0,2}?"
            r"(?:подтвержден[ао]?|подтверждён|сделана|оформлена|отменен[ао]?|отменён|перенесен[ао]?)",
            r"забронировал[аи]?", r"(?:отменил|перен[её]с)[алио]* (?:\S+ ){0,2}?запись",
        ),
        _any(*_NO_RU),
    ),
)  # fmt: skip

_LIKELY_APPOINTMENT: _Claims = (
    (
        _any(
            r"(?:ה?תור|ה?פגישה)(?: \S+)? (?:נקבעה?|אושרה?|שוריינה?|נרשמה?|בוטלה?|הוזזה?|קבועה?|מאושרת?)",
            r"(?:נקבעה?|אושרה?|שוריינה?|בוטלה?|הוזזה?) (?:\S+ ){0,2}?(?:ה?תור|ה?פגישה)\S*",
            r"(?:קבוע|קבועה) (?:לך|לכם) (?:\S+ )?(?:תור|פגישה)",
            r"נתראה (?:ב\S+|מחר|היום|אז)",
        ),
        _any(*_NO_HE),
    ),
    (
        _any(
            rf"{_DONE_EN} (?:\S+ ){{0,3}}?(?:you|your|appointment|visit|slot|in|for)",
            rf"(?:you|you're|your|appointment|visit|slot)(?: \S+){{0,4}}? (?:{_DONE_EN}|all set|set for)",
            r"see you (?:on|at|tomorrow|today|then)",
        ),
        _any(*_NO_EN, "already", "fully"),
    ),
    (_any("ждём вас", "ждем вас"), _any(*_NO_RU)),
)  # fmt: skip
"""What says it in most talks about appointments, and something else in others: *see you tomorrow*."""

_HANDOVER: _Claims = (
    (
        _any(
            r"(?:העברתי|העברנו|הפניתי|הפנינו|מעבירה?|מעבירים|מפנה) (?:אותך|אתכם|"
            r"את ה?(?:שיחה|פנייה|פניה|הודעה|בקשה|פרטים|שאלה|נושא|עניין)\S*)",
            r"(?:העברתי|העברנו|הפניתי|הפנינו|מעבירה?|מעבירים) (?:\S+ ){0,4}?"
            r"ל(?:נציג|צוות|איש ה?צוות|אנשי|אדם|מישהו|מישהי|מנהל|מזכיר|מוקד)\S*",
            r"ביקשתי (?:\S+ ){0,3}?ש(?:יחזרו|יחזור|תחזור|ייצרו|יצרו|ייצור|תיצור)",
            r"(?:עדכנתי|עדכנו|יידעתי) את (?:ה?צוות|ה?מנהל\w*|ה?נציג\w*|ה?מזכיר\w*|ה?בעלים)",
            r"(?:הפנייה|הפניה|ההודעה|הבקשה|השיחה|הפרטים)(?: \S+)? (?:הועבר\w*|נמסר\w*) (?:ל\S+|אל)",
        ),
        _any(*_NO_HE, "אפשר", r"תרצ\S+", r"רוצ\S+", r"יכול\S*", "נוכל", "אוכל"),
    ),
    (
        _any(
            rf"{_I_EN} (?:passed|handed|forwarded|transferred|escalated|referred|connected|relayed) "
            r"(?:you|this|it|that|your \w+|"
            r"the (?:conversation|message|request|details|question|matter|call))",
            r"(?:I['’]m|I am|we['’]re|we are) (?:now )?"
            r"(?:passing|handing|forwarding|transferring|escalating|connecting|putting) "
            r"(?:you|this|it|your \w+)",
            rf"{_I_EN} (?:notified|informed|alerted|told|asked) (?:\S+ )?"
            r"(?:team|staff|colleagues?|manager|owner|someone|somebody|representative)",
            r"(?:your|the) (?:message|request|details|question|conversation|call) (?:was|were|has been|"
            r"have been) (?:passed|handed|forwarded|transferred|escalated)",
        ),
        _any(*_NO_EN),
    ),
    (
        _any(
            r"(?:حوّلت|حولت|حوّلنا|حولنا|أحلت|مرّرت|مررت) (?:\S+ ){0,3}?(?:إلى|الى|للموظف\S*|للفريق)",
            r"أبلغت (?:الفريق|الموظف\S*|المدير)",
        ),
        _any(*_NO_AR),
    ),
    (
        _any(
            r"(?:передал|перев[её]л|переадресовал|направил)[аи]? (?:\S+ ){0,4}?"
            r"(?:сотрудник|менеджер|администратор|коллег|оператор|специалист)\w*",
            r"сообщил[аи]? (?:\S+ )?(?:сотрудник|менеджер|администратор|коллег)\w*",
        ),
        _any(*_NO_RU),
    ),
)  # fmt: skip

_COMES_AT = _any(
    r"(?:תוך|בתוך|בעוד|עוד) (?:\S+ ){0,2}?(?:דקות|דקה|דק'|שעה|שעות|שעתיים|רגע|כמה רגעים|יום|יומיים|ימים)",
    r"(?:within|in) (?:\S+ ){0,3}?(?:minutes?|moments?|hours?|days?)",
    r"(?:خلال|بعد) (?:\S+ ){0,2}?(?:دقائق|دقيقة|ساعة|ساعات|يوم|أيام)",
    r"(?:через|в течение) (?:\S+ ){0,2}?(?:минут\w*|час\w*|дн\w+|день)",
    "מיד", "right away", "immediately", "فورا", "حالا", "сейчас же", "сразу",
    "היום", "מחר", "today", "tomorrow", "اليوم", "غدا", "сегодня", "завтра",
    r"(?:at|by) \d{1,2}(?::\d\d)?", r"(?:ב|עד )[־-]?(?:שעה )?\d{1,2}(?::\d\d)?",
)  # fmt: skip


def claims_appointment(text: str) -> bool:
    """True where a reply says that something was done to an appointment. One that is found without
    meaning it should cost no more than its wording."""
    return surely_claims_appointment(text) or _is_claimed(text, _LIKELY_APPOINTMENT)


def surely_claims_appointment(text: str) -> bool:
    """The same where it costs more: a person is asked to come."""
    return _is_claimed(text, _SURE_APPOINTMENT)


def claims_handover(text: str) -> bool:
    """True where a reply says that a person was told, or is put through."""
    return _is_claimed(text, _HANDOVER)


def without_times(text: str) -> str:
    """A reply without its sentences that say when something will be."""
    return " ".join(s.strip() for s in sentences(text) if not tells_time(s)).strip()


def tells_time(sentence: str) -> bool:
    return _COMES_AT.search(sentence) is not None


def sentences(text: str) -> Iterable[str]:
    return _SENTENCE.findall(text)


_STEMS = (
    *(
        "קבע",
        "נקבע",
        "שריינ",
        "שוריינ",
        "תיאמ",
        "הזז",
        "הוזז",
        "ביטל",
        "בוטל",
        "העבר",
        "רשמ",
        "נרשמ",
    ),
    *(
        "אושר",
        "מאושר",
        "book",
        "schedul",
        "reschedul",
        "reserv",
        "confirm",
        "cancel",
        "moved",
        "set",
    ),
    *("تم", "تمّ", "حجز", "ألغي", "نقلت", "أكدت", "محجوز", "مؤكد", "запис", "записал"),
    *("подтвержд", "сделан", "оформлен", "отмен", "перен", "заброни"),
)
"""With one of these begins the part of each sure claim that makes it one."""
_LAST_WORD = re.compile(r"\w+\Z")
_STEM = re.compile(rf"(?<!\w)(?:{'|'.join(_STEMS)})", re.IGNORECASE)


def free_until(begun: str) -> int:
    """How much of a sentence that is not whole yet may be said without saying what it may yet claim: all
    before a word that could make it a sure claim."""
    found = _STEM.search(begun)
    if found is not None:
        return found.start()
    last = _LAST_WORD.search(begun)
    if last is not None and any(stem.startswith(last[0].lower()) for stem in _STEMS):
        return last.start()
    return len(begun)


def _is_claimed(text: str, claims: _Claims) -> bool:
    for sentence in sentences(text):
        if sentence.endswith(("?", "؟")):
            continue
        for claim, denial in claims:
            if claim.search(sentence) and not denial.search(sentence):
                return True
    return False
