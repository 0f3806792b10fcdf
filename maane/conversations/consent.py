"""Words by which a customer says that they want no more automatic messages, or want them again.

They are recognised by code, whatever the model thinks: a message that is such a word and nothing else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Words that mean something else as often are left out: in a business with appointments "cancel", "ביטול"
# and "отмена" are about the appointment, and "די" or "end" about nothing in particular.
OUT = (
    *("הסר", "הסרה", "הסירו", "הסר אותי", "הסירו אותי", "להסיר", "להסיר אותי", "הסרה מרשימת תפוצה"),
    *("הפסק", "הפסיקו", "עצור", "עצרו", "לא לשלוח יותר"),
    *("stop", "stop all", "stopall", "unsubscribe", "opt out", "optout", "remove me"),
    *("توقف", "توقفوا", "أوقف", "إيقاف", "إلغاء الاشتراك"),
    *("стоп", "отписаться", "отписка", "отпишите", "отпишите меня"),
)
BACK = (
    *("חזור", "חזרו", "התחל", "הצטרף", "הצטרפות"),
    *("start", "unstop", "subscribe", "opt in", "optin"),
    *("ابدأ", "اشتراك", "اشترك"),
    *("старт", "подписаться", "возобновить"),
)
_SKIPPED = frozenset("MPSC")
"""The first letter of the kinds of characters that change no word: marks (niqqud, harakat, accents),
punctuation, signs and pictures, and what is invisible."""
_TATWEEL = "\u0640"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one business, as ``bare`` leaves them."""

    out: frozenset[str]
    back: frozenset[str]

    def is_out(self, text: str) -> bool:
        return bare(text) in self.out

    def is_back(self, text: str) -> bool:
        return bare(text) in self.back


def bare(text: str) -> str:
    """A text without all that does not make it another word: case, marks, signs, spaces around it."""
    letters = (
        " " if letter.isspace() else letter
        for letter in unicodedata.normalize("NFKD", text).casefold()
        if letter.isspace()
        or (unicodedata.category(letter)[0] not in _SKIPPED and letter != _TATWEEL)
    )
    return " ".join("".join(letters).split())


def words_of(out: Iterable[str], back: Iterable[str]) -> Words:
    return Words(frozenset(map(bare, out)), frozenset(map(bare, back)))


DEFAULT = words_of(OUT, BACK)


def stopped_after(words: Words, texts: Sequence[str], *, is_stopped: bool) -> bool:
    """Whether a customer is to be left in peace after they wrote this, the oldest first: the last word
    counts."""
    for text in texts:
        if words.is_out(text):
            is_stopped = True
        elif words.is_back(text):
            is_stopped = False
    return is_stopped
