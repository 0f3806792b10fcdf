"""A file goes when its row has gone, whatever took the row; what is still spoken of stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from maane.conversations.models import Message
from maane.jobs.queue import Jobs
from maane.kit.db import now
from maane.media.files import Files, new_key
from maane.media.models import Attachment
from maane.media.sweep import sweep
from maane.privacy.jobs import Retention
from maane.tenancy.models import Business
from tests.fakes import FakeFile, FakeGraph
from tests.people import A, B, World
from tests.sent_files import PNG, connect, jobs_of, left_on_disk, send
from tests.town import SECRET


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        graph.media["77"] = FakeFile("image/png", PNG)
        yield graph


@pytest.fixture
def world(new_world: Callable[..., World], graph: FakeGraph) -> World:
    world = new_world(whatsapp_app_secret=SECRET, whatsapp_api_url=graph.url)
    connect(world.database, world.settings)
    return world


def kept(world: World, wamid: str) -> Attachment:
    row = send(world, "image", {"id": "77", "mime_type": "image/png"}, wamid)
    jobs_of(world).download(A, row.id)
    return row


def test_a_night_takes_the_files_of_what_it_deletes(world: World) -> None:
    files = Files(world.settings.media_folder)
    kept(world, "wamid.old")
    old = now() - timedelta(days=31)
    with world.database.transaction(A) as tx:
        tx.execute(update(Message).values(created_at=old))
        tx.execute(update(Attachment).values(created_at=old))
    young = kept(world, "wamid.young")
    assert len(left_on_disk(world)) == 2
    with world.database.transaction() as tx:
        values = {"retention_days": 30, "retention_since": now() - timedelta(days=2)}
        tx.execute(update(Business).where(Business.id == A).values(**values))
    Retention(world.database, Jobs(world.database, world.settings.secret("partitions")), files).run(
        A, 1
    )
    assert left_on_disk(world) == [young.file_key]
    with world.database.transaction(A, writes=False) as tx:
        assert tx.scalars(select(Attachment.id)).all() == [young.id]


def test_what_a_deleted_message_or_a_kill_left_is_swept_in_its_business_alone(world: World) -> None:
    files = Files(world.settings.media_folder)
    row, other = kept(world, "wamid.one"), kept(world, "wamid.two")
    with world.database.transaction(A) as tx:
        tx.execute(delete(Message).where(Message.id == row.message_id))
        assert tx.scalars(select(Attachment.id)).all() == [other.id]
    half = new_key()
    place = files.path(A, half)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.with_name(f".{half}.0123").write_bytes(b"half")
    with files.writing(B, new_key()) as file:
        file.write(b"of another business, without a row")
    assert sweep(world.database, files, A) == 2
    assert len(left_on_disk(world)) == 2
    assert sweep(world.database, files, A) == 0
    assert sweep(world.database, files, B) == 1


def test_a_file_whose_message_goes_while_it_comes_is_not_left_behind(
    world: World, graph: FakeGraph
) -> None:
    row = send(world, "image", {"id": "77", "mime_type": "image/png"})

    def meanwhile() -> Iterator[bytes]:
        yield PNG
        with world.database.transaction(A) as tx:
            tx.execute(delete(Message).where(Message.id == row.message_id))

    graph.media["77"].body = meanwhile
    jobs_of(world).download(A, row.id)
    assert left_on_disk(world) == []
