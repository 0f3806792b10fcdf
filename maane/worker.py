"""``maane worker``: runs the durable jobs. As many as wanted on PostgreSQL, one on SQLite."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType

from maane.assistant.openai_model import model_of
from maane.assistant.transcription import transcriber_of
from maane.channels.voice.closing import AFTER_JOB
from maane.channels.voice.jobs import AfterCall
from maane.channels.voice.outgoing.jobs import CloseOutgoing
from maane.channels.voice.outgoing.placing import CLOSE_JOB
from maane.channels.voice.recordings.jobs import FETCH_JOB, REMOVE_JOB, RecordingJobs
from maane.channels.voice.simulator.calling import forget_old
from maane.channels.voice.texting import TEXT_JOB, CallTexts
from maane.channels.voice.watching import WATCH_JOB, Watch
from maane.channels.whatsapp.jobs import Work
from maane.channels.whatsapp.media_jobs import DOWNLOAD_JOB, HEAR_JOB, FileJobs
from maane.channels.whatsapp.notices import PhoneNotices
from maane.channels.whatsapp.operations import ANSWER_JOB
from maane.conversations.people import SEND_JOB
from maane.hours.operations import CHANGED_JOB
from maane.jobs.planning import keep_planning
from maane.jobs.queue import Job, run_jobs
from maane.kit import memory
from maane.kit.db import Database
from maane.media.files import Files
from maane.notifications.jobs import Notices
from maane.notifications.operations import ESCALATE_JOB, MAIL_JOB, WHATSAPP_JOB
from maane.privacy.jobs import RETENTION_JOB, Retention
from maane.privacy.persons import SWEEP_JOB
from maane.settings import Settings
from maane.tenancy.database import check_role

POLITENESS = 10
"""How much the worker gives way where processors are short: a webhook's answer and a person's click come
before a turn, which thinks for seconds."""


class _Health(BaseHTTPRequestHandler):
    """``/healthz`` for a watcher, where the operator asked for a port."""

    def do_GET(self) -> None:
        is_known = self.path in ("/healthz", "/livez")
        body = b'{"status":"ok"}' if is_known else b'{"error":"not_found"}'
        self.send_response(HTTPStatus.OK if is_known else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Watchers ask often; their questions are not logged."""


def serve_worker(settings: Settings, health: tuple[str, int] | None) -> None:
    """Runs jobs until a signal. ``health`` is an address to answer watchers on."""
    database = Database(
        settings.database, pool_size=settings.database_pool_size, one_at_a_time=True
    )
    check_role(database)
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    os.nice(POLITENESS)
    server = None
    if health is not None:
        server = ThreadingHTTPServer(health, _Health)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    model = model_of(settings)
    work = Work(database, settings, model)
    after_call = AfterCall(database, model)
    recorded = RecordingJobs(database, settings, work.jobs)
    closing = CloseOutgoing(database, work.jobs)
    calls = Watch(database, settings, work.jobs)
    call_texts = CallTexts(database, settings, work.jobs)
    notices = Notices(database, settings, work.jobs)
    phone = PhoneNotices(database, settings)
    files = FileJobs(database, settings, work.jobs, transcriber_of(settings))
    retention = Retention(database, work.jobs, Files(settings.media_folder))
    plans = {
        "nights": retention.plan,
        "removals": recorded.plan,
        "trials": partial(forget_old, database),
        "ended jobs": work.jobs.forget_ended,
    }
    threading.Thread(target=keep_planning, args=(plans, stopping), daemon=True).start()
    try:
        jobs = {
            ANSWER_JOB: Job(work.answer, work.give_up),
            DOWNLOAD_JOB: Job(files.download, files.give_up_download),
            HEAR_JOB: Job(files.hear, files.give_up_hearing),
            SEND_JOB: Job(work.sending.send, work.sending.give_up),
            MAIL_JOB: Job(notices.mail, notices.give_up),
            WHATSAPP_JOB: Job(phone.send, notices.give_up),
            AFTER_JOB: Job(after_call.finish, after_call.give_up),
            FETCH_JOB: Job(recorded.fetch, recorded.give_up),
            REMOVE_JOB: Job(recorded.remove, recorded.give_up_removing),
            CLOSE_JOB: Job(closing.close, closing.give_up),
            WATCH_JOB: Job(calls.look, calls.give_up),
            TEXT_JOB: Job(call_texts.send, call_texts.give_up),
            RETENTION_JOB: Job(retention.run, retention.give_up),
            SWEEP_JOB: Job(retention.sweep, retention.give_up_sweeping),
            ESCALATE_JOB: Job(notices.escalate, notices.give_up_escalating),
            CHANGED_JOB: Job(notices.follow_hours, notices.give_up_following),
        }
        memory.settle()
        run_jobs(database, work.jobs, settings.worker_id, jobs, stopping)
    finally:
        if server is not None:
            server.shutdown()
        database.dispose()
