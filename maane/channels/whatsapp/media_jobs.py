"""The jobs of a file: fetch it from its provider, and hear what was said in it.

Both look at what is done already, so a worker that was killed takes them up again: a file is written
under a name that its row chose, and written again where the row does not say that it is there. The turn
that a voice note awaits does not hold a thread meanwhile. It comes back when the note's time is over,
and sooner by a job that ``_wake`` enqueues once there is nothing more to wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from maane.assistant.transcription import Transcriber, TranscriptionError
from maane.channels import inbox
from maane.channels.whatsapp.media_sources import MediaSource, source_for
from maane.channels.whatsapp.operations import ANSWER_JOB, said_in
from maane.channels.whatsapp.payload import InboundMessage
from maane.conversations import operations as conversations
from maane.conversations.models import Message
from maane.jobs.queue import Jobs, TryLater
from maane.kit.db import Database, Transaction, now
from maane.kit.logging import LOG
from maane.media import kinds
from maane.media import operations as media
from maane.media.download import DownloadError
from maane.media.files import Files
from maane.media.keeping import keep
from maane.media.models import Attachment
from maane.media.operations import Stored
from maane.media.words import UNHEARD
from maane.settings import Settings
from maane.tenancy.access import Tenant, tenant_for_job

DOWNLOAD_JOB = "download attachment"
HEAR_JOB = "transcribe voice note"
LONGEST_HEARING = timedelta(seconds=20)
"""So long after a voice note arrived its turn goes on, heard or not."""
NOT_THERE_YET = timedelta(minutes=1)
"""A webhook may be ahead of the file: until then one that is not found is asked for again."""
FAILED = frozenset({"not_connected", "not_kept", "provider_refused", "unreachable"})
"""Reasons that lie with us or the provider; the others are refusals of the file itself."""


def expect(
    tx: Transaction,
    jobs: Jobs,
    settings: Settings,
    tenant: Tenant,
    provider: str,
    messages: Sequence[InboundMessage],
    *,
    is_active: bool,
) -> None:
    """Notes the files of messages that were taken in, with the jobs that fetch them. In a suspended
    business nothing is transcribed."""
    for said in messages:
        if not said.files:
            continue
        message = conversations.message_of_event(tx, tenant, said.external_id)
        if message is None:
            continue
        is_transcribed = settings.has_transcription and is_active
        new = media.expect(
            tx, tenant, message.id, provider, said.files, is_transcribed=is_transcribed
        )
        for attachment_id in new:
            # One customer's files come one by one, and nobody else's wait for them.
            partition = f"files:{said.contact_key}"
            jobs.enqueue_turn(tx, DOWNLOAD_JOB, tenant.id, attachment_id, partition)


def hearing_s(tx: Transaction, tenant: Tenant, awaiting: Sequence[Message]) -> float:
    """Seconds for which the messages that await an answer may still be waiting to be heard."""
    unheard = [message for message in awaiting if UNHEARD in message.text]
    if not unheard:
        return 0.0
    files = media.of_messages(tx, tenant, [message.id for message in unheard])
    due = [
        (message.created_at + LONGEST_HEARING - now()).total_seconds()
        for message in unheard
        if any(file.transcript_status == "waiting" for file in files.get(message.id, ()))
    ]
    return max(due, default=0.0)


@dataclass(frozen=True)
class FileJobs:
    """What a worker has at hand for them."""

    database: Database
    settings: Settings
    jobs: Jobs
    transcriber: Transcriber | None

    def download(self, business_id: int, attachment_id: int) -> None:
        """Fetches one file and keeps it. Raises ``TryLater``."""
        with self.database.transaction(business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, business_id)
            row = media.find(tx, tenant, attachment_id)
            if row is None or row.status != "waiting":
                return
            source = source_for(tx, tenant, self.settings, row.provider)
            room = self.settings.media_business_mb * kinds.MB - media.stored_bytes(tx, tenant)
        try:
            stored = self._keep(row, source, room)
        except DownloadError as error:
            self._note_failure(row, error)
            return
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            current = media.find(tx, tenant, attachment_id)
            if current is None:
                self._files.remove(business_id, row.file_key)
                return
            media.note_stored(tx, current, stored)
            if current.transcript_status == "waiting":
                partition = f"heard:{current.id}"
                self.jobs.enqueue_turn(tx, HEAR_JOB, business_id, current.id, partition)

    def give_up_download(self, business_id: int, attachment_id: int) -> None:
        """Says on the file that it will not come, with the last reason."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            row = media.find(tx, tenant, attachment_id)
            if row is not None and row.status == "waiting":
                self._lose(tx, tenant, row, row.reason or "unreachable")

    def hear(self, business_id: int, attachment_id: int) -> None:
        """Asks what was said in a voice note, and lets its turn go on. Raises ``TryLater``."""
        with self.database.transaction(business_id, writes=False) as tx:
            row = media.find(tx, tenant_for_job(tx, business_id), attachment_id)
        if row is None or row.status != "stored" or row.transcript_status != "waiting":
            return
        transcript = None
        try:
            if self.transcriber is not None:
                place = self._files.path(business_id, row.file_key)
                transcript = self.transcriber.transcribe(place, row.content_type or "")
        except TranscriptionError as error:
            LOG.warning(
                "transcription failed",
                business_id=business_id,
                attachment_id=attachment_id,
                reason=error.reason,
            )
            if error.may_retry:
                raise TryLater(error.after_s) from None
        self._note_transcript(business_id, attachment_id, transcript)

    def give_up_hearing(self, business_id: int, attachment_id: int) -> None:
        """Says on a voice note that nobody heard it."""
        self._note_transcript(business_id, attachment_id, None)

    @property
    def _files(self) -> Files:
        return Files(self.settings.media_folder)

    def _keep(self, row: Attachment, source: MediaSource | None, room: int) -> Stored:
        """Raises ``DownloadError``."""
        if source is None:
            raise DownloadError("not_connected")
        limit = min(kinds.LIMITS[row.kind], self.settings.media_max_mb * kinds.MB)
        fetch = partial(source.fetch, row.source)
        return keep(self._files, row.business_id, row.file_key, row.kind, fetch, limit, room)

    def _note_failure(self, row: Attachment, error: DownloadError) -> None:
        LOG.warning(
            "download failed",
            business_id=row.business_id,
            attachment_id=row.id,
            reason=error.reason,
        )
        is_early = error.reason == "gone" and now() < row.created_at + NOT_THERE_YET
        with self.database.transaction(row.business_id) as tx:
            tenant = tenant_for_job(tx, row.business_id)
            current = media.find(tx, tenant, row.id)
            if current is None:
                return
            if not error.may_retry and not is_early:
                self._lose(tx, tenant, current, error.reason)
                return
            current.reason = error.reason
            tx.flush()
        raise TryLater(error.after_s)

    def _lose(self, tx: Transaction, tenant: Tenant, row: Attachment, reason: str) -> None:
        was_awaited = row.transcript_status == "waiting"
        media.note_lost(tx, row, "failed" if reason in FAILED else "refused", reason)
        if was_awaited:
            self._wake(tx, tenant, row)

    def _note_transcript(
        self, business_id: int, attachment_id: int, transcript: str | None
    ) -> None:
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            row = media.find(tx, tenant, attachment_id)
            if row is None or row.transcript_status != "waiting":
                return
            if transcript is not None:
                conversations.add_transcript(tx, tenant, row.message_id, transcript)
            media.note_transcript(tx, row, transcript)
            self._wake(tx, tenant, row)

    def _wake(self, tx: Transaction, tenant: Tenant, row: Attachment) -> None:
        """Runs the turn that may have waited for this file: that of the newest message which awaits
        an answer in its conversation."""
        message = conversations.find_message(tx, tenant, row.message_id)
        if message is None:
            return
        awaiting = conversations.awaiting(tx, tenant, message.conversation_id)
        newest = awaiting[-1].external_id if awaiting else None
        event = None if newest is None else inbox.find_event(tx, tenant, row.provider, newest)
        said = None if event is None else said_in(event)
        if event is not None and said is not None:
            jobs, cause = self.jobs, f"heard:{row.id}"
            jobs.enqueue_turn(tx, ANSWER_JOB, tenant.id, event.id, said.contact_key, because=cause)
