"""A call that rings people: what Twilio asks on the caller's side, and on that of the person.

Whoever is rung hears who calls and why, and takes the call by a key. That they pressed it is known here
and is what counts: a voicemail picks up as well, and Twilio's own word for how it went is the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from maane.calls import operations as calls
from maane.calls import sockets, transfers
from maane.calls.models import ENDED, Call, CallTransfer
from maane.calls.operations import Ring
from maane.calls.transfers import Result
from maane.channels.voice import dialling
from maane.channels.voice import settings as choices
from maane.channels.voice.languages import preset_of
from maane.channels.voice.outgoing.numbers import spelled
from maane.channels.voice.payload import TAKEN, Place, duration_of
from maane.channels.voice.relay.way import Relay
from maane.channels.voice.settings import RELAY, Chosen
from maane.channels.voice.transfer_words import words_of
from maane.channels.voice.turns import known_name
from maane.channels.voice.twiml import Voice, confirm, hang_up, nothing, say_and_end
from maane.conversations import operations as conversations
from maane.jobs.queue import Jobs
from maane.kit.db import Transaction
from maane.kit.errors import NotFound
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, tenant_for_job

_RESULTS: dict[str, Result] = {
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "canceled",
    "completed": "declined",
    "answered": "declined",
}
"""What Twilio says of somebody who was rung and took no call."""


@dataclass(frozen=True, slots=True)
class Transfers:
    """``relay`` knows how a call goes on by either engine."""

    relay: Relay
    jobs: Jobs

    def go_on(self, business_id: int, ring: Ring, fields: dict[str, str], place: Place) -> str:
        """What follows for the caller when a person was rung: the next one, the assistant once nobody is
        left, or the end where caller and person have spoken."""
        with self.relay.gather.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked(tx, tenant, ring.external_id)
            person = None if call is None else transfers.find(tx, tenant, call, place.person)
            if call is None or person is None:
                return nothing()
            is_over = call.status in ENDED or ring.status in ENDED
            talked_s = duration_of(fields, "DialCallDuration")
            result = _result(person, fields, is_over=is_over)
            if transfers.finish(tx, tenant, call, person, result, talked_s):
                call.end_reason = "transferred" if result == "connected" else call.end_reason
            if person.result == "connected":
                return hang_up()
            dialling.note_missed(tx, self.jobs, tenant, call)
            if is_over:
                return nothing()
            chosen = choices.chosen_by(tx, tenant)
            if not tenancy.is_active(tx, tenant):
                call.end_reason = "suspended"
                return say_and_end(chosen.sentences.closed, chosen.voice)
            following = transfers.find(tx, tenant, call, place.person + 1)
            if following is not None:
                origin = self.relay.gather.origin
                return dialling.ring(tx, tenant, call, following, chosen, origin, place)
            return self._come_back(tx, tenant, call, chosen, place)

    def whisper(self, business_id: int, fields: dict[str, str], place: Place) -> str:
        """What a person who picked up hears before they take the call."""
        with self.relay.gather.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            rung = _rung(tx, tenant, fields, place)
            if rung is None or not tenancy.is_active(tx, tenant):
                return hang_up()
            call, person = rung
            transfers.pick_up(tx, person)
            text = _told(tx, tenant, call, person)
            action = f"{self.relay.gather.origin}{TAKEN}?{place.query()}"
            return confirm(text, "", _voice(tx, tenant), action)

    def take(self, business_id: int, fields: dict[str, str], place: Place) -> str:
        """A person pressed a key: an empty answer joins the two."""
        with self.relay.gather.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            rung = _rung(tx, tenant, fields, place)
            if rung is None or not fields.get("Digits"):
                return hang_up()
            return nothing() if transfers.accept(tx, rung[1]) else hang_up()

    def note_leg(self, business_id: int, fields: dict[str, str], place: Place) -> None:
        """Somebody picked up; the rest is told to ``go_on``."""
        if fields.get("CallStatus") not in ("in-progress", "answered"):
            return
        with self.relay.gather.database.transaction(business_id) as tx:
            rung = _rung(tx, tenant_for_job(tx, business_id), fields, place)
            if rung is not None:
                transfers.pick_up(tx, rung[1])

    def _come_back(
        self, tx: Transaction, tenant: Tenant, call: Call, chosen: Chosen, place: Place
    ) -> str:
        """Tells the caller that nobody came, offers a message, and listens by the call's engine."""
        missed = words_of(chosen.language).missed
        turn = transfers.missed_turn(tx, tenant, call)
        if turn is None:
            step = sockets.next_step(tx, tenant, call)
            turn = calls.say(tx, tenant, call, step, "transfer", missed)
            calls.leave(tx, tenant, call, turn)
        if call.engine == RELAY:
            return self.relay.take_up(tx, tenant, call, chosen, missed, place)
        after = replace(place, person=0, call=0)
        return self.relay.gather.speak(tx, tenant, call, turn, chosen, after)


def _result(person: CallTransfer, fields: dict[str, str], *, is_over: bool) -> Result:
    """A key, or Twilio's own word that the two were joined, is a call that was taken."""
    bridged, status = fields.get("DialBridged", "").lower(), fields.get("DialCallStatus", "")
    if bridged == "true" or (person.accepted_at is not None and bridged != "false"):
        return "connected"
    if is_over:
        return "canceled"
    if person.accepted_at is None and person.answered_at is not None:
        return "declined"
    return _RESULTS.get(status, "failed")


def _rung(
    tx: Transaction, tenant: Tenant, fields: dict[str, str], place: Place
) -> tuple[Call, CallTransfer] | None:
    """The call and the person that a request of the person's side is about, by our own address, which is
    signed; None where it is too late for either."""
    try:
        call = calls.locked_by_id(tx, tenant, place.call)
    except NotFound:
        return None
    person = transfers.find(tx, tenant, call, place.person)
    is_other = fields.get("ParentCallSid", call.external_id) != call.external_id
    if person is None or is_other or call.status in ENDED:
        return None
    return (call, person) if person.result is None else None


def _told(tx: Transaction, tenant: Tenant, call: Call, person: CallTransfer) -> str:
    """Who calls and why, in the business's language."""
    words = words_of(tenant.language)
    conversation = conversations.lock(tx, tenant, call.conversation_id)
    lead_id = conversations.lead_id_of(tx, tenant, call.conversation_id)
    name = None if lead_id is None else known_name(tx, tenant, lead_id, conversation.id)
    phone = conversation.contact_phone
    who = name or (words.withheld if phone is None else spelled(phone))
    line = words.whisper.format(business=tenant.name, who=who, why=_sentence(person.reason))
    return f"{line.strip()} {words.press}"


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."


def _voice(tx: Transaction, tenant: Tenant) -> Voice:
    chosen = choices.chosen_by(tx, tenant)
    if chosen.language == tenant.language:
        return chosen.voice
    preset = preset_of(tenant.language)
    return Voice(preset.say_language, preset.voice)
