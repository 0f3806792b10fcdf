"""What Twilio does with a call that the business makes, from the moment somebody picks up."""

from __future__ import annotations

from dataclasses import dataclass

from maane.calls import outgoing as calls
from maane.calls.models import ENDED, Call
from maane.calls.operations import Ring
from maane.channels.voice import settings as choices
from maane.channels.voice.greeting import lead_name, sentences_of
from maane.channels.voice.outgoing import rules
from maane.channels.voice.payload import (
    CONFIRMED,
    DIALED,
    REACHED,
    dialed_of,
    outgoing_query,
    recording_address,
)
from maane.channels.voice.relay.way import Relay
from maane.channels.voice.twiml import Leg, confirm, dial, hang_up, nothing, say, say_and_end
from maane.kit.db import Database, Transaction
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, tenant_for_job

MACHINES = ("machine", "fax")
"""How the words begin by which Twilio tells that no person answered."""


@dataclass(frozen=True, slots=True)
class Answering:
    """``relay`` greets a lead by the engine that the business chose."""

    relay: Relay
    settings: Settings
    origin: str

    @property
    def _database(self) -> Database:
        return self.relay.gather.database

    def pick_up(self, business_id: int, ring: Ring, call_id: int, answered_by: str) -> str:
        """Somebody answered: the lead, whom the assistant greets, a machine, which nobody speaks with, or
        the person who is to call the lead, and who must press a key: a mailbox presses none."""
        with self._database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.claim(tx, tenant, call_id, ring)
            row = None if call is None else calls.of_call(tx, tenant, call.id)
            if call is None or row is None:
                return hang_up()
            if call.status in ENDED:
                return nothing()
            if answered_by.startswith(MACHINES):
                calls.note_machine(tx, tenant, call, answered_by)
                return hang_up()
            if row.speaker == "person":
                return self._ask_person(tx, tenant, call)
        return self.relay.greet(business_id, ring)

    def confirmed(self, business_id: int, ring: Ring, call_id: int, keys: str) -> str:
        """The person pressed a key: the lead is called, from the business's number."""
        with self._database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.claim(tx, tenant, call_id, ring)
            row = None if call is None else calls.of_call(tx, tenant, call.id)
            if call is None or row is None or row.speaker != "person":
                return hang_up()
            if call.status in ENDED:
                return nothing()
            chosen = choices.chosen_by(tx, tenant)
            if not keys or not tenancy.is_active(tx, tenant):
                return say_and_end(sentences_of(chosen.language).unconfirmed, chosen.voice)
            if not calls.note_dialing(tx, tenant, call):
                return nothing()
            attributes = {
                "action": self._address(DIALED, call),
                "method": "POST",
                "callerId": call.from_number,
                "timeout": str(rules.RING_S),
                "timeLimit": str(max(1, round(self.settings.call_minutes * 60))),
            }
            words = sentences_of(chosen.language).rings
            to = recording_address(self.origin, tenant.id, call.id) if call.is_recorded else ""
            return dial(
                words,
                chosen.voice,
                call.to_number,
                attributes,
                Leg(self._address(REACHED, call)) if call.is_recorded else None,
                recorded_to=to,
            )

    def reached(self, business_id: int) -> str:
        """What a lead hears whom a person calls, before the two are joined: that it is recorded. The
        request is the lead's own leg's, which is no call that is known."""
        with self._database.transaction(business_id, writes=False) as tx:
            tenant = tenant_for_job(tx, business_id)
            chosen = choices.chosen_by(tx, tenant)
            return say(f"{tenant.name}. {chosen.sentences.recorded}", chosen.voice)

    def dialed(self, business_id: int, ring: Ring, call_id: int, fields: dict[str, str]) -> str:
        """The leg to the lead has ended, or never began."""
        with self._database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.claim(tx, tenant, call_id, ring)
            if call is None:
                return hang_up()
            status, seconds = dialed_of(fields)
            calls.note_dialed(tx, tenant, call, status, seconds)
            chosen = choices.chosen_by(tx, tenant)
            sentences = sentences_of(chosen.language)
            is_reached = status in calls.REACHED
            words = sentences.reached if is_reached else sentences.unreached
            return say_and_end(words, chosen.voice)

    def _ask_person(self, tx: Transaction, tenant: Tenant, call: Call) -> str:
        chosen = choices.chosen_by(tx, tenant)
        if not tenancy.is_active(tx, tenant):
            call.end_reason = "suspended"
            return say_and_end(chosen.sentences.closed, chosen.voice)
        sentences = sentences_of(chosen.language)
        name = lead_name(tx, tenant, call) or " ".join(call.to_number)
        whisper = sentences.whisper.replace("{business}", tenant.name).replace("{name}", name)
        return confirm(whisper, sentences.unconfirmed, chosen.voice, self._address(CONFIRMED, call))

    def _address(self, path: str, call: Call) -> str:
        return f"{self.origin}{path}?{outgoing_query(call.id, call.language)}"
