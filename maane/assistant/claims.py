"""Sentences in which a model says that an appointment is booked, moved or cancelled.

Only the database may say so (``appointments.words``). A model is told to leave it, and one that says it
all the same is not believed: its reply is replaced by what is in the database. So a sentence that is
found here without meaning it costs the customer nothing but the model's wording, and one that is missed
is what the instructions alone hold back. The words are those of a deed that is done; a question, an
offer, a condition and a denial are none.
"""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[^.!?؟\n]+[.!?؟]?")
_WORDS = r"(?<!\w)(?:{})(?!\w)"


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(_WORDS.format("|".join(words)), re.IGNORECASE)


_CLAIMS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        _any(
            r"(?:קבעתי|קבענו|שריינתי|שריינו|תיאמתי|תיאמנו|הזזתי|הזזנו|ביטלתי|ביטלנו|העברתי|רשמתי) "
            r"(?:\S+ ){0,3}?(?:ה?תור|ה?פגישה|ה?מועד|לשעה|ליום|למחר|להיום)\S*",
            r"(?:ה?תור|ה?פגישה)(?: \S+)? (?:נקבעה?|אושרה?|שוריינה?|נרשמה?|בוטלה?|הוזזה?|קבועה?|מאושרת?)",
            r"(?:נקבעה?|אושרה?|שוריינה?|בוטלה?|הוזזה?) (?:\S+ ){0,2}?(?:ה?תור|ה?פגישה)\S*",
            r"(?:קבוע|קבועה) (?:לך|לכם) (?:\S+ )?(?:תור|פגישה)",
            r"נתראה (?:ב\S+|מחר|היום|אז)",
        ),
        _any(
            "לא", "טרם", "אם", "אחרי", "לאחר", "ברגע", "כדי", "עד", "האם", r"כש\S+", r"לכש\S+",
            r"בטרם", "לפני",
        ),
    ),
    (
        _any(
            r"(?:booked|scheduled|rescheduled|reserved|confirmed|cancell?ed|moved) "
            r"(?:\S+ ){0,3}?(?:you|your|appointment|visit|slot|in|for)",
            r"(?:you|you're|your|appointment|visit|slot)(?: \S+){0,4}? "
            r"(?:booked|scheduled|rescheduled|reserved|confirmed|cancell?ed|all set|set for)",
            r"see you (?:on|at|tomorrow|today|then)",
        ),
        _any(
            "not", r"\w+n't", r"\w+n’t", "cannot", "if", "once", "when", "until", "before", "after",
            "already", "fully", "would", "could", "can", "shall", "want", "like", "will", "to be",
        ),
    ),
    (
        _any(
            r"(?:تم|تمّ) (?:حجز|تأكيد|تثبيت|إلغاء|نقل|تغيير)(?: \S+){0,2}? ?\S*موعد\S*",
            r"(?:حجزت|حجزنا|ألغيت|ألغينا|نقلت|أكدت) (?:\S+ ){0,2}?\S*موعد\S*",
            r"موعدك (?:محجوز|مؤكد)",
        ),
        _any("لم", "لا", "إذا", "عندما", "بعد", "قبل", "هل", "لن"),
    ),
    (
        _any(
            r"вы записаны", r"(?:я )?записал[аи]? вас", r"записали вас",
            r"(?:запись|приём|прием|визит) (?:\S+ ){0,2}?"
            r"(?:подтвержден[ао]?|подтверждён|сделана|оформлена|отменен[ао]?|отменён|перенесен[ао]?)",
            r"забронировал[аи]?", r"(?:отменил|перен[её]с)[алио]* (?:\S+ ){0,2}?запись", r"жд[её]м вас",
        ),
        _any("не", "если", "когда", "после", "до", "ли", "чтобы"),
    ),
)  # fmt: skip


def claims_appointment(text: str) -> bool:
    """True where a reply says that something was done to an appointment."""
    for sentence in _SENTENCE.findall(text):
        if sentence.endswith(("?", "؟")):
            continue
        for claim, denial in _CLAIMS:
            if claim.search(sentence) and not denial.search(sentence):
                return True
    return False
