"""A conversation keeps the prompts that it started with, until it starts anew or somebody moves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from maane.assistant.model import Said, Tool
from maane.channels.inbox import InboundEvent
from maane.channels.whatsapp.jobs import Work
from maane.conversations.models import Conversation, Message
from maane.conversations.pinning import NEW_START_AFTER
from maane.prompts.models import PromptVersion
from tests.people import A, Browser, World
from tests.statements import recorded

CONVERSATIONS = "/api/business/current/conversations"


class Desk:
    """One customer of the simulator, the model that answers them, and the owner who looks on."""

    def __init__(self, world: World) -> None:
        self.world, self.owner = world, world.browser("owner_a")
        self.prompts: list[str] = []
        self.while_thinking: Any = None
        self.work = Work(world.database, world.settings, self)

    def reply(self, instructions: str, said: list[Said], tools: Sequence[Tool] = ()) -> str:
        self.prompts.append(instructions.split("\n")[0])
        if self.while_thinking is not None:
            self.while_thinking()
        return "בשמחה"

    def write(self, words: str) -> int:
        """The id of the event that the message became."""
        body = {"from_phone": "050-777-8899", "text": words}
        path = "/api/business/current/simulator/messages"
        assert self.owner.write("POST", path, body).status_code == 202
        with self.world.database.transaction(A, writes=False) as tx:
            newest = select(InboundEvent.id).order_by(InboundEvent.id.desc()).limit(1)
            return tx.scalars(newest).one()

    def say(self, words: str) -> None:
        self.work.answer(A, self.write(words))

    def save(self, words: str) -> None:
        body = {"calls_prompt": "", "whatsapp_prompt": words}
        answer = self.owner.write("PUT", "/api/business/current/prompt", body)
        assert answer.status_code == 200

    def shown(self) -> dict[str, Any]:
        page: Any = self.owner.get(CONVERSATIONS).json
        (conversation,) = page["items"]
        found: dict[str, Any] = conversation
        return found

    def versions(self) -> tuple[int, int]:
        shown = self.shown()
        return shown["prompt_version"], shown["newest_prompt_version"]

    def act(self, verb: str, browser: Browser | None = None) -> dict[str, Any]:
        answer = (browser or self.owner).write(
            "POST", f"{CONVERSATIONS}/{self.shown()['id']}/{verb}"
        )
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json
        return document

    def grow_older(self, by: timedelta) -> None:
        """Everything was said that much earlier."""
        with self.world.database.transaction(A) as tx:
            for conversation in tx.scalars(select(Conversation)):
                conversation.last_message_at -= by

    def actions(self) -> list[tuple[str, str]]:
        page: Any = self.owner.get("/api/business/current/audit").json
        return [(event["action"], event["subject"]) for event in page["items"]]


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_saving_prompts_does_not_change_a_talk_midway(desk: Desk) -> None:
    desk.say("שלום")
    assert desk.versions() == (1, 1)
    desk.save("ענה בחרוזים")
    desk.say("ועכשיו?")
    assert desk.prompts == ["whatsapp of A", "whatsapp of A"]
    assert desk.versions() == (1, 2)
    with desk.world.database.transaction(A, writes=False) as tx:
        used = tx.scalars(select(Message.prompt_version).where(Message.author == "assistant"))
        assert list(used) == [1, 1]


def test_a_new_conversation_starts_with_the_newest(desk: Desk) -> None:
    desk.save("ענה בחרוזים")
    desk.say("שלום")
    assert desk.prompts == ["ענה בחרוזים"]
    assert desk.versions() == (2, 2)


@pytest.mark.parametrize("by_whom", ["customer", "person"])
def test_a_closed_conversation_starts_anew(desk: Desk, by_whom: str) -> None:
    desk.say("שלום")
    desk.save("ענה בחרוזים")
    desk.act("close")
    if by_whom == "person":
        assert desk.act("reopen")["prompt_version"] == 0
    desk.say("חזרתי")
    assert desk.prompts == ["whatsapp of A", "ענה בחרוזים"]
    assert desk.versions() == (2, 2)


def test_whoever_writes_after_a_long_silence_starts_anew(desk: Desk) -> None:
    desk.say("ערב טוב")
    desk.save("ענה בחרוזים")
    desk.grow_older(NEW_START_AFTER - timedelta(minutes=5))
    desk.say("בוקר טוב")
    assert desk.versions() == (1, 2)
    desk.grow_older(NEW_START_AFTER + timedelta(minutes=5))
    desk.say("עוד משהו")
    assert desk.prompts == ["whatsapp of A", "whatsapp of A", "ענה בחרוזים"]
    assert desk.versions() == (2, 2)


def test_one_click_moves_a_conversation_to_the_newest_and_is_on_record(desk: Desk) -> None:
    desk.say("שלום")
    desk.save("ענה בחרוזים")
    moved = desk.act("use-newest-prompts", desk.world.admin_in(A))
    assert (moved["prompt_version"], moved["newest_prompt_version"]) == (2, 2)
    key = moved["id"]
    record = ("conversation.prompts_renewed", f"conversation:{key} prompts:2")
    assert desk.actions()[0] == record
    desk.act("use-newest-prompts")
    assert desk.actions().count(record) == 1
    desk.say("ועכשיו?")
    assert desk.prompts == ["whatsapp of A", "ענה בחרוזים"]


def test_a_move_while_the_model_thinks_is_not_undone_by_its_answer(desk: Desk) -> None:
    desk.say("שלום")
    desk.save("ענה בחרוזים")
    desk.while_thinking = lambda: desk.act("use-newest-prompts")
    desk.say("ועכשיו?")
    assert desk.prompts == ["whatsapp of A", "whatsapp of A"]
    assert desk.versions() == (2, 2)


def test_a_version_can_be_neither_deleted_nor_changed(desk: Desk) -> None:
    desk.say("שלום")
    for statement in (
        delete(PromptVersion).where(PromptVersion.business_id == A),
        update(PromptVersion).where(PromptVersion.business_id == A).values(whatsapp_prompt=""),
    ):
        with pytest.raises(DBAPIError), desk.world.database.transaction(A) as tx:
            tx.execute(statement)
    desk.say("עוד")
    assert desk.prompts == ["whatsapp of A", "whatsapp of A"]


def test_a_pinned_turn_reads_prompts_once_and_writes_its_conversation_no_more(desk: Desk) -> None:
    desk.say("שלום")
    event_id = desk.write("ועוד")
    with recorded(desk.world.database) as statements:
        desk.work.answer(A, event_id)
    about = [s for s in statements if "prompt_versions" in s]
    assert len(about) == 1, about
    pinned = [s for s in statements if s.startswith("UPDATE conversations") and "prompt_v" in s]
    assert pinned == []
