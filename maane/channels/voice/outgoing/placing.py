"""Calls a lead back: kept first, with its limits counted, then asked of Twilio, once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from maane.calls import outgoing as calls
from maane.calls.models import Call, OutgoingCall
from maane.calls.operations import Way, get_call
from maane.channels.voice import calls_api, watching
from maane.channels.voice import settings as choices
from maane.channels.voice.calls_api import Form, Placed, Refused
from maane.channels.voice.check import fallback_path
from maane.channels.voice.outgoing import limits, rules
from maane.channels.voice.outgoing.contract import CallBackBody
from maane.channels.voice.outgoing.limits import Person
from maane.channels.voice.outgoing.numbers import problem_of
from maane.channels.voice.payload import OUTGOING, STATUS, outgoing_query
from maane.conversations import operations as conversations
from maane.jobs.queue import Jobs
from maane.kit.db import Database, Transaction
from maane.kit.errors import Conflict, Invalid
from maane.kit.logging import LOG
from maane.leads import history
from maane.leads import operations as leads
from maane.leads.models import Lead
from maane.settings import Settings
from maane.tenancy import audit
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Caller, Tenant

CLOSE_JOB = "close outgoing call"
MACHINE_S = 8
"""So long Twilio listens whether a machine has answered; a person who says hello is known sooner."""
EVENTS = ("initiated", "ringing", "answered", "completed")


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that was kept, and what Twilio is asked for it."""

    call_id: int
    account_sid: str
    token: str
    form: Form


@dataclass(frozen=True, slots=True)
class CallBacks:
    """Calls to leads. ``rest`` lets other requests run while Twilio is waited for (``kit.turns``)."""

    database: Database
    settings: Settings
    jobs: Jobs
    rest: Callable[[], AbstractContextManager[object]]

    def call(self, tenant: Tenant, caller: Caller, lead_id: int, body: CallBackBody) -> int:
        """The id of the call, whatever Twilio said of it, which stands on the call. Raises ``NotFound``,
        ``Conflict`` with the rule that refuses, and ``Invalid`` for a person's number that is none of the
        settings'."""
        with self.database.transaction(tenant.id) as tx:
            tenancy.lock(tx, tenant)
            lead = leads.get_lead(tx, tenant, lead_id)
            known = calls.find_asked(tx, tenant, body.idempotency_key)
            if known is not None:
                if not _is_same(tx, tenant, known, lead, body):
                    raise Conflict("key_reused")
                return known.call_id
            asked = self._ask(tx, tenant, caller, lead, body)
        with self.rest():
            answer = calls_api.place(self.settings, asked.account_sid, asked.token, asked.form)
        with self.database.transaction(tenant.id) as tx:
            if isinstance(answer, Placed):
                calls.note_placed(tx, tenant, asked.call_id, answer.external_id)
            elif isinstance(answer, Refused):
                calls.note_refused(
                    tx, tenant, asked.call_id, answer.reason, answer.error, answer.code
                )
            else:
                calls.note_unknown(tx, tenant, asked.call_id, answer.error)
        if not isinstance(answer, Placed):
            LOG.warning(
                "call not placed",
                business_id=tenant.id,
                call_id=asked.call_id,
                reason=answer.reason if isinstance(answer, Refused) else "unknown",
            )
        return asked.call_id

    def _ask(
        self, tx: Transaction, tenant: Tenant, caller: Caller, lead: Lead, body: CallBackBody
    ) -> Asked:
        standing = rules.standing_of(tx, tenant, self.settings, lead)
        rules.refuse(standing, body.speaker, despite_opt_out=body.despite_opt_out)
        channel, phone = standing.channel, lead.phone
        if channel is None or phone is None or standing.token is None:
            raise LookupError("the rules let a call pass that cannot be made")
        person = _person_of(standing.limits, body)
        chosen = choices.chosen_by(tx, tenant)
        call = calls.ask(
            tx,
            tenant,
            caller,
            lead.id,
            account_sid=channel.account_sid,
            own_number=channel.number,
            phone=phone,
            way=Way(chosen.engine, chosen.language, chosen.is_recorded),
            speaker=body.speaker,
            person_name=None if person is None else person.name,
            idempotency_key=body.idempotency_key,
        )
        limits.count(tx, tenant)
        history.record(tx, tenant, caller, "called", [lead.id])
        subject = f"lead:{lead.id} call:{call.id}"
        audit.record(tx, caller, f"call.by_{body.speaker}", subject)
        watching.watch(tx, self.jobs, tenant, call)
        self.jobs.enqueue_turn(tx, CLOSE_JOB, tenant.id, call.id, f"outgoing:{call.id}")
        to = phone if person is None else person.number
        return Asked(call.id, channel.account_sid, standing.token, self._form(call, to, body))

    def _form(self, call: Call, to: str, body: CallBackBody) -> Form:
        origin, query = self.settings.public_url, outgoing_query(call.id, call.language)
        form: dict[str, str | tuple[str, ...]] = {
            "To": to,
            "From": call.from_number,
            "Url": f"{origin}{OUTGOING}?{query}",
            "Method": "POST",
            "FallbackUrl": f"{origin}{fallback_path(call.language)}",
            "FallbackMethod": "POST",
            "StatusCallback": f"{origin}{STATUS}?{outgoing_query(call.id)}",
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": EVENTS,
            "Timeout": str(rules.RING_S),
            "TimeLimit": str(max(1, round(self.settings.call_minutes * 60))),
        }
        if body.speaker == "assistant":
            form |= {"MachineDetection": "Enable", "MachineDetectionTimeout": str(MACHINE_S)}
        return form


def _is_same(
    tx: Transaction, tenant: Tenant, known: OutgoingCall, lead: Lead, body: CallBackBody
) -> bool:
    call = get_call(tx, tenant, known.call_id)
    lead_id = conversations.lead_id_of(tx, tenant, call.conversation_id)
    return known.speaker == body.speaker and lead_id == lead.id


def _person_of(chosen: limits.Limits, body: CallBackBody) -> Person | None:
    """Whose phone is rung first. Only the settings' numbers are: with typed ones, anybody who can use a
    page could join any two numbers at the business's cost."""
    if body.speaker == "assistant":
        return None
    for person in chosen.people:
        if person.number == body.person_number:
            if problem_of(person.number, chosen.allowed_people) is not None:
                raise Invalid.field("person_number", "not_callable", "may not be called any more")
            return person
    raise Invalid.field("person_number", "unknown", "is none of the numbers in the settings")
