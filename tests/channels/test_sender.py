"""What Meta answers to a send, and what that means for trying again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from maane.channels.whatsapp.provider import SendError, Sent
from maane.channels.whatsapp.sender import GraphSender
from tests.fakes import FakeGraph


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


def send(url: str, to: str = "972502345678", read_s: float = 5.0) -> Sent:
    sender = GraphSender(url, "100", "token", read_s=read_s)
    try:
        return sender.send_text(to, "שלום", 7)
    finally:
        sender.close()


def test_a_text_goes_out_with_our_own_id(graph: FakeGraph) -> None:
    assert send(graph.url) == Sent("wamid.out.1", "sent")
    (asked,) = graph.requests
    assert asked["path"] == "/100/messages"
    assert asked["headers"]["authorization"] == "Bearer token"
    assert asked["body"] == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "972502345678",
        "type": "text",
        "text": {"preview_url": False, "body": "שלום"},
        "biz_opaque_callback_data": "7",
    }


@pytest.mark.parametrize(
    ("answer", "may_retry", "after_s"),
    [
        ((429, 130429), True, 0),
        ((429, 130429, 7), True, 7),
        ((400, 131056), True, 0),
        ((500, 131000), True, 0),
        ((400, 131047), False, 0),
        ((401, 190), False, 0),
        ((500, 131026), False, 0),
    ],
)
def test_the_code_decides_whether_it_may_be_tried_again(
    graph: FakeGraph, answer: tuple[int, int], may_retry: bool, after_s: float
) -> None:
    graph.script = [answer]
    with pytest.raises(SendError) as refusal:
        send(graph.url)
    error = refusal.value
    assert (error.may_retry, error.is_uncertain, error.after_s) == (may_retry, False, after_s)
    assert error.words == f"{answer[1]}: (#{answer[1]}) refused: as the test asked"


def test_silence_leaves_it_uncertain(graph: FakeGraph) -> None:
    graph.delay_s = 1.0
    with pytest.raises(SendError) as refusal:
        send(graph.url, read_s=0.1)
    assert (refusal.value.may_retry, refusal.value.is_uncertain) == (True, True)


def test_nobody_there_is_certain() -> None:
    with pytest.raises(SendError) as refusal:
        send("http://127.0.0.1:1")
    assert (refusal.value.may_retry, refusal.value.is_uncertain) == (True, False)
