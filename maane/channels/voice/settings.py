"""How a business's calls are answered: what it chose, over the preset of its language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maane.channels.voice import store
from maane.channels.voice.languages import Preset, Sentences, preset_of, sentences_of
from maane.channels.voice.models import VoiceSettings
from maane.channels.voice.twiml import Voice
from maane.kit.db import Transaction, now
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

GATHER, RELAY = ENGINES = ("gather", "relay")
FIELDS = ("say_language", "voice", "hear_language", "speech_model", "speech_timeout_s")
"""What of a preset can be overridden."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """``preset`` is the one in effect: the language's, with what the business put in its place.
    ``overrides`` are only the latter. ``greeting`` is empty for the language's own; ``own_language`` is
    None for the business's."""

    engine: str
    language: str
    greeting: str
    is_recorded: bool
    hints: str
    preset: Preset
    overrides: Mapping[str, Any]
    own_language: str | None = None

    @property
    def sentences(self) -> Sentences:
        return sentences_of(self.language)

    @property
    def voice(self) -> Voice:
        return Voice(self.preset.say_language, self.preset.voice)

    def greets(self, business: str) -> str:
        """The first words of a call: the business's name, and that it is recorded where it is."""
        greeting = self.greeting or self.sentences.greeting
        greeting = greeting.replace("{business}", business)
        return f"{greeting} {self.sentences.recorded}" if self.is_recorded else greeting


def chosen_by(tx: Transaction, tenant: Tenant) -> Chosen:
    row = store.find_settings(tx, tenant)
    language = (row and row.language) or tenant.language
    preset = preset_of(language)
    if row is None:
        return Chosen(GATHER, language, "", False, "", preset, {})
    overrides = {key: value for key in FIELDS if (value := getattr(row, key)) is not None}
    values = {key: overrides.get(key, getattr(preset, key)) for key in FIELDS}
    preset = Preset(**values, other=preset.other)
    return Chosen(row.engine, language, row.greeting, row.is_recorded, row.hints, preset, overrides)


def change(tx: Transaction, tenant: Tenant, caller: Caller, values: Mapping[str, Any]) -> None:
    """Changes how calls are answered from the next one on."""
    tenancy.lock(tx, tenant)
    row = store.find_settings(tx, tenant)
    if row is None:
        row = VoiceSettings(
            business_id=tenant.id,
            engine=GATHER,
            greeting="",
            is_recorded=False,
            hints="",
            updated_at=now(),
        )
        store.add(tx, row)
    elif all(getattr(row, key) == value for key, value in values.items()):
        return
    for key, value in values.items():
        setattr(row, key, value)
    row.updated_at = now()
    tx.flush()
    audit.record(tx, caller, "phone.changed", f"business:{tenant.id} phone")
