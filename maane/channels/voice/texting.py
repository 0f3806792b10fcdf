"""The one text that a caller agreed to get when nobody had come to them: asked for in the call, and sent.

By WhatsApp where the customer wrote there in the last 24 hours and no person speaks to them, else by SMS
from the business's number for calls. Nobody who asked for silence gets one. Twilio knows no key by which
a request is one, so what was asked and not answered is not asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import httpx

from maane.assistant.operations import Consent
from maane.calls import operations as calls
from maane.calls import texts
from maane.calls.models import Call, CallText
from maane.channels.voice import connection
from maane.channels.voice.payload import TEXT
from maane.channels.voice.transfer_words import words_of
from maane.conversations import confirming
from maane.conversations import operations as conversations
from maane.conversations.models import Conversation
from maane.jobs.queue import Jobs, TryLater
from maane.kit.db import Database, Transaction
from maane.kit.errors import NotFound
from maane.kit.logging import LOG
from maane.kit.text import storable
from maane.kit.wire import asked_wait_s, document_of, trust
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, tenant_for_job

TEXT_JOB = "text caller"
CONNECT_S, READ_S = 3.0, 15.0
TOO_MANY = 20429
ERRORS: dict[int, str] = {
    21211: "invalid_number",
    21408: "region",
    21610: "opted_out",
    21612: "no_way",
    21614: "not_mobile",
    21606: "cannot_send",
    21660: "cannot_send",
    30003: "unreachable_phone",
    30004: "blocked",
    30005: "unreachable_phone",
    30006: "not_mobile",
    30007: "blocked",
}
"""Twilio's codes that a person can do something about, as words of ours."""


def may_offer(tx: Transaction, tenant: Tenant, call: Call, conversation: Conversation) -> bool:
    """True where a caller can be asked whether they want a text: they called, by a number that is known,
    were not asked before, and did not ask for silence."""
    phone = conversation.contact_phone
    if phone is None or call.direction != "inbound" or texts.find(tx, tenant, call) is not None:
        return False
    return not confirming.wants_none(tx, tenant, phone, conversation.id)


def note(tx: Transaction, jobs: Jobs, tenant: Tenant, call: Call, consent: Consent | None) -> None:
    """Keeps what a turn meant for the text, and lets a job send it after a yes."""
    if consent is not None and texts.note(tx, tenant, call, consent):
        jobs.enqueue_turn(tx, TEXT_JOB, tenant.id, call.id, f"call:{call.external_id}")


def note_status(database: Database, business_id: int, call_id: int, fields: dict[str, str]) -> None:
    """What Twilio reports of a text by SMS; never backwards."""
    states: dict[str, Literal["sent", "delivered", "failed"]] = {
        "sent": "sent",
        "delivered": "delivered",
        "undelivered": "failed",
        "failed": "failed",
        "canceled": "failed",
    }
    state = states.get(fields.get("MessageStatus", ""))
    if state is None:
        return
    with database.transaction(business_id) as tx:
        tenant = tenant_for_job(tx, business_id)
        try:
            row = texts.find(tx, tenant, calls.locked_by_id(tx, tenant, call_id))
        except NotFound:
            return
        sid = storable(fields.get("MessageSid", ""))[:200]
        if row is None or row.way != "sms" or row.external_id not in (None, sid):
            return
        row.external_id = sid
        code = fields.get("ErrorCode", "")
        number = int(code) if code.isascii() and code.isdigit() and len(code) < 7 else 0
        error = ERRORS.get(number, "refused") if state == "failed" else None
        texts.advance(tx, row, state, error=error, detail=code[:20] if error else None)


@dataclass(frozen=True, slots=True)
class _Sms:
    """A text on its way out."""

    url: str
    auth: tuple[str, str]
    form: dict[str, str]


