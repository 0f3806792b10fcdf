"""Outside the 24 hours after the customer's last message nothing free is sent, and it is said why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from maane.channels.whatsapp.provider import SendError
from maane.channels.whatsapp.sender import GraphSender
from maane.jobs.queue import NotYet, TryLater
from tests.channels.counter import CONVERSATIONS, SECRET, Counter, writes
from tests.fakes import FakeGraph
from tests.people import A, World

LATE = timedelta(hours=24, seconds=1)


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
def counter(new_world: Callable[..., World], graph: FakeGraph) -> Counter:
    return Counter(new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url))


def shown(counter: Counter) -> Any:
    page: Any = counter.owner.get(f"{CONVERSATIONS}/1/messages").json
    return page["items"][0]


def test_a_late_answer_is_not_sent_and_people_are_told(counter: Counter, graph: FakeGraph) -> None:
    counter.deliver(writes("שלום", "wamid.1", datetime.now(UTC) - LATE))
    counter.work_off()
    assert graph.requests == []
    assert (shown(counter)["status"], shown(counter)["error"]) == ("failed", "window_closed")
    assert counter.shown()["is_waiting"]
    told: Any = counter.owner.get("/api/business/current/notifications").json
    assert [item["kind"] for item in told["items"]] == ["unanswered"]
    failed: Any = counter.owner.get("/api/business/current/events/failed").json
    assert [item["reason"] for item in failed["items"]] == ["window_closed"]
    counter.deliver(writes("שלום?", "wamid.2"))
    counter.work_off()
    assert graph.texts == ["תשובת העוזר"]


def test_a_message_of_a_person_that_was_held_up_is_not_sent_either(
    counter: Counter, graph: FakeGraph
) -> None:
    counter.deliver(writes("שלום", "wamid.1"))
    counter.work_off()
    body = {"text": "מיד בודקת", "idempotency_key": "k1"}
    assert counter.owner.write("POST", f"{CONVERSATIONS}/1/messages", body).status_code == 202
    counter.change(last_inbound_at=datetime.now(UTC) - LATE)
    counter.work_off()
    assert graph.texts == ["תשובת העוזר"]
    assert (shown(counter)["status"], shown(counter)["error"]) == ("failed", "window_closed")
    assert counter.shown()["is_waiting"]


def test_what_may_have_left_before_it_closed_stays_uncertain(
    counter: Counter, graph: FakeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(self: Any, *arguments: Any) -> None:
        raise SendError("no answer", may_retry=True, is_uncertain=True)

    with monkeypatch.context() as patch:
        patch.setattr(GraphSender, "send_text", hang)
        counter.deliver(writes("שלום", "wamid.1"))
        with pytest.raises(TryLater):
            counter.work_off()
    counter.change(last_inbound_at=datetime.now(UTC) - LATE)
    with pytest.raises(NotYet):
        counter.work.answer(A, 1)
    assert graph.requests == []
    assert (shown(counter)["status"], shown(counter)["error"]) == ("pending", "uncertain")
