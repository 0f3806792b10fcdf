"""A voice note from the webhook to the answer: heard by an endpoint that speaks over HTTP, or not."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.media_jobs import LONGEST_HEARING
from maane.channels.whatsapp.payload import build_delivery
from maane.conversations.models import Message
from maane.jobs.queue import NotYet, TryLater
from maane.kit.db import Database, now
from maane.media.models import Attachment
from maane.tenancy import operations as tenancy
from maane.tenancy.access import caller_for_job
from maane.tenancy.contract import BusinessPatch
from tests.fakes import FakeFile, FakeGraph, FakeModel, FakeTranscriber, echo
from tests.people import A, World
from tests.sent_files import (
    CUSTOMER,
    OGG,
    bytes_of,
    connect,
    deliver,
    jobs_of,
    message_of,
    queued,
    seen,
    send,
    take_in,
)
from tests.serving import Server
from tests.town import NUMBER, SECRET, Customer, Town

UNHEARD = "[voice note, not transcribed]"
HEARD = "[voice note, transcribed] אפשר תור למחר בעשר?"
NOTE = {"id": "55", "mime_type": "audio/ogg; codecs=opus", "voice": True}


@pytest.fixture(scope="module")
def ears() -> Iterator[FakeTranscriber]:
    with FakeTranscriber() as ears:
        yield ears


@pytest.fixture(scope="module")
def one_town(new_module_settings: Any, ears: FakeTranscriber) -> Iterator[Town]:
    settings = new_module_settings()
    with FakeModel() as model, FakeGraph() as graph:
        graph.media["55"] = FakeFile("audio/ogg", OGG)
        variables = {
            "MAANE_WHATSAPP_APP_SECRET": SECRET,
            "MAANE_WHATSAPP_API_URL": graph.url,
            "MAANE_WORKER_ID": "the worker",
            "MAANE_TRANSCRIPTION_BASE_URL": f"{ears.url}/v1",
            "MAANE_TRANSCRIPTION_MODEL": "hears-hebrew",
            "MAANE_TRANSCRIPTION_API_KEY": "sk-ears",
        }
        database = Database(settings.database)
        connect(database, settings)
        with Server(settings, variables) as server:
            town = Town(settings, model, graph, server, variables, database)
            yield town
            town.end_worker()
        database.dispose()


@pytest.fixture
def town(one_town: Town, ears: FakeTranscriber) -> Iterator[Town]:
    one_town.pause(0)
    if one_town.worker is None:
        # A note waits for so long only; it must not be a worker's start that it waits for.
        one_town.start_worker()
        first = one_town.customer()
        first.write("שלום")
        first.wait_for_answers(1)
    yield one_town
    one_town.model.say = echo
    ears.answers, ears.delay_s = [], 0.0


def speak(customer: Customer, wamid: str = "") -> None:
    customer.count += 1
    wamid = wamid or f"wamid.{customer.digits}.{customer.count}"
    customer.town.deliver(message_of("audio", NOTE, wamid, customer.digits))


def file_of(town: Town, message: Message) -> Attachment:
    with town.database.transaction(A, writes=False) as tx:
        return tx.scalars(select(Attachment).where(Attachment.message_id == message.id)).one()


def test_a_voice_note_is_answered_by_what_was_said_in_it(town: Town, ears: FakeTranscriber) -> None:
    ears.delay_s = 1.5
    customer = town.customer()
    began = len(town.model.requests)
    speak(customer)
    (answer,) = customer.wait_for_answers(1)
    assert answer.text == f"תשובה ל: {HEARD}"
    assert len(town.model.requests) == began + 1
    said = customer.messages()[0]
    assert said.text == HEARD
    file = file_of(town, said)
    assert (file.status, file.transcript_status) == ("stored", "done")
    assert file.transcript == ears.words
    asked = ears.requests[-1]
    assert asked["headers"]["authorization"] == "Bearer sk-ears"
    assert asked["body"]["model"] == "hears-hebrew"
    assert asked["body"]["file"] == ("note.ogg", "audio/ogg", OGG)


def test_ten_deliveries_of_a_note_are_heard_once(town: Town, ears: FakeTranscriber) -> None:
    customer = town.customer()
    began = len(ears.requests)
    for _ in range(10):
        speak(customer, "wamid.note.same")
    customer.wait_for_answers(1)
    time.sleep(0.5)
    assert len(customer.messages()) == 2
    assert len(customer.sent()) == 1
    assert len(ears.requests) == began + 1


def test_what_is_written_beside_a_note_is_answered_with_it(
    town: Town, ears: FakeTranscriber
) -> None:
    ears.delay_s = 2
    customer = town.customer()
    speak(customer)
    customer.wait(lambda: len(customer.messages()) == 1)
    customer.write("ועוד משהו")
    (answer,) = customer.wait_for_answers(1)
    assert answer.text == f"תשובה ל: {HEARD}\nועוד משהו"
    time.sleep(1.5)
    assert len(customer.sent()) == 1


def test_an_endpoint_that_is_busy_is_asked_again(town: Town, ears: FakeTranscriber) -> None:
    ears.answers = [(429, {"Retry-After": "2"}, {"error": {}}), (500, {}, b"oops")]
    customer = town.customer()
    speak(customer)
    (answer,) = customer.wait_for_answers(1)
    assert answer.text == f"תשובה ל: {HEARD}"


@pytest.mark.parametrize(
    "answer",
    [
        (400, {}, {"error": {"message": "bad audio"}}),
        (200, {}, {"text": ""}),
        (200, {}, b"<html>"),
        (200, {}, {"text": ["x"]}),
        (401, {}, b""),
    ],
)
def test_a_note_that_nobody_could_hear_is_answered_honestly(
    town: Town, ears: FakeTranscriber, answer: Any
) -> None:
    ears.answers = [answer]
    customer = town.customer()
    speak(customer)
    (sent,) = customer.wait_for_answers(1)
    assert sent.text == f"תשובה ל: {UNHEARD}"
    file = file_of(town, customer.messages()[0])
    assert (file.status, file.transcript_status) == ("stored", "failed")


def test_a_worker_killed_while_it_listens_leaves_one_answer(
    town: Town, ears: FakeTranscriber
) -> None:
    points = random.Random(20261127)
    ears.delay_s = 0.3
    for _ in range(5):
        customer = town.customer()
        speak(customer)
        time.sleep(points.uniform(0, 1.0))
        town.end_worker(signal.SIGKILL)
        town.start_worker()
        customer.wait(lambda customer=customer: bool(customer.answers()))
        customer.wait(
            lambda customer=customer: (
                customer.answers()[0].status == "sent" or customer.answers()[0].error is not None
            )
        )
        # A worker that starts slowly finds that the note's time is over; it is heard all the same.
        customer.wait(lambda customer=customer: customer.messages()[0].text == HEARD)
        said, answer = customer.messages()
        assert answer.text in (f"תשובה ל: {HEARD}", f"תשובה ל: {UNHEARD}")
        assert len(customer.sent()) <= 1
        assert file_of(town, said).status == "stored"


# Without processes: what the clock decides.


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        graph.media["55"] = FakeFile("audio/ogg", OGG)
        yield graph


@pytest.fixture
def new_ward(new_world: Callable[..., World], graph: FakeGraph) -> Callable[..., World]:
    def make(**options: Any) -> World:
        world = new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url, **options)
        connect(world.database, world.settings)
        return world

    return make


@pytest.fixture
def hearing(ears: FakeTranscriber) -> dict[str, str]:
    return {
        "transcription_base_url": f"{ears.url}/v1",
        "transcription_model": "hears-hebrew",
    }


def turn(world: World) -> Callable[[], None]:
    work = Work(world.database, world.settings, None)
    event_id = queued(world, "answer whatsapp message")[-1]
    return lambda: work.answer(A, event_id)


def age(world: World, since: timedelta) -> None:
    with world.database.transaction(A) as tx:
        tx.execute(update(Message).values(created_at=now() - since))


def answers(world: World) -> list[str]:
    with world.database.transaction(A, writes=False) as tx:
        outbound = select(Message.text).where(Message.direction == "outbound").order_by(Message.id)
        return list(tx.scalars(outbound))


def test_a_turn_waits_for_its_note_no_longer_than_it_may(
    new_ward: Callable[..., World], hearing: dict[str, str]
) -> None:
    world = new_ward(**hearing)
    row = send(world, "audio", NOTE)
    age(world, timedelta(seconds=5))
    with pytest.raises(NotYet) as not_yet:
        turn(world)()
    assert 13 < not_yet.value.after_s <= LONGEST_HEARING.total_seconds() - 5
    age(world, LONGEST_HEARING)
    turn(world)()
    assert len(answers(world)) == 1
    # What is heard after that is kept for the people and for the next turn.
    jobs_of(world).download(A, row.id)
    jobs_of(world).hear(A, row.id)
    assert seen(world, row.id).transcript_status == "done"
    with world.database.transaction(A, writes=False) as tx:
        assert tx.scalars(select(Message.text).where(Message.direction == "inbound")).one() == HEARD
    turn(world)()
    assert len(answers(world)) == 1


def test_a_note_that_cannot_be_fetched_frees_its_turn(
    new_ward: Callable[..., World], hearing: dict[str, str]
) -> None:
    world = new_ward(**hearing)
    row = send(world, "audio", {**NOTE, "id": "900"}, age_s=100)
    age(world, timedelta(seconds=5))
    before = len(queued(world, "answer whatsapp message"))
    jobs_of(world).download(A, row.id)
    assert seen(world, row.id).transcript_status == "failed"
    assert len(queued(world, "answer whatsapp message")) == before + 1
    turn(world)()
    assert len(answers(world)) == 1


def test_an_endpoint_that_never_answers_is_given_up(
    new_ward: Callable[..., World], hearing: dict[str, str]
) -> None:
    world = new_ward(**hearing | {"transcription_base_url": "http://127.0.0.1:9/v1"})
    row = send(world, "audio", NOTE)
    jobs_of(world).download(A, row.id)
    with pytest.raises(TryLater):
        jobs_of(world).hear(A, row.id)
    jobs_of(world).give_up_hearing(A, row.id)
    assert seen(world, row.id).transcript_status == "failed"


def test_without_transcription_the_note_is_kept_and_the_customer_asked_to_write(
    new_ward: Callable[..., World],
) -> None:
    world = new_ward()
    row = send(world, "audio", NOTE)
    assert row.transcript_status == "off"
    age(world, timedelta(seconds=5))
    turn(world)()
    jobs_of(world).download(A, row.id)
    assert bytes_of(world, seen(world, row.id)) == OGG
    assert queued(world, "transcribe voice note") == []
    (answer,) = answers(world)
    assert "אין לי אפשרות לשמוע הודעות קוליות" in answer


def test_intake_goes_on_with_its_questions_once_it_can_read(new_ward: Callable[..., World]) -> None:
    world = new_ward()
    for number, words in enumerate([None, None, "רותי", "תספורת"]):
        wamid = f"wamid.{number}"
        if words is None:
            send(world, "audio", NOTE, wamid)
        else:
            deliver(world, build_delivery(NUMBER, wamid, CUSTOMER, "דנה", words, now()))
            take_in(world)
        age(world, timedelta(seconds=5))
        turn(world)()
    first, second, third, fourth = answers(world)
    assert "איך קוראים לך?" in first
    assert second == "אין לי אפשרות לשמוע הודעות קוליות. אפשר לכתוב לי?"
    assert third.startswith("נעים מאוד, רותי.")
    assert "«תספורת»" in fourth


def test_a_suspended_business_s_notes_are_not_transcribed(
    new_ward: Callable[..., World], hearing: dict[str, str]
) -> None:
    world = new_ward(**hearing)
    with world.database.transaction() as tx:
        tenancy.change_business(tx, caller_for_job(), A, BusinessPatch(status="suspended"))
    row = send(world, "audio", NOTE)
    assert (row.status, row.transcript_status) == ("waiting", "off")
    take_in(world)
    assert answers(world) == []
