"""A model's words as a voice can say them, whole and in whatever pieces they come."""

from __future__ import annotations

import pytest

from maane.assistant.rules import CALL_RULES, Speakable, speakable


@pytest.mark.parametrize(
    ("words", "spoken"),
    [
        ("המספר 0501234567, ו־12345.", "המספר 0 5 0 1 2 3 4 5 6 7, ו־1 2 3 4 5."),
        ("050-1234567", "0 5 0 1 2 3 4 5 6 7"),
        ("+972-50-1234567 או 03-9999999!", "+ 9 7 2 5 0 1 2 3 4 5 6 7 או 0 3 9 9 9 9 9 9 9!"),
        ("1. ראשון\n2. שני", "ראשון שני"),
        ("2026-11-27 בשעה 10:30-12:45", "2026-11-27 בשעה 10:30-12:45"),
        ("מחיר 12,500 או 3.14159265, לא 1234", "מחיר 12,500 או 3.14159265, לא 1234"),
    ],
)
def test_a_long_number_is_said_by_its_digits_and_an_amount_is_not(words: str, spoken: str) -> None:
    assert speakable(words) == spoken
    for size in (1, 2, 3, 7):
        stream = Speakable()
        pieces = [stream.add(words[at : at + size]) for at in range(0, len(words), size)]
        assert "".join([*pieces, stream.close()]).strip() == spoken


def test_a_model_is_told_to_spell_back_what_matters() -> None:
    assert "say it back and ask whether it is right, numbers digit by digit" in CALL_RULES
    assert "names by their letters" in CALL_RULES
