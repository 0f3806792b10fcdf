"""Why a message did not arrive: each reason of ours has its sentence on the screen, and none is left
that no server gives."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from maane.conversations.reasons import FAILURES, WITHHELD_FOR, told

CLIENT = Path(__file__).parents[2] / "client" / "src"


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_screen_has_words_for_each_reason_and_for_no_other(language: str) -> None:
    words: Any = json.loads((CLIENT / "i18n" / f"{language}.json").read_text())
    codes = re.findall(r"^  (\w+): \[", (CLIENT / "ui" / "reasons.tsx").read_text(), re.MULTILINE)
    assert "undeliverable" in codes
    assert set(words["messageError"]) == {*FAILURES, *codes}
    assert set(words["withheldReason"]) == set(WITHHELD_FOR)


def test_a_reason_is_kept_with_what_the_provider_said() -> None:
    assert told("given_up") == "given_up"
    assert told("odd_answer", "HTTP 503") == "odd_answer: HTTP 503"
    assert told(131026, "Message undeliverable", "") == "131026: Message undeliverable"
    assert told(63016) == "63016"
    assert len(told(1, "x" * 900)) == 500
