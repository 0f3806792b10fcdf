"""Which messages are a word that ends automatic messages, and which only hold one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from maane.conversations import consent
from maane.conversations.consent import BACK, DEFAULT, OUT, bare, words_of

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "text",
    [
        *("הסר", " הסר! ", "הָסֵר", "«הסר»", "הסר\u200f", "הסר 🙏", "\u202bהסר\u202c", "הפסיקו..."),
        *(
            "STOP",
            "stop.",
            "Stop!!!",
            "ＳＴＯＰ",
            "*stop*",
            "Un­subscribe",
            "opt\nout",
            "  opt   out ",
        ),
        *("توقف", "تَوَقَّف", "تــوقف", "إلغاء الاشتراك", "الغاء الاشتراك"),
        *("Стоп", "СТОП!", "отписаться"),
    ],
)
def test_a_word_is_known_however_it_is_written(text: str) -> None:
    assert DEFAULT.is_out(text)
    assert not DEFAULT.is_back(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "!", "🛑", "הסרתי את המודעה", "אפשר להפסיק ב-5?", "stop by tomorrow?", "non-stop"),
        *("don't stop", "ביטול", "cancel", "отмена", "stop\nמה השעה?", "הסר לי את הגבס"),
    ],
)
def test_a_message_that_says_anything_else_is_no_word(text: str) -> None:
    assert not DEFAULT.is_out(text)
    assert not DEFAULT.is_back(text)


def test_no_default_means_both_or_nothing() -> None:
    assert len({bare(word) for word in OUT}) == len(OUT)
    assert len({bare(word) for word in BACK}) == len(BACK)
    assert not DEFAULT.out & DEFAULT.back
    assert "" not in DEFAULT.out | DEFAULT.back


def test_of_several_words_the_one_that_was_written_last_counts() -> None:
    words = words_of(["Enough!"], ["More"])
    noon = datetime(2027, 1, 3, 12, tzinfo=UTC)

    def newest(*texts: str, known_min: int | None = None) -> tuple[bool, int] | None:
        wrote = [(noon + timedelta(minutes=n), text) for n, text in enumerate(texts)]
        since = None if known_min is None else noon + timedelta(minutes=known_min)
        wish = words.newest(wrote, since)
        return None if wish is None else (wish.is_out, (wish.wrote_at - noon) // MINUTE)

    assert newest("hi", "enough", "please") == (True, 1)
    assert newest("enough", "more") == (False, 1)
    assert newest("more", "ENOUGH") == (True, 1)
    assert newest("hi", "stop") is None
    assert newest("enough", "more", known_min=1) == (False, 1)
    assert newest("enough", "more", known_min=2) is None
    assert consent.DEFAULT.is_out("stop")


def test_what_is_late_is_not_answered_where_a_word_followed_it() -> None:
    words = words_of(["Enough!"], ["More"])
    noon = datetime(2027, 1, 3, 12, tzinfo=UTC)

    def is_needless(text: str, late_min: int, *, is_stopped: bool) -> bool:
        at = noon - timedelta(minutes=late_min)
        return words.is_needless(text, at, noon, is_stopped=is_stopped)

    assert is_needless("more", 1, is_stopped=True)
    assert is_needless("enough", 1, is_stopped=False)
    assert is_needless("hi", 1, is_stopped=True)
    assert not is_needless("hi", 1, is_stopped=False)
    assert not is_needless("more", 0, is_stopped=True)
    assert is_needless("enough", 0, is_stopped=True)
    assert not words.is_needless("hi", noon, None, is_stopped=True)
