"""The job of a recording: find it where nobody told of it, fetch it, and delete it at Twilio.

It looks at what is done already, so a worker that was killed takes it up again. Once the file is here
it is deleted at Twilio, and where the business deleted it before, at Twilio as well: there is one copy,
whose time the business decides. What could not be deleted there is tried again every hour, for as long as
it takes, whatever became of the call meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from maane.calls import operations as calls
from maane.calls.models import Call
from maane.channels.voice import connection
from maane.channels.voice.recordings.twilio import TwilioRecordings
from maane.jobs.queue import Jobs, NotYet, TryLater
from maane.kit.db import Database, Transaction, now
from maane.kit.logging import LOG
from maane.media import kinds, recordings
from maane.media import operations as media
from maane.media.download import DownloadError
from maane.media.files import Files
from maane.media.keeping import keep
from maane.media.models import Recording
from maane.media.operations import Stored
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, tenant_for_job

FETCH_JOB = "fetch recording"
REMOVE_JOB = "delete recordings at provider"
REMOVALS = "recording copies"
"""The partition of these: what one deletes the next one finds deleted."""
TOLD_WITHIN = timedelta(minutes=2)
"""So long after a call Twilio has told of its recording; then it is asked."""
HOUR_S = 3600


def partition_of(call_id: int) -> str:
    """The jobs of one call's recording run one by one."""
    return f"recording:{call_id}"


