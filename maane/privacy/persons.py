"""Everything that a business holds of one person: counted, given out as a file, erased."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from maane.calls import operations as calls
from maane.channels.voice.recordings.operations import remove_soon
from maane.conversations import identity
from maane.conversations import operations as conversations
from maane.jobs.queue import Jobs
from maane.kit.db import Database, Transaction, now
from maane.kit.errors import Conflict, Invalid
from maane.leads import history
from maane.leads import operations as leads
from maane.leads.models import Lead
from maane.media.files import Files
from maane.media.models import Attachment, Recording
from maane.privacy import store
from maane.privacy.holdings import HOLDINGS, Holding, Subject
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

SWEEP_JOB = "remove files of an erased person"
ROWS_AT_ONCE = 500
BYTES_AT_ONCE = 256 * 1024
FILE = "person.json"


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a person: their leads, and how many rows of each table. ``erases``: the rows that
    an erasure removes, the others stay as ``Holding.stays`` says."""

    leads: Sequence[Lead]
    counts: dict[str, int]
    erases: dict[str, int]


def held_of(tx: Transaction, tenant: Tenant, lead_id: int) -> Held:
    """Raises ``NotFound``, and ``Conflict("too_many_people")`` where a phone number joins more than can
    be one person."""
    subject, lead_ids = _subject(tx, tenant, lead_id)
    counts = {h.table: store.count_of(tx, tenant, h, subject) for h in HOLDINGS}
    stays = {h.table for h in HOLDINGS if h.stays is not None}
    erases = {table: count for table, count in counts.items() if table not in stays}
    rows = [leads.get_lead(tx, tenant, key) for key in sorted(lead_ids)]
    return Held(rows, counts, erases)


def note_export(tx: Transaction, tenant: Tenant, caller: Caller, lead_id: int) -> Subject:
    """Puts on record that everything of a person was given out. Raises as ``held_of``."""
    subject, _ = _subject(tx, tenant, lead_id)
    audit.record(tx, caller, "person.exported", f"lead:{lead_id}")
    return subject


