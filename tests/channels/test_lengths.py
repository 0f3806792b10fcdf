"""How long a text may be: what Meta takes is more than what Twilio takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from maane.assistant.model import Said, Tool
from maane.channels.whatsapp.connection import connect_twilio
from maane.kit.text import shortened, wire_length
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.channels.counter import CONVERSATIONS, SECRET, Counter, writes
from tests.fakes import FakeGraph, FakeTwilio
from tests.people import A, World

ACCOUNT, TOKEN = "AC" + "0" * 32, "twilio-token"
SENTENCE = "אנחנו פתוחים בימים ראשון עד חמישי. "


class Talker:
    """A model that does not know when to stop."""

    def reply(self, instructions: str, conversation: list[Said], tools: Sequence[Tool] = ()) -> str:
        return (SENTENCE * 90).strip()


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio(ACCOUNT, TOKEN) as twilio:
        yield twilio


@pytest.fixture
def counter(new_world: Callable[..., World], graph: FakeGraph, twilio: FakeTwilio) -> Counter:
    """A customer who was answered by Meta."""
    urls = {"twilio_api_url": twilio.url, "twilio_content_api_url": twilio.url}
    counter = Counter(new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url, **urls))
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    return counter


def move_to_twilio(counter: Counter) -> None:
    with counter.world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        settings = counter.world.settings
        connect_twilio(tx, tenant, caller, settings, ACCOUNT, "+97236123456", TOKEN)


def write(counter: Counter, text: str, key: str = "k1") -> Any:
    body = {"text": text, "idempotency_key": key}
    return counter.owner.write("POST", f"{CONVERSATIONS}/1/messages", body)


def longest(counter: Counter) -> int:
    found: Any = counter.owner.get(f"{CONVERSATIONS}/1/writing").json
    return int(found["longest_text"])


def test_an_answer_is_as_long_as_its_provider_takes_and_kept_as_it_was_sent(
    counter: Counter, graph: FakeGraph, twilio: FakeTwilio
) -> None:
    counter.work.__dict__["model"] = Talker()
    counter.deliver(writes("מתי אתם פתוחים?", "wamid.2"))
    counter.work_off()
    assert graph.texts[-1] == (SENTENCE * 90).strip()
    counter.deliver(writes("ושוב?", "wamid.3"))
    move_to_twilio(counter)
    counter.work_off()
    sent = twilio.requests[-1]["body"]["Body"]
    assert 1500 < len(sent) <= 1600
    assert sent.endswith("חמישי.")
    assert counter.said()[-1] == ("assistant", sent, "sent")


def test_people_are_told_at_once_that_a_text_is_too_long(
    counter: Counter, graph: FakeGraph, twilio: FakeTwilio
) -> None:
    assert longest(counter) == 4096
    assert write(counter, "א" * 1601).status_code == 202
    counter.work_off()
    move_to_twilio(counter)
    assert longest(counter) == 1600
    refused = write(counter, "א" * 1601, "k2")
    assert refused.status_code == 422
    assert [(d["path"], d["type"]) for d in refused.json["details"]] == [
        (["text"], "string_too_long")
    ]
    # A picture is one for whoever reads it and two for whoever counts.
    assert write(counter, "🙂" * 801, "k3").status_code == 422
    assert write(counter, "א" * 1600, "k4").status_code == 202
    counter.work_off()
    assert [len(one["body"]["Body"]) for one in twilio.requests] == [1600]


def test_what_was_written_for_another_provider_fails_with_its_reason(
    counter: Counter, twilio: FakeTwilio
) -> None:
    assert write(counter, "א" * 1601).status_code == 202
    move_to_twilio(counter)
    counter.work_off()
    assert (counter.messages()[-1].status, counter.messages()[-1].error) == ("failed", "too_long")
    assert twilio.requests == []


def test_there_is_nothing_to_write_in_no_conversation(counter: Counter) -> None:
    assert counter.owner.get(f"{CONVERSATIONS}/99/writing").status_code == 404
    other = counter.world.browser("owner_b")
    assert other.get(f"{CONVERSATIONS}/1/writing").status_code == 404


@pytest.mark.parametrize(
    ("text", "longest", "left"),
    [
        ("Yes. No.", 8, "Yes. No."),
        ("Yes, always. No.", 14, "Yes, always."),
        ("🙂🙂🙂🙂🙂", 6, "🙂🙂…"),
        ("x" * 20, 10, "x" * 9 + "…"),
    ],
)
def test_a_text_is_shortened_at_a_sentence(text: str, longest: int, left: str) -> None:
    assert shortened(text, longest) == left
    assert wire_length(left) <= longest