@dataclass(frozen=True)
class RecordingJobs:
    """What a worker has at hand for them."""

    database: Database
    settings: Settings
    jobs: Jobs

    def fetch(self, business_id: int, call_id: int) -> None:
        """Raises ``TryLater`` and ``NotYet``."""
        row, call, twilio = self._read(business_id, call_id)
        if row is None:
            if not call.is_recorded or call.ended_at is None:
                return
            left_s = (call.ended_at + TOLD_WITHIN - now()).total_seconds()
            if left_s > 0:
                raise NotYet(left_s)
        try:
            if twilio is None:
                raise DownloadError("not_connected")
            row = self._found(business_id, call, row, twilio)
            if row.status == "waiting" and row.external_id is not None:
                row = self._download(business_id, row, twilio)
            is_done = row.status in ("stored", "deleted")
            if is_done and row.is_at_provider and row.external_id is not None:
                self._delete(business_id, row.external_id, twilio)
        except DownloadError as error:
            self._note_failure(business_id, call_id, error)

    def give_up(self, business_id: int, call_id: int) -> None:
        """Says on the recording that it will not come, with the last reason."""
        with self.database.transaction(business_id) as tx:
            row = recordings.locked_of_call(tx, tenant_for_job(tx, business_id), call_id)
            if row is not None and row.status == "waiting":
                recordings.note_lost(tx, row, "failed", row.reason or "unreachable")

    def plan(self) -> None:
        """Enqueues the removal of what lies at Twilio for nobody, once an hour, however many ask."""
        hour = int(now().timestamp()) // HOUR_S
        with self.database.transaction(writes=False) as tx:
            business_ids = tenancy.list_ids(tx)
        for business_id in business_ids:
            with self.database.transaction(business_id, writes=False) as tx:
                is_due = recordings.unneeded_copies(tx, tenant_for_job(tx, business_id))
            if is_due:
                with self.database.transaction(business_id) as tx:
                    self.jobs.enqueue_turn(tx, REMOVE_JOB, business_id, hour, REMOVALS)

    def remove(self, business_id: int, subject_id: int) -> None:
        """Deletes at Twilio what lies there for nobody. What it refuses, and what lies in an account that
        is not connected any more, waits for the next hour. Raises ``TryLater``."""
        with self.database.transaction(business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, business_id)
            copies = [
                (copy.external_id, self._twilio(tx, tenant, copy.account_sid))
                for copy in recordings.unneeded_copies(tx, tenant)
            ]
        for sid, twilio in copies:
            try:
                if twilio is None:
                    raise DownloadError("not_connected")
                self._delete(business_id, sid, twilio)
            except DownloadError as error:
                LOG.warning(
                    "recording stays at provider", business_id=business_id, reason=error.reason
                )
                if error.may_retry:
                    raise TryLater(error.after_s) from None

    def give_up_removing(self, business_id: int, subject_id: int) -> None:
        """The log says so; the next hour begins with what this one left."""

    @property
    def _files(self) -> Files:
        return Files(self.settings.media_folder)

    def _read(
        self, business_id: int, call_id: int
    ) -> tuple[Recording | None, Call, TwilioRecordings | None]:
        with self.database.transaction(business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.get_call(tx, tenant, call_id)
            row = recordings.of_call(tx, tenant, call_id)
            return row, call, self._twilio(tx, tenant, call.account_sid)

    def _twilio(self, tx: Transaction, tenant: Tenant, account_sid: str) -> TwilioRecordings | None:
        """None where the business is not connected any more to the account that recorded."""
        channel = connection.connected(tx, tenant)
        if channel is None or channel.account_sid != account_sid:
            return None
        token = connection.token_of(self.settings, channel)
        return (
            None if token is None else TwilioRecordings(self.settings, channel.account_sid, token)
        )

    def _found(
        self, business_id: int, call: Call, row: Recording | None, twilio: TwilioRecordings
    ) -> Recording:
        """The row with the id at Twilio, which is asked where nobody told it."""
        if row is not None and (row.external_id is not None or row.status == "absent"):
            return row
        sid = twilio.find(call.external_id)
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked_by_id(tx, tenant, call.id)
            status = "absent" if sid is None else "waiting"
            row = recordings.expect(tx, tenant, call.id, sid, status=status)
            if sid is not None:
                recordings.note_copy(tx, tenant, call.account_sid, sid)
                return row
            if row.status == "waiting":
                recordings.note_lost(tx, row, "absent", None)
            recordings.note_none_at_provider(tx, row)
            return row

    def _download(self, business_id: int, row: Recording, twilio: TwilioRecordings) -> Recording:
        with self.database.transaction(business_id, writes=False) as tx:
            used = media.stored_bytes(tx, tenant_for_job(tx, business_id))
        stored = self._kept(row, twilio, self.settings.media_business_mb * kinds.MB - used)
        with self.database.transaction(business_id) as tx:
            current = recordings.locked_of_call(tx, tenant_for_job(tx, business_id), row.call_id)
            if current is not None and current.status == "waiting":
                recordings.note_stored(tx, current, stored)
                return current
        # It was deleted, or its person erased, while it came. The copy at Twilio is known all the same.
        self._files.remove(business_id, row.file_key)
        return row if current is None else current

    def _kept(self, row: Recording, twilio: TwilioRecordings, room: int) -> Stored:
        limit = self.settings.media_max_mb * kinds.MB
        fetch = partial(twilio.fetch, row.external_id or "")
        return keep(self._files, row.business_id, row.file_key, "audio", fetch, limit, room)

    def _delete(self, business_id: int, sid: str, twilio: TwilioRecordings) -> None:
        twilio.delete(sid)
        with self.database.transaction(business_id) as tx:
            recordings.note_copy_gone(tx, tenant_for_job(tx, business_id), sid)

    def _note_failure(self, business_id: int, call_id: int, error: DownloadError) -> None:
        LOG.warning(
            "recording not had", business_id=business_id, call_id=call_id, reason=error.reason
        )
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked_by_id(tx, tenant, call_id)
            row = recordings.locked_of_call(tx, tenant, call.id)
            if row is None:
                row = recordings.expect(tx, tenant, call.id, None)
            if row.status == "waiting" and error.may_retry:
                recordings.note_reason(tx, row, error.reason)
            elif row.status == "waiting":
                recordings.note_lost(tx, row, "failed", error.reason)
        if error.may_retry:
            raise TryLater(error.after_s)
