"""Which messages are a word that ends automatic messages, and which only hold one."""

from __future__ import annotations

import pytest

from maane.conversations import consent
from maane.conversations.consent import BACK, DEFAULT, OUT, bare, stopped_after, words_of


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


def test_of_several_words_the_last_one_counts() -> None:
    words = words_of(["Enough!"], ["More"])
    assert stopped_after(words, ["hi", "enough", "please"], is_stopped=False)
    assert not stopped_after(words, ["enough", "more"], is_stopped=False)
    assert stopped_after(words, ["more", "ENOUGH"], is_stopped=False)
    assert stopped_after(words, ["hi"], is_stopped=True)
    assert not stopped_after(words, ["more"], is_stopped=True)
    assert not stopped_after(words, ["stop"], is_stopped=False)
    assert consent.DEFAULT.is_out("stop")
