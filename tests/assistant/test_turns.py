"""What becomes of what a model says in a turn: words that claim what no tool did are replaced or made
true, and no model says when somebody comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from maane.assistant.model import Cost, Said, Tool, Use
from maane.assistant.operations import Reply, Turn, compose_reply, said_of
from maane.assistant.rules import LONGEST_HISTORY, LONGEST_SAID
from maane.assistant.streaming import Speech, Spoken
from maane.assistant.using import use
from maane.conversations.models import Message
from maane.kit.db import Database
from maane.tenancy.access import Tenant, tenant_for_job
from tests.people import A, World

WRITTEN = "העברתי את השיחה לאיש צוות של Business A. יחזרו אליך כאן."
CALLED_BACK = "ביקשתי שיחזרו אליך מBusiness A. מה כדאי שיידעו לפני שהם מתקשרים?"
PUT_THROUGH = "אני מעביר את השיחה לאדם מBusiness A. רגע אחד, בבקשה."
HAND = ("hand_to_person", {"reason": "wants a person"})


class Model:
    """Uses tools and says something then: at once, or word by word."""

    def __init__(self, words: str, *uses: tuple[str, Any]) -> None:
        self.words, self.uses = words, uses

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        for name, given in self.uses:
            asyncio.run(use({tool.name: tool for tool in tools}, name, given))
        return self.words

    async def speak(
        self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()
    ) -> AsyncGenerator[str | Use | Cost]:
        for name, given in self.uses:
            yield Use(name)
            await use({tool.name: tool for tool in tools}, name, given)
        for number, word in enumerate(self.words.split(" ")):
            yield f" {word}" if number else word
        yield Cost(5)


@pytest.fixture
def turn(world: World) -> Callable[..., Turn]:
    def make(text: str = "אני רוצה לבוא", **values: Any) -> Turn:
        with world.database.transaction(A, writes=False) as tx:
            tenant: Tenant = tenant_for_job(tx, A)
        message = Message(
            id=1,
            business_id=A,
            conversation_id=1,
            direction="inbound",
            author="customer",
            text=text,
            status="received",
            awaits_answer=True,
            created_at=datetime.now(UTC),
        )
        return Turn(tenant, "prompt", 1, [message], None, **values)

    return make


def spoken(database: Database, model: Model, turn: Turn) -> tuple[str, Spoken]:
    """What left while it was made, and how it ended."""

    async def listen() -> tuple[str, Spoken]:
        speech = Speech(model, turn, database)
        async for _ in speech.words():
            pass
        return speech.said, speech.end()

    return asyncio.run(listen())


def reply(world: World, turn: Turn, words: str, *uses: tuple[str, Any]) -> Reply:
    return compose_reply(Model(words, *uses), turn, world.database)


@pytest.mark.parametrize(
    "claim",
    ["קבעתי לך תור ליום שני ב־10:00.", "Your appointment is booked for Monday at 10:00."],
)
def test_a_booking_is_never_confirmed_where_none_can_be_made(
    world: World, turn: Callable[..., Turn], claim: str
) -> None:
    said = reply(world, turn(), claim)
    assert said.text == WRITTEN
    assert said.deeds.handed_over == "אני רוצה לבוא"
    assert not said.deeds.wishes
    in_call = reply(world, turn(is_call=True), claim)
    assert (in_call.text, in_call.deeds.handed_over) == (CALLED_BACK, "אני רוצה לבוא")


@pytest.mark.parametrize(
    ("claim", "begun"),
    [
        ("בשמחה! קבעתי לך תור ליום שני. להתראות.", "בשמחה!"),
        ("Sure. Your appointment is booked for Monday, see you!", "Sure. Your appointment is"),
    ],
)
def test_nor_is_it_heard_in_a_call(
    world: World, turn: Callable[..., Turn], claim: str, begun: str
) -> None:
    said, end = spoken(world.database, Model(claim), turn(is_call=True))
    assert said.strip() == begun
    assert (end.reply.text, end.is_said) == (CALLED_BACK, False)
    assert end.reply.deeds.handed_over == "אני רוצה לבוא"


@pytest.mark.parametrize("words", ["See you tomorrow!", "אנחנו פתוחים עד חמש. נתראה מחר!"])
def test_what_only_may_mean_a_booking_costs_nothing(
    world: World, turn: Callable[..., Turn], words: str
) -> None:
    said = reply(world, turn(), words)
    assert (said.text, said.deeds.handed_over) == (words, None)


@pytest.mark.parametrize(
    "claim",
    [
        "העברתי את הפנייה שלך לדנה, היא תענה תוך 5 דקות.",
        "העברתי אותך לנציג.",
        "I've passed your message to Dana, she answers within five minutes.",
        "I'm transferring you to a colleague now.",
    ],
)
def test_who_says_that_a_person_was_told_has_told_one(
    world: World, turn: Callable[..., Turn], claim: str
) -> None:
    said = reply(world, turn("אפשר אדם?"), claim)
    assert (said.text, said.deeds.handed_over) == (WRITTEN, "אפשר אדם?")
    _, end = spoken(world.database, Model(claim), turn("אפשר אדם?", is_call=True))
    assert end.reply.deeds.handed_over == "אפשר אדם?"
    _, rung = spoken(world.database, Model(claim), turn(is_call=True, transfer="ready"))
    assert (rung.reply.text, rung.reply.transfers) == (PUT_THROUGH, True)


def test_after_a_handover_what_is_written_is_ours(world: World, turn: Callable[..., Turn]) -> None:
    said = reply(world, turn(), "דנה תענה תוך 5 דקות", HAND)
    assert (said.text, said.deeds.handed_over) == (WRITTEN, "wants a person")


def test_after_a_handover_in_a_call_no_model_says_when_somebody_comes(
    world: World, turn: Callable[..., Turn]
) -> None:
    words = "ביקשתי מדנה. היא תחזור אליך תוך 5 דקות. מה שמך?"
    kept = "ביקשתי מדנה. מה שמך?"
    said = reply(world, turn(is_call=True), words, HAND)
    assert said.text == kept
    heard, end = spoken(world.database, Model(words, HAND), turn(is_call=True))
    assert (" ".join(heard.split()), end.is_said) == (kept, True)
    _, silent = spoken(world.database, Model("היא תחזור מחר.", HAND), turn(is_call=True))
    assert (silent.reply.text, silent.is_said) == (CALLED_BACK, False)


def test_words_that_claim_nothing_leave_one_by_one(world: World, turn: Callable[..., Turn]) -> None:
    async def listen() -> list[str | Use]:
        speech = Speech(Model("כן, אנחנו פתוחים מחר"), turn(is_call=True), world.database)
        return [word async for word in speech.words()]

    assert asyncio.run(listen()) == ["כן,", " אנחנו", " פתוחים", " מחר"]


def test_a_model_is_reminded_of_what_was_said_last_and_of_no_more_than_it_takes(
    turn: Callable[..., Turn],
) -> None:
    many = turn()
    long = [
        Message(direction="inbound" if number % 2 else "outbound", text=f"{number} " + "x" * 60_000)
        for number in range(40)
    ]
    said = said_of(replace(many, history=[*long, *many.history]))
    assert said[-1] == Said("customer", f"{long[-1].text[: LONGEST_SAID - 1]}…\nאני רוצה לבוא")
    assert sum(len(one.text) for one in said) <= LONGEST_HISTORY + len(said)
    assert [one.by for one in said] == ["customer", "us", "customer"]
    assert said_of(many) == [Said("customer", "אני רוצה לבוא")]
