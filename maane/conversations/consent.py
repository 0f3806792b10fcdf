"""Words by which a customer says that they want no more automatic messages, or want them again.

They are recognised by code, whatever the model thinks: a message that is such a word and nothing else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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
class Wish:
    """What the newest word of a customer asks for, and when they wrote it."""

    is_out: bool
    wrote_at: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one business, as ``bare`` leaves them."""

    out: frozenset[str]
    back: frozenset[str]

    def is_out(self, text: str) -> bool:
        return bare(text) in self.out

    def is_back(self, text: str) -> bool:
        return bare(text) in self.back

    def newest(self, wrote: Iterable[tuple[datetime, str]], since: datetime | None) -> Wish | None:
        """The word that counts of what a customer wrote: the one that they wrote last. None where there
        is none, or only such as are older than ``since``, the last word that is known: what is delivered
        late changes nothing that was said after it."""
        newest: Wish | None = None
        for at, text in wrote:
            is_word = self.is_out(text) or self.is_back(text)
            if is_word and (since is None or at >= since):
                newest, since = Wish(self.is_out(text), at), at
        return newest

    def is_needless(
        self, text: str, at: datetime, since: datetime | None, *, is_stopped: bool
    ) -> bool:
        """True for what is not answered: a word that asks once more for the silence that they have, and,
        of what is older than the last word ``since``, another word, and all that a silence followed."""
        if is_stopped and self.is_out(text):
            return True
        is_late = since is not None and at < since
        return is_late and (is_stopped or self.is_out(text) or self.is_back(text))


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
