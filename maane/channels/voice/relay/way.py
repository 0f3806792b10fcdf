"""How a call gets to its socket, and where it goes from there: the TwiML before and after."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, replace
from hashlib import sha256

from maane.calls import operations as calls
from maane.calls import sockets, transfers
from maane.calls.models import ENDED, Call
from maane.calls.operations import Ring, Way
from maane.channels.voice import dialling, watching
from maane.channels.voice import settings as choices
from maane.channels.voice.gather import Gather
from maane.channels.voice.greeting import first_words
from maane.channels.voice.payload import RELAY as ACTION
from maane.channels.voice.payload import Place, recording_address
from maane.channels.voice.relay.frames import TRANSFER, reason_in
from maane.channels.voice.settings import RELAY, Chosen
from maane.channels.voice.twiml import connect, hang_up, hints_of, nothing, say_and_end
from maane.kit.db import Transaction
from maane.kit.logging import LOG
from maane.settings import Settings
from maane.tenancy import operations as tenancy
from maane.tenancy.access import Tenant, tenant_for_job

MOST_SOCKETS = 3
"""A call whose sockets were lost so often goes on over plain HTTP."""
STEPS_OF_SOCKET = 1000
"""A step that is far from all that a socket has: there the other engine goes on if all else fails."""
GOODBYES = ("goodbye", "silent", "too_long", "too_much")


def path_of(business_id: int) -> str:
    """The path of a business's sockets; no query, which Twilio does not sign."""
    return f"/relay/{business_id}"


@dataclass(frozen=True, slots=True)
class Relay:
    """The engine's part over HTTP. ``gather`` goes on where sockets do not."""

    gather: Gather
    settings: Settings

    def greet(self, business_id: int, ring: Ring, engine: str | None = None) -> str:
        """The first words of a call that came in, by the engine that its business chose, or by another
        that is asked for."""
        with self.gather.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            chosen = choices.chosen_by(tx, tenant)
            if (engine or chosen.engine) == RELAY:
                way = Way(RELAY, chosen.language, chosen.is_recorded)
                call, _ = watching.begin(tx, self.gather.thoughts.jobs, tenant, ring, way)
                if call.engine == RELAY:
                    return self._greeted(tx, tenant, call, chosen)
        return self.gather.greet(business_id, ring)

    def go_on(self, business_id: int, ring: Ring, fields: dict[str, str], place: Place) -> str:
        """What follows the end of a call's session. Raises nothing that is not a fault of ours: a call
        whose socket was lost gets another, and at last the other engine."""
        reason = reason_in(fields.get("HandoffData", ""))
        with self.gather.database.transaction(business_id) as tx:
            tenant = tenant_for_job(tx, business_id)
            call = calls.locked(tx, tenant, ring.external_id)
            if call is None or call.status in ENDED or ring.status in ENDED:
                return nothing()
            chosen = choices.chosen_by(tx, tenant)
            person = transfers.first(tx, tenant, call)
            if person is not None and (reason == TRANSFER or person.result is None):
                origin = self.gather.origin
                return dialling.ring(tx, tenant, call, person, chosen, origin, place)
            if fields.get("SessionStatus") == "ended" and reason in GOODBYES:
                return hang_up()
            LOG.warning(
                "socket lost",
                business_id=business_id,
                call_id=call.id,
                status=fields.get("SessionStatus", "")[:40],
                error=fields.get("ErrorCode", "")[:10],
            )
            lost = place.lost + 1
            if call.engine == RELAY and lost < MOST_SOCKETS:
                return self.take_up(
                    tx, tenant, call, chosen, chosen.sentences.again, replace(place, lost=lost)
                )
            return self.gather.take_over(tx, tenant, call, chosen)

    def _greeted(self, tx: Transaction, tenant: Tenant, call: Call, chosen: Chosen) -> str:
        if call.status in ENDED:
            return nothing()
        if not tenancy.is_active(tx, tenant):
            call.end_reason = "suspended"
            return say_and_end(chosen.sentences.closed, chosen.voice)
        greeting = first_words(tx, tenant, call, chosen)
        turn = calls.turn_of(tx, tenant, call, 0)
        if turn is None:
            turn = calls.say(tx, tenant, call, 0, "greeting", greeting)
            calls.leave(tx, tenant, call, turn)
        return self.take_up(tx, tenant, call, chosen, greeting, Place())

    def take_up(
        self,
        tx: Transaction,
        tenant: Tenant,
        call: Call,
        chosen: Chosen,
        greeting: str,
        place: Place,
    ) -> str:
        """Opens the call's next socket, after the one of ``place``, and says ``greeting``."""
        number = place.step // STEPS_OF_SOCKET + 1
        token = self._token(call, number)
        sockets.offer(tx, call, number, token)
        place = Place(step=number * STEPS_OF_SOCKET, lost=place.lost, language=chosen.language)
        is_recorded = call.is_recorded and number == 1
        to = recording_address(self.gather.origin, tenant.id, call.id) if is_recorded else ""
        return connect(
            action=f"{self.gather.origin}{ACTION}?{place.query()}",
            attributes={
                "url": f"{self.settings.socket_origin}{path_of(tenant.id)}",
                "welcomeGreeting": greeting,
                **attributes_of(chosen),
            },
            parameters={"token": token},
            recorded_to=to,
        )

    def _token(self, call: Call, number: int) -> str:
        """The token of a call's socket. It is computed, so that a request that is repeated gets the same
        answer, though only its hash is kept."""
        key = self.settings.secret("relay")
        told = f"{call.business_id}:{call.external_id}:{number}".encode()
        return base64.urlsafe_b64encode(hmac.digest(key, told, sha256)).decode().rstrip("=")


def attributes_of(chosen: Chosen) -> dict[str, str]:
    """How ``<ConversationRelay>`` is to speak and hear, from what the business chose for the other
    engine, which names voices and models with their makers. Twilio drops the call for a pair that does
    not exist, so all of it can be changed; Hebrew recognition there is unproven."""
    preset = chosen.preset
    maker, _, name = preset.voice.partition(".")
    makers = {"Polly": "Amazon", "Google": "Google", "ElevenLabs": "ElevenLabs"}
    voice = {"ttsProvider": makers[maker], "voice": name} if maker in makers else {}
    hears, model = _heard_by(preset.speech_model)
    hints = hints_of(chosen.hints)
    return {
        "language": preset.say_language,
        **(voice or {"voice": preset.voice}),
        "transcriptionProvider": hears,
        "speechModel": model,
        "transcriptionLanguage": preset.hear_language,
        **({"hints": hints} if hints else {}),
        "interruptible": "any",
        "welcomeGreetingInterruptible": "any",
        "reportInputDuringAgentSpeech": "any",
        "dtmfDetection": "true",
        "partialPrompts": "true",
        "ignoreBackchannel": "true",
    }


def _heard_by(speech_model: str) -> tuple[str, str]:
    """The provider and the model of recognition, by the name that ``<Gather>`` has for it."""
    if not speech_model.startswith("deepgram_"):
        return "Google", "telephony"
    model = speech_model.removeprefix("deepgram_")
    return "Deepgram", model if model in ("flux",) or model.count("-") > 1 else f"{model}-general"
