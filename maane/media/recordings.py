"""Recordings of calls: expect one, note what became of it, delete it."""

from __future__ import annotations

from collections.abc import Sequence

from maane.kit.db import Transaction, now
from maane.media import store
from maane.media.files import Files, new_key
from maane.media.models import Recording, RecordingCopy
from maane.media.operations import Stored
from maane.tenancy.access import Caller, Tenant


def of_call(tx: Transaction, tenant: Tenant, call_id: int) -> Recording | None:
    return store.recording_of(tx, tenant, call_id, locks=False)


def locked_of_call(tx: Transaction, tenant: Tenant, call_id: int) -> Recording | None:
    """The same for the one transaction that may change it."""
    return store.recording_of(tx, tenant, call_id, locks=True)


def expect(
    tx: Transaction,
    tenant: Tenant,
    call_id: int,
    external_id: str | None,
    *,
    status: str = "waiting",
    duration_s: int | None = None,
) -> Recording:
    """The recording of a call, noted once, whoever tells of it again. Its call is locked by the
    caller. What was fetched, or deleted by the business, stays so; of the latter it is noted that the
    provider has it all the same."""
    row = store.recording_of(tx, tenant, call_id, locks=True)
    if row is None:
        row = Recording(
            business_id=tenant.id,
            call_id=call_id,
            external_id=external_id,
            file_key=new_key(),
            status=status,
            is_at_provider=status == "waiting",
            attempt=0,
            duration_s=duration_s,
            created_at=now(),
        )
        store.add_recording(tx, row)
        return row
    if row.status == "deleted" and external_id is not None:
        row.external_id = row.external_id or external_id
        row.is_at_provider = row.is_at_provider or status == "waiting"
        tx.flush()
    elif row.status != "stored" and external_id is not None:
        row.external_id = row.external_id or external_id
        row.status, row.reason, row.is_at_provider = status, None, status == "waiting"
        row.duration_s = duration_s if duration_s is not None else row.duration_s
        tx.flush()
    return row


def try_again(tx: Transaction, row: Recording) -> int:
    """What could not be had is waited for again; the number of this attempt."""
    row.status, row.reason = "waiting", None
    row.attempt += 1
    tx.flush()
    return row.attempt


def note_stored(tx: Transaction, row: Recording, stored: Stored) -> None:
    row.status, row.reason = "stored", None
    row.content_type, row.size, row.sha256 = stored.content_type, stored.size, stored.sha256
    tx.flush()


def note_lost(tx: Transaction, row: Recording, status: str, reason: str | None) -> None:
    """``status`` is ``failed`` or ``absent``."""
    row.status, row.reason = status, reason
    tx.flush()


def note_reason(tx: Transaction, row: Recording, reason: str) -> None:
    """Why the last try failed, while others follow."""
    row.reason = reason
    tx.flush()


def note_none_at_provider(tx: Transaction, row: Recording) -> None:
    """The provider was asked for it, and has none."""
    row.is_at_provider = False
    tx.flush()


def note_copy(tx: Transaction, tenant: Tenant, account_sid: str, external_id: str) -> None:
    """An account at the provider has a recording, which is to be deleted there once nobody here waits
    for it."""
    store.add_copy(tx, tenant, account_sid, external_id)


def note_copy_gone(tx: Transaction, tenant: Tenant, external_id: str) -> None:
    """It was deleted there."""
    for row in store.lock_by_external_id(tx, tenant, external_id):
        row.is_at_provider = False
    store.delete_copy(tx, tenant, external_id)
    tx.flush()


def unneeded_copies(tx: Transaction, tenant: Tenant) -> Sequence[RecordingCopy]:
    """What is to be deleted at the provider: its recording is here, or was deleted, or is unknown here,
    as after the erasure of its person. One that could not be had may be fetched again, and stays."""
    return store.list_unneeded_copies(tx, tenant, ("waiting", "failed"))


def delete(tx: Transaction, files: Files, caller: Caller, row: Recording) -> None:
    """Removes the file first: whoever is killed before the row says so finds a file that is gone, and
    deletes again. Raises ``OSError``."""
    files.remove(row.business_id, row.file_key)
    row.status, row.reason = "deleted", None
    row.content_type = row.size = row.sha256 = None
    row.deleted_at = now()
    row.deleted_by_user_id, row.deleted_by_name = caller.user_id, caller.name
    tx.flush()
