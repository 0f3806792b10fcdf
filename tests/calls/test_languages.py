"""How each language is spoken and heard, by both engines, and that no sentence of a call is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from maane.assistant import call_words, intake
from maane.channels.voice import greeting, languages, transfer_words
from maane.channels.voice import settings as choices
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import Exchange
from tests.people import A

HINTS = "דנה לוי\nBotox, filler"
LANGUAGES = ("he", "en", "ar", "ru")
SPOKEN = {
    "he": {"language": "he-IL", "voice": "Google.he-IL-Wavenet-A"},
    "en": {"language": "en-US", "voice": "Polly.Joanna-Neural"},
    "ar": {"language": "ar-XA", "voice": "Google.ar-XA-Wavenet-A"},
    "ru": {"language": "ru-RU", "voice": "Google.ru-RU-Wavenet-A"},
}
HEARD = {
    "he": {"language": "he", "speechModel": "deepgram_nova-3"},
    "en": {"language": "en-US", "speechModel": "deepgram_nova-3"},
    "ar": {"language": "ar-IL", "speechModel": "default"},
    "ru": {"language": "ru", "speechModel": "deepgram_nova-3"},
}
OTHERWISE_HEARD = {
    "he": {"language": "iw-IL", "speechModel": "default"},
    "en": {"language": "en-US", "speechModel": "default"},
    "ar": {"language": "ar-EG", "speechModel": "default"},
    "ru": {"language": "ru-RU", "speechModel": "default"},
}
RELAYED = {
    "he": {
        "language": "he-IL",
        "ttsProvider": "Google",
        "voice": "he-IL-Wavenet-A",
        "transcriptionProvider": "Deepgram",
        "speechModel": "nova-3-general",
        "transcriptionLanguage": "he",
    },
    "en": {
        "language": "en-US",
        "ttsProvider": "Amazon",
        "voice": "Joanna-Neural",
        "transcriptionProvider": "Deepgram",
        "speechModel": "nova-3-general",
        "transcriptionLanguage": "en-US",
    },
    "ar": {
        "language": "ar-XA",
        "ttsProvider": "Google",
        "voice": "ar-XA-Wavenet-A",
        "transcriptionProvider": "Google",
        "speechModel": "telephony",
        "transcriptionLanguage": "ar-IL",
    },
    "ru": {
        "language": "ru-RU",
        "ttsProvider": "Google",
        "voice": "ru-RU-Wavenet-A",
        "transcriptionProvider": "Deepgram",
        "speechModel": "nova-3-general",
        "transcriptionLanguage": "ru",
    },
}
GREETINGS = {
    "he": "שלום, הגעתם אל Business A. במה אפשר לעזור?",
    "en": "Hello, this is Business A. How can we help?",
    "ar": "مرحبًا، هنا Business A. كيف يمكننا مساعدتك؟",
    "ru": "Здравствуйте, это Business A. Чем мы можем помочь?",
}


def answer(exchange: Exchange, **values: Any) -> None:
    with exchange.town.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        choices.change(tx, tenant, caller_for_job(tenant), values)


@pytest.fixture
def answering(exchange: Exchange) -> Iterator[Exchange]:
    """The exchange, whose business answers again as before after the test."""
    yield exchange
    answer(exchange, language=None, engine=choices.GATHER, hints="")


@pytest.mark.parametrize("language", LANGUAGES)
def test_twilio_is_told_how_a_language_is_spoken_and_heard(
    answering: Exchange, language: str
) -> None:
    answer(answering, language=language, hints=HINTS)
    line = answering.call()
    gather = line.gather
    assert gather is not None
    query = f"step=1&language={language}"
    voice = f"{line.phone.origin}/webhook/twilio/voice"
    rest = {
        "input": "speech dtmf",
        "action": f"{voice}/turn?{query}",
        "method": "POST",
        "actionOnEmptyResult": "true",
        "timeout": "6",
        "speechTimeout": "2",
        "profanityFilter": "false",
        "partialResultCallback": f"{voice}/partial?{query}",
        "partialResultCallbackMethod": "POST",
        "hints": "דנה לוי,Botox filler",
    }
    assert gather.attrib == HEARD[language] | rest
    assert (gather[0].attrib, gather[0].text) == (SPOKEN[language], GREETINGS[language])
    line.be_unheard()
    assert line.gather is not None
    heard = {key: line.gather.attrib[key] for key in ("language", "speechModel")}
    assert heard == OTHERWISE_HEARD[language]
    line.hang_up()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_socket_speaks_and_hears_as_the_other_engine_does(
    answering: Exchange, language: str
) -> None:
    answer(answering, language=language, engine=choices.RELAY, hints=HINTS)
    line = answering.call()
    assert line.connecting is not None
    assert line.connecting[0].attrib == RELAYED[language] | {
        "url": "wss://maane.example.com/relay/1",
        "welcomeGreeting": GREETINGS[language],
        "hints": "דנה לוי,Botox filler",
        "interruptible": "any",
        "welcomeGreetingInterruptible": "any",
        "reportInputDuringAgentSpeech": "any",
        "dtmfDetection": "true",
        "partialPrompts": "true",
        "ignoreBackchannel": "true",
    }
    line.hang_up()


def sentences_of(language: str) -> list[str]:
    """All that is said in a call and no model makes."""
    sets = [
        languages.SENTENCES[language],
        greeting._SENTENCES[language],
        transfer_words.WORDS[language],
        intake._SPOKEN[language],
    ]
    found: list[str] = []
    for one in sets:
        for named in fields(one):
            value = getattr(one, named.name)
            found += value if isinstance(value, tuple) else [value]
    for each in ("CALLED_BACK", "GOODBYE", "PUT_THROUGH", "OFFER_TEXT", "TEXT_COMES"):
        found.append(getattr(call_words, each)[language])
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence(language: str) -> None:
    found = sentences_of(language)
    assert all(one.strip() for one in found)
    assert len(found) == len(sentences_of("he"))
    assert len(languages.SENTENCES[language].silent) == len(languages.SENTENCES["he"].silent)
    others = {one for other in LANGUAGES if other != language for one in sentences_of(other)}
    # How a name is put into a greeting may be the same.
    assert not (set(found) - {greeting._SENTENCES[language].named}) & others
