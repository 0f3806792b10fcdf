"""Intake in four languages: greet, ask for the name, ask for the need, confirm."""

from __future__ import annotations

import pytest

from maane.assistant.intake import name_in, next_step


@pytest.mark.parametrize("language", ["he", "en", "ar", "ru"])
def test_it_learns_a_name_and_a_need(language: str) -> None:
    greeting = next_step(language, "Dana", 0, None, "hello")
    assert "Dana" in greeting.text
    assert (greeting.name, greeting.need) == (None, None)
    asked = next_step(language, "Dana", 1, None, "רותי")
    assert asked.name == "רותי"
    assert "רותי" in asked.text
    confirmed = next_step(language, "Dana", 2, "רותי", "תספורת")
    assert confirmed.need == "תספורת"
    assert "תספורת" in confirmed.text
    assert next_step(language, "Dana", 3, "רותי", "ועוד").need == "ועוד"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("רותי", "רותי"),
        ("קוראים לי רותי כהן.", "רותי כהן"),
        ("שלום, שמי רותי", "רותי"),
        ("My name is Ruth!", "Ruth"),
        ("Меня зовут Анна", "Анна"),
        ("اسمي سارة", "سارة"),
        ("\n\nרותי\nאני צריכה תור", "רותי"),
        ("{name}", "{name}"),
        ("...", "..."),
        ("x" * 500, "x" * 99 + "…"),
    ],
)
def test_a_name_without_its_opening(words: str, name: str) -> None:
    assert name_in(words) == name


def test_braces_of_a_customer_are_only_words() -> None:
    assert "{business}" in next_step("en", "Dana", 2, "{need}", "{business} {0}").text
