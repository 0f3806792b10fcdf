"""Take in what Twilio tells of a recording; fetch it again, and delete it, for the business."""

from __future__ import annotations

from maane.calls import lookup, outgoing
from maane.calls import operations as calls
from maane.calls.models import Call
from maane.channels.voice.recordings.jobs import FETCH_JOB, REMOVALS, REMOVE_JOB, partition_of
from maane.channels.voice.recordings.twilio import SID
from maane.jobs.queue import Jobs
from maane.kit.db import Database, Transaction
from maane.kit.errors import Conflict, NotFound, Unavailable
from maane.kit.logging import LOG
from maane.media import recordings
from maane.media.files import Files
from maane.media.models import Recording
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant, tenant_for_job


def note_status(
    database: Database, jobs: Jobs, business_id: int, call_id: int, fields: dict[str, str]
) -> None:
    """What Twilio tells of a recording, whose request was found to be signed. One of a call that is gone
    from here is deleted there; one that belongs to another call than its address says is left alone."""
    sid, status = fields.get("RecordingSid", ""), fields.get("RecordingStatus", "")
    if status not in ("completed", "absent", "failed") or not SID.fullmatch(sid):
        return
    with database.transaction(business_id) as tx:
        tenant = tenant_for_job(tx, business_id)
        call = calls.locked(tx, tenant, fields.get("CallSid", ""))
        if call_id and status == "completed" and not lookup.is_known(tx, tenant, call_id):
            recordings.note_copy(tx, tenant, fields["AccountSid"], sid)
            remove_soon(tx, jobs, tenant, call_id, f"told:{sid}")
            return
        if call is None or call.id != call_id or not call.is_recorded:
            LOG.warning("recording of an unknown call", business_id=business_id)
            return
        seconds = fields.get("RecordingDuration", "")
        is_number = seconds.isascii() and seconds.isdigit() and len(seconds) < 7
        row = recordings.expect(
            tx,
            tenant,
            call.id,
            sid,
            status="waiting" if status == "completed" else "absent",
            duration_s=int(seconds) if is_number else None,
        )
        if row.is_at_provider:
            recordings.note_copy(tx, tenant, call.account_sid, row.external_id or sid)
            _enqueue(tx, jobs, tenant, call, f"told:{sid}")


def fetch_again(tx: Transaction, jobs: Jobs, tenant: Tenant, caller: Caller, call_id: int) -> None:
    """Fetches a recording that could not be had. Raises ``NotFound`` for a call that was not recorded,
    and ``Conflict`` for a recording that the business deleted."""
    call = calls.locked_by_id(tx, tenant, call_id)
    tenancy.lock(tx, tenant)
    if not call.is_recorded or call.ended_at is None:
        raise NotFound
    row = recordings.locked_of_call(tx, tenant, call.id)
    if row is not None and row.status == "deleted":
        raise Conflict("recording_deleted")
    if row is None or row.status in ("failed", "absent"):
        row = row or recordings.expect(tx, tenant, call.id, None)
        attempt = recordings.try_again(tx, row)
        audit.record(tx, caller, "recording.fetched_again", _subject(call))
        _enqueue(tx, jobs, tenant, call, f"again:{attempt}")


def delete(
    tx: Transaction, jobs: Jobs, files: Files, tenant: Tenant, caller: Caller, call_id: int
) -> None:
    """Deletes a recording here, and at Twilio where it still is. Deleting again changes nothing. Raises
    ``NotFound`` where there is none, and ``Unavailable`` where the disk does not let go of it."""
    call = calls.locked_by_id(tx, tenant, call_id)
    tenancy.lock(tx, tenant)
    row = recordings.locked_of_call(tx, tenant, call.id)
    if row is None:
        raise NotFound
    if row.status == "deleted":
        return
    try:
        recordings.delete(tx, files, caller, row)
    except OSError as error:
        LOG.error("recording not removed", business_id=tenant.id, error=error.strerror)
        raise Unavailable("file") from None
    audit.record(tx, caller, "recording.deleted", _subject(call))
    if row.is_at_provider:
        _enqueue(tx, jobs, tenant, call, "deleted")


def get_stored(tx: Transaction, tenant: Tenant, call_id: int) -> Recording:
    """Raises ``NotFound`` where there is no file."""
    calls.get_call(tx, tenant, call_id)
    row = recordings.of_call(tx, tenant, call_id)
    if row is None or row.status != "stored":
        raise NotFound
    return row


def look_after(tx: Transaction, jobs: Jobs, tenant: Tenant, call: Call) -> None:
    """Sees to it, when a call has ended, that its recording is had even where nobody tells of it."""
    if not call.is_recorded:
        return
    if call.answered_at is not None or outgoing.is_dial_unreported(tx, tenant, call):
        _enqueue(tx, jobs, tenant, call, "ended")


def remove_soon(tx: Transaction, jobs: Jobs, tenant: Tenant, subject_id: int, because: str) -> None:
    """Deletes at Twilio what lies there for nobody, once this is committed."""
    jobs.enqueue_turn(tx, REMOVE_JOB, tenant.id, subject_id, REMOVALS, because=because)


def _enqueue(tx: Transaction, jobs: Jobs, tenant: Tenant, call: Call, because: str) -> None:
    jobs.enqueue_turn(tx, FETCH_JOB, tenant.id, call.id, partition_of(call.id), because=because)


def _subject(call: Call) -> str:
    return f"conversation:{call.conversation_id} call:{call.id}"