def archive_of(
    database: Database, files: Files, tenant: Tenant, subject: Subject
) -> Iterator[bytes]:
    """The pieces of a ZIP: one JSON document (UTF-8, each row of each table as it is stored), and the
    files that the person sent, each under the ``file_key`` of its row.

    Pieces are reading transactions of their own, so that a slow download holds none open.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(FILE, now().timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w", force_zip64=True) as file:
            for text in _document(database, tenant, subject):
                file.write(text.encode())
                yield pipe.take()
        for key in _file_keys(database, tenant, subject):
            yield from _packed(archive, pipe, files.path(tenant.id, key), f"files/{key}")
    yield pipe.take()


def erase(
    tx: Transaction, jobs: Jobs, tenant: Tenant, caller: Caller, lead_id: int, confirmation: str
) -> dict[str, int]:
    """Removes everything of a person, in this one transaction; how many rows of which table went. Files
    that the person sent, and recordings that a provider still has, are removed by jobs, once their rows
    are gone.

    ``confirmation``: the name or the phone number on the lead, so that nobody erases by a slip. The
    audit log keeps that it was done, by whom and of which lead id. Raises ``NotFound``, ``Conflict``
    (``too_many_people``), and ``Invalid`` for a confirmation that is neither.
    """
    tenancy.lock(tx, tenant)
    lead = leads.get_lead(tx, tenant, lead_id)
    if not _confirms(confirmation, lead):
        raise Invalid.field("confirmation", "mismatch", "is neither the name nor the phone number")
    subject, _ = _subject(tx, tenant, lead_id)
    # A turn that is taking in what this person wrote holds its event until it is done, and may open a
    # conversation until then; afterwards there is nothing more to take in.
    events = next(h for h in HOLDINGS if h.table == "inbound_events")
    counts = {events.table: store.count_of(tx, tenant, events, subject)}
    store.delete_of(tx, tenant, events, subject)
    subject, lead_ids = _subject(tx, tenant, lead_id)
    calls.lock_of(tx, tenant, sorted(subject.conversation_ids))
    for key in sorted(subject.conversation_ids):
        conversations.lock(tx, tenant, key)
    erased = [h for h in HOLDINGS if h.stays is None and h is not events]
    # Counted first: some go along with the rows that they belong to.
    counts |= {h.table: store.count_of(tx, tenant, h, subject) for h in erased}
    for holding in erased:
        store.delete_of(tx, tenant, holding, subject)
    tx.expire_all()
    others = ",".join(f"lead:{key}" for key in sorted(lead_ids - {lead_id}))
    audit.record(tx, caller, "person.erased", f"lead:{lead_id} {others}".strip())
    jobs.enqueue_turn(tx, SWEEP_JOB, tenant.id, lead_id, "sweep")
    remove_soon(tx, jobs, tenant, lead_id, "erased")
    return counts


def _subject(tx: Transaction, tenant: Tenant, lead_id: int) -> tuple[Subject, frozenset[int]]:
    person = identity.of_lead(tx, tenant, lead_id)
    if not person.is_whole:
        raise Conflict("too_many_people")
    keys = identity.contact_keys(tx, tenant, person.conversation_ids)
    with_merged = {k for key in person.lead_ids for k in history.lead_ids_of(tx, tenant, key)}
    subject = Subject(
        business_id=tenant.id,
        lead_ids=sorted(with_merged),
        conversation_ids=sorted(person.conversation_ids),
        phones=sorted(person.phones),
        # A provider knows a number by its digits.
        contact_keys=sorted(keys | {phone.lstrip("+") for phone in person.phones}),
    )
    return subject, person.lead_ids


def _confirms(confirmation: str, lead: Lead) -> bool:
    given = " ".join(confirmation.split()).casefold()
    digits = "".join(letter for letter in given if letter.isdigit())
    if given == " ".join(lead.name.split()).casefold():
        return True
    phone = (lead.phone or "").lstrip("+")
    is_number = not any(letter.isalpha() for letter in given)
    # 052… as people write it at home is the end of +97252….
    return bool(phone) and is_number and len(digits) > 6 and phone.endswith(digits.lstrip("0"))


def _document(database: Database, tenant: Tenant, subject: Subject) -> Iterator[str]:
    head = {"business": tenant.name, "made_at": now().isoformat(timespec="seconds")}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "tables": {'
    for number, holding in enumerate(reversed(HOLDINGS)):
        yield ("" if number == 0 else ",") + f'\n"{holding.table}": ['
        is_first = True
        for rows in _pages(database, tenant, holding, subject):
            lines = [json.dumps(row, ensure_ascii=False, default=_plain) for row in rows]
            if lines:
                yield ("\n" if is_first else ",\n") + ",\n".join(lines)
                is_first = False
        yield "]"
    yield "\n}}\n"


def _pages(
    database: Database, tenant: Tenant, holding: Holding, subject: Subject
) -> Iterator[list[dict[str, Any]]]:
    offset = 0
    while True:
        with database.transaction(tenant.id, writes=False) as tx:
            rows = store.rows_of(tx, tenant, holding, subject, offset=offset, limit=ROWS_AT_ONCE)
        yield rows
        if len(rows) < ROWS_AT_ONCE:
            return
        offset += ROWS_AT_ONCE


def _file_keys(database: Database, tenant: Tenant, subject: Subject) -> list[str]:
    found = []
    for holding in HOLDINGS:
        if holding.model in (Attachment, Recording):
            for rows in _pages(database, tenant, holding, subject):
                found += [row["file_key"] for row in rows]
    return found


def _packed(archive: zipfile.ZipFile, pipe: _Pipe, place: Path, name: str) -> Iterator[bytes]:
    try:
        source = place.open("rb")
    except FileNotFoundError:
        # It was refused, or has not arrived yet: its row says so.
        return
    with source, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as file:
        while piece := source.read(BYTES_AT_ONCE):
            file.write(piece)
            yield pipe.take()


def _plain(value: object) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(f"a column of {type(value).__name__} has no form in an export")


class _Pipe(io.RawIOBase):
    """What was written and not taken yet: a ZIP is made while it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._kept)
        self._kept.clear()
        return taken
