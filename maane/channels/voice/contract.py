"""Shapes of a business's number for calls, and of how it answers them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, Field

from maane.calls.transfers import Person
from maane.channels.voice.languages import preset_of
from maane.channels.voice.models import VoiceChannel
from maane.channels.voice.reachable import Chosen as ChosenPeople
from maane.channels.voice.reachable import Reachable
from maane.channels.voice.settings import Chosen
from maane.channels.voice.twiml import LONGEST_HINT, MOST_HINTS
from maane.kit.endpoint import Shape
from maane.kit.text import Line, Phone, Text

Language = Literal["he", "en", "ar", "ru"]
Engine = Literal["gather", "relay"]
SpeechModel = Literal[
    "default",
    "numbers_and_commands",
    "phone_call",
    "experimental_conversations",
    "experimental_utterances",
    "googlev2_long",
    "googlev2_short",
    "googlev2_telephony",
    "googlev2_telephony_short",
    "deepgram_nova-2",
    "deepgram_nova-3",
]
Tag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
"""A language as Twilio writes it, like he-IL."""
VoiceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]


def _is_international(value: str) -> str:
    if not value.startswith("+"):
        raise ValueError("must be a whole number")
    return value


def _are_hints(value: str) -> str:
    lines = [line for line in value.splitlines() if line.strip()]
    if len(lines) > MOST_HINTS or any(len(line) > LONGEST_HINT for line in lines):
        raise ValueError(f"takes at most {MOST_HINTS} lines of {LONGEST_HINT} characters")
    return "\n".join(line.strip() for line in lines)


class PhoneWebhooks(Shape):
    """The addresses to enter for the number at Twilio, each asked by POST."""

    call: str
    fallback: str
    status: str


class PhoneConnection(Shape):
    """``number`` is null while none is connected. ``is_reachable`` is false where no public address is
    set, so that Twilio could reach none of these."""

    number: str | None
    account_sid: str | None
    connected_at: datetime | None
    webhooks: PhoneWebhooks
    is_reachable: bool


class PhoneTest(Shape):
    """What Twilio says of the number and its account."""

    result: Literal["ok", "refused", "unknown_number", "unreachable", "not_connected", "unreadable"]


class AddressCheck(Shape):
    """What came of asking one of the own addresses, signed as Twilio signs. ``redirected`` loses what
    Twilio sends, ``wrong_answer`` came from something else, ``error`` with a status."""

    address: str
    result: Literal[
        "ok", "unreachable", "certificate", "signature", "redirected", "wrong_answer", "error"
    ]
    status: int | None


class PhoneCheck(Shape):
    """``obstacle`` is why nothing could be asked."""

    obstacle: Literal["not_connected", "unreadable", "no_public_url"] | None
    addresses: list[AddressCheck]


class SocketCheck(Shape):
    """Whether Twilio could open the sockets of calls at ``address``. ``unreachable`` alone does not keep
    a business from choosing them: the process runs, and only this machine cannot reach the address."""

    address: str
    result: Literal[
        "ok", "no_address", "not_secure", "not_running", "unreachable", "certificate", "refused"
    ]


class PhoneSettingsBody(Shape):
    """How calls are answered. Null, and an empty greeting, stand for the preset of the language; a null
    language for the business's own. ``{business}`` in the greeting is its name."""

    engine: Engine
    language: Language | None
    greeting: Annotated[Text, Field(max_length=500)]
    is_recorded: bool
    say_language: Tag | None
    voice: VoiceName | None
    hear_language: Tag | None
    speech_model: SpeechModel | None
    speech_timeout_s: Annotated[int, Field(ge=1, le=10)] | None
    hints: Annotated[Text, Field(max_length=20_000), AfterValidator(_are_hints)]


class PhonePreset(Shape):
    """What a language gives where nothing else was chosen."""

    language: Language
    greeting: str
    say_language: str
    voice: str
    hear_language: str
    speech_model: str
    speech_timeout_s: int


class PhoneSettings(Shape):
    """``first_words`` are what a caller hears first, as things stand."""

    chosen: PhoneSettingsBody
    preset: PhonePreset
    first_words: str


class ReachablePerson(Shape):
    """Somebody who is rung for callers. ``when``: in the business's opening hours, outside them, or
    always."""

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    phone: Annotated[Phone, Field(max_length=60), AfterValidator(_is_international)]
    when: Literal["open", "closed", "always"]


class PhoneTransferBody(Shape):
    """Whom to ring, in this order, when a caller wants a person, and for how many seconds each; nobody
    means that a message is taken."""

    people: Annotated[list[ReachablePerson], Field(max_length=5)]
    ring_s: Annotated[int, Field(ge=5, le=60)]


class PhoneTransfer(Shape):
    """``countries`` are those whose numbers may be rung, two letters each. ``reachable_now`` are the
    names of those who would be rung now."""

    chosen: PhoneTransferBody
    countries: list[str]
    reachable_now: list[str]


def connection_of(
    channel: VoiceChannel | None, webhooks: PhoneWebhooks, *, is_reachable: bool
) -> PhoneConnection:
    return PhoneConnection(
        number=None if channel is None else channel.number,
        account_sid=None if channel is None else channel.account_sid,
        connected_at=None if channel is None else channel.updated_at,
        webhooks=webhooks,
        is_reachable=is_reachable,
    )


def settings_of(chosen: Chosen, business: str) -> PhoneSettings:
    preset = preset_of(chosen.language)
    over = chosen.overrides
    return PhoneSettings(
        chosen=PhoneSettingsBody(
            engine=cast("Engine", chosen.engine),
            language=cast("Language | None", chosen.own_language),
            greeting=chosen.greeting,
            is_recorded=chosen.is_recorded,
            say_language=over.get("say_language"),
            voice=over.get("voice"),
            hear_language=over.get("hear_language"),
            speech_model=over.get("speech_model"),
            speech_timeout_s=over.get("speech_timeout_s"),
            hints=chosen.hints,
        ),
        preset=PhonePreset(
            language=cast("Language", chosen.language),
            greeting=chosen.sentences.greeting,
            say_language=preset.say_language,
            voice=preset.voice,
            hear_language=preset.hear_language,
            speech_model=preset.speech_model,
            speech_timeout_s=preset.speech_timeout_s,
        ),
        first_words=chosen.greets(business),
    )


def transfer_of(
    chosen: ChosenPeople, countries: Collection[str], reachable: Sequence[Person]
) -> PhoneTransfer:
    people = [
        ReachablePerson(name=one.name, phone=one.phone, when=one.when) for one in chosen.people
    ]
    return PhoneTransfer(
        chosen=PhoneTransferBody(people=people, ring_s=chosen.ring_s),
        countries=sorted(countries),
        reachable_now=[person.name for person in reachable],
    )


def people_of(body: PhoneTransferBody) -> ChosenPeople:
    people = tuple(Reachable(one.name, one.phone, one.when) for one in body.people)
    return ChosenPeople(people, body.ring_s)