@dataclass(frozen=True)
class CallTexts:
    """The job of a text that was agreed to."""

    database: Database
    settings: Settings
    jobs: Jobs

    def send(self, business_id: int, call_id: int) -> None:
        """Sends it, once. Raises ``TryLater`` where the provider did not take it now."""
        sms = self._claim(business_id, call_id)
        if sms is None:
            return
        timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
        try:
            with httpx.Client(auth=sms.auth, timeout=timeout, verify=trust()) as client:
                answer = client.post(sms.url, data=sms.form)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._note(business_id, call_id, "queued", "unreachable")
            raise TryLater from None
        except httpx.TransportError:
            # It may have been taken.
            self._note(business_id, call_id, "failed", "interrupted")
            return
        self._read(business_id, call_id, answer)

    def give_up(self, business_id: int, call_id: int) -> None:
        """Says on it that it was not sent, with the last reason."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            row = texts.find(tx, tenant, calls.locked_by_id(tx, tenant, call_id))
            if row is not None and row.state in ("queued", "sending"):
                texts.advance(tx, row, "failed", error=row.error or "unreachable")

    def _claim(self, business_id: int, call_id: int) -> _Sms | None:
        """What is to be asked of Twilio, for the one who may; None where there is nothing to ask."""
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked_by_id(tx, tenant, call_id)
            row = texts.find(tx, tenant, call)
            if row is None or row.state not in ("queued", "sending"):
                return None
            if row.state == "sending":
                # A worker was killed between the asking and the answer.
                texts.advance(tx, row, "failed", error="interrupted")
                return None
            conversation = conversations.lock(tx, tenant, call.conversation_id)
            phone = conversation.contact_phone
            row.text = row.text or words_of(call.language).text.format(business=tenant.name)
            if phone is None or not tenancy.is_active(tx, tenant):
                texts.advance(tx, row, "failed", error="suspended")
                return None
            if confirming.wants_none(tx, tenant, phone, conversation.id):
                texts.advance(tx, row, "failed", error="opted_out")
                return None
            if self._by_whatsapp(tx, tenant, row, phone):
                return None
            return self._by_sms(tx, tenant, call, row, phone)

    def _by_whatsapp(self, tx: Transaction, tenant: Tenant, row: CallText, phone: str) -> bool:
        conversation = confirming.find_open(tx, tenant, phone)
        if conversation is None:
            return False
        message = confirming.write(tx, self.jobs, tenant, conversation, row.text)
        row.way, row.message_id = "whatsapp", message.id
        return texts.advance(tx, row, "sent")

    def _by_sms(
        self, tx: Transaction, tenant: Tenant, call: Call, row: CallText, phone: str
    ) -> _Sms | None:
        row.way = "sms"
        channel = connection.connected(tx, tenant)
        token = None if channel is None else connection.token_of(self.settings, channel)
        if channel is None or token is None:
            texts.advance(tx, row, "failed", error="not_connected")
            return None
        form = {"From": channel.number, "To": phone, "Body": row.text}
        if self.settings.public_url:
            form["StatusCallback"] = f"{self.settings.public_url}{TEXT}?call={call.id}"
        account = f"{self.settings.twilio_api_url}/2010-04-01/Accounts/{channel.account_sid}"
        texts.advance(tx, row, "sending")
        return _Sms(f"{account}/Messages.json", (channel.account_sid, token), form)

    def _read(self, business_id: int, call_id: int, answer: httpx.Response) -> None:
        document = document_of(answer)
        sid, code = document.get("sid"), document.get("code")
        if answer.is_success and isinstance(sid, str) and sid:
            self._note(business_id, call_id, "sent", external_id=storable(sid)[:200])
            return
        number = code if isinstance(code, int) and not isinstance(code, bool) else 0
        LOG.warning("text failed", business_id=business_id, call_id=call_id, code=number)
        if answer.status_code >= 500 or answer.is_success:
            # A gateway's words are not Twilio's, and what is behind it may have taken the text.
            detail = str(number or answer.status_code)
            self._note(business_id, call_id, "failed", "interrupted", detail=detail)
            return
        if answer.status_code == 429 or number == TOO_MANY:
            self._note(business_id, call_id, "queued", "busy")
            raise TryLater(asked_wait_s(answer))
        is_refused = answer.status_code in (401, 403)
        error = ERRORS.get(number, "credentials" if is_refused else "refused")
        self._note(business_id, call_id, "failed", error, detail=str(number or answer.status_code))

    def _note(
        self,
        business_id: int,
        call_id: int,
        state: Literal["queued", "sent", "failed"],
        error: str | None = None,
        *,
        detail: str | None = None,
        external_id: str | None = None,
    ) -> None:
        with self.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            row = texts.find(tx, tenant, calls.locked_by_id(tx, tenant, call_id))
            if row is not None:
                row.external_id = external_id or row.external_id
                texts.advance(tx, row, state, error=error, detail=detail)
