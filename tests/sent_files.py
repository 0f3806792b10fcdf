"""Files that customers send over Meta, in a world without processes: the webhook takes them, and the
tests run the jobs themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from maane.assistant.transcription import transcriber_of
from maane.channels.whatsapp.connection import connect_number
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.media_jobs import FileJobs
from maane.channels.whatsapp.payload import sign
from maane.jobs.queue import Jobs
from maane.kit.db import Database, now
from maane.media.files import Files
from maane.media.models import Attachment
from maane.settings import Settings
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.people import A, World
from tests.town import NUMBER, SECRET

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
JPEG = b"\xff\xd8\xff\xe0" + b"j" * 500
OGG = b"OggS\x00\x02" + b"\x00" * 22 + b"OpusHead\x01\x01" + b"o" * 2000
PDF = b"%PDF-1.7\n" + b"p" * 300
CUSTOMER = "972502000001"


def message_of(kind: str, content: dict[str, Any], wamid: str, digits: str = CUSTOMER) -> bytes:
    """One message with a file, as Meta delivers it."""
    at = str(int(now().timestamp()))
    item = {"from": digits, "id": wamid, "timestamp": at, "type": kind, kind: content}
    value = {
        "metadata": {"phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "דנה"}, "wa_id": digits}],
        "messages": [item],
    }
    return json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()


def connect(
    database: Database, settings: Settings, number: str = NUMBER, business: int = A
) -> None:
    """Gives a business its number at Meta."""
    with database.transaction(business) as tx:
        tenant = tenant_for_job(tx, business)
        connect_number(tx, tenant, caller_for_job(tenant), settings, number, "EAAG-token")


def deliver(world: World, raw: bytes) -> None:
    headers = {"X-Hub-Signature-256": sign(SECRET.encode(), raw)}
    answer = world.app.test_client().post("/webhook/whatsapp", data=raw, headers=headers)
    assert answer.status_code == 200


def send(
    world: World, kind: str, content: dict[str, Any], wamid: str = "wamid.file", *, age_s: float = 0
) -> Attachment:
    """The customer sends a file, which is taken in; ``age_s`` is how long ago that is made to be."""
    deliver(world, message_of(kind, content, wamid))
    take_in(world)
    with world.database.transaction(A) as tx:
        row = tx.scalars(select(Attachment).order_by(Attachment.id.desc()).limit(1)).one()
        row.created_at = now() - timedelta(seconds=age_s)
    return row


def take_in(world: World) -> None:
    """What a worker does with the turns in the queue; nobody is waited for."""
    work = Work(world.database, world.settings, None)
    for event_id in queued(world, "answer whatsapp message"):
        work._open(A, event_id)


def queued(world: World, name: str) -> list[int]:
    """The subjects of the jobs of this name, in the order of their coming."""
    table = "workflow_status" if world.database.is_sqlite else "dbos.workflow_status"
    statement = text(f"SELECT workflow_uuid FROM {table} WHERE name = :name ORDER BY created_at")
    with world.database.engine.connect() as connection:
        ids = connection.execute(statement, {"name": name}).scalars().all()
    return [int(one.split(":")[2]) for one in ids]


def jobs_of(world: World) -> FileJobs:
    database, settings = world.database, world.settings
    return FileJobs(
        database, settings, Jobs(database, settings.secret("partitions")), transcriber_of(settings)
    )


def seen(world: World, attachment_id: int) -> Attachment:
    with world.database.transaction(A, writes=False) as tx:
        return tx.scalars(select(Attachment).where(Attachment.id == attachment_id)).one()


def bytes_of(world: World, row: Attachment) -> bytes:
    return Files(world.settings.media_folder).path(row.business_id, row.file_key).read_bytes()


def left_on_disk(world: World) -> list[str]:
    """The names of all files, those half written included."""
    return sorted(path.name for path in world.settings.media_folder.rglob("*") if path.is_file())


def endless() -> Iterator[bytes]:
    """Bytes of a JPEG that never ends."""
    yield JPEG
    while True:
        yield b"x" * 65_536
