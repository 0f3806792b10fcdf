"""Closes a call whose end nobody reported.

A status callback may get lost, and a call that never ends would stand in the list as one that goes on.
So each call has a job that looks at it: when nothing was heard or said for a while, Twilio is asked, and
what it says is so. Where it does not know the call or does not answer, the call is closed as lost once it
has lasted longer than any call of ours may.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from maane.calls import lookup, transfers
from maane.calls import operations as calls
from maane.calls.models import ASKED, ENDED, STATUSES, Call
from maane.calls.operations import Ring, Way
from maane.channels.voice import connection
from maane.channels.voice.closing import close
from maane.channels.voice.dialling import LONGEST_TALK_S
from maane.jobs.queue import Jobs, NotYet
from maane.kit.db import Database, Transaction, now
from maane.kit.wire import document_of, trust
from maane.settings import Settings
from maane.tenancy.access import Tenant, tenant_for_job

WATCH_JOB = "watch call"
QUIET = timedelta(minutes=3)
"""Nobody is silent for so long in a call that goes on: each silence is asked about."""
AGAIN = timedelta(minutes=5)
MARGIN = timedelta(minutes=10)
CONNECT_S, READ_S = 3.0, 8.0


@dataclass(frozen=True, slots=True)
class Report:
    """What Twilio says of a call."""

    status: str
    duration_s: int | None
    ended_at: datetime | None


def begin(tx: Transaction, jobs: Jobs, tenant: Tenant, ring: Ring, way: Way) -> tuple[Call, bool]:
    """As ``calls.begin``; a call that is new is watched."""
    call, is_new = calls.begin(tx, tenant, ring, way)
    if is_new:
        watch(tx, jobs, tenant, call)
    return call, is_new


def watch(tx: Transaction, jobs: Jobs, tenant: Tenant, call: Call) -> None:
    jobs.enqueue_turn(tx, WATCH_JOB, tenant.id, call.id, f"watch:{call.external_id}")


@dataclass(frozen=True)
class Watch:
    """The job of a call that began."""

    database: Database
    settings: Settings
    jobs: Jobs

    def look(self, business_id: int, call_id: int) -> None:
        """Closes the call if it has ended. Raises ``NotYet`` while it goes on, or may."""
        with self.database.transaction(business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.get_call(tx, tenant, call_id)
            if call.status in ENDED:
                return
            quiet_at = lookup.last_sign(tx, tenant, call) + QUIET
            lost_at = call.started_at + timedelta(minutes=self.settings.call_minutes) + MARGIN
            if transfers.state_of(tx, tenant, call) != "none":
                lost_at += timedelta(seconds=LONGEST_TALK_S)
            credentials = self._credentials(tx, tenant, call)
            external_id = call.external_id
        _wait_until(quiet_at)
        report = None
        if credentials is not None:
            report = ask(self.settings, *credentials, external_id)
        if report is None:
            if now() < lost_at:
                raise NotYet(min(AGAIN, lost_at - now()).total_seconds())
        elif report.status not in ENDED:
            raise NotYet(AGAIN.total_seconds())
        self._close(business_id, call_id, report)

    def give_up(self, business_id: int, call_id: int) -> None:
        """Leaves the call as it is."""

    def _credentials(self, tx: Transaction, tenant: Tenant, call: Call) -> tuple[str, str] | None:
        """Account and token to ask with; None for a call of another account, or of the simulator, and
        for one that Twilio has not spoken of."""
        channel = connection.connected(tx, tenant)
        is_unasked = call.external_id.startswith(ASKED)
        if channel is None or channel.account_sid != call.account_sid or is_unasked:
            return None
        token = connection.token_of(self.settings, channel)
        return None if token is None else (channel.account_sid, token)

    def _close(self, business_id: int, call_id: int, report: Report | None) -> None:
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked_by_id(tx, tenant, call_id)
            if report is not None:
                close(
                    tx,
                    self.jobs,
                    tenant,
                    call,
                    report.status,
                    duration_s=report.duration_s,
                    at=report.ended_at,
                )
                return
            # When it ended nobody knows; until the last sign of it somebody was there.
            status = "failed" if call.answered_at is None else "completed"
            at = lookup.last_sign(tx, tenant, call)
            close(tx, self.jobs, tenant, call, status, duration_s=None, at=at, reason="lost")


def ask(settings: Settings, account_sid: str, token: str, call_sid: str) -> Report | None:
    """What Twilio says of a call, by ``GET …/Calls/{sid}.json``; None where it knows none or says
    nothing."""
    url = f"{settings.twilio_api_url}/2010-04-01/Accounts/{account_sid}/Calls/{call_sid}.json"
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    try:
        with httpx.Client(auth=(account_sid, token), timeout=timeout, verify=trust()) as client:
            answer = client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    told = document_of(answer) if answer.is_success else {}
    if told.get("status") not in STATUSES:
        return None
    return Report(told["status"], _seconds(told.get("duration")), _instant(told.get("end_time")))


def _wait_until(at: datetime) -> None:
    if (left_s := (at - now()).total_seconds()) > 0:
        raise NotYet(left_s)


def _seconds(value: Any) -> int | None:
    """Twilio writes numbers as strings."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _instant(value: Any) -> datetime | None:
    """RFC 2822; None for anything else, and for a time that has not come."""
    try:
        at = parsedate_to_datetime(str(value))
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo is not None and at <= now() else None
