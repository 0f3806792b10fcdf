"""``/webhook/twilio/voice…``: what Twilio asks while a call goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import cast

from flask import Response, current_app, request

from maane.channels.twilio import SIGNATURE_HEADER
from maane.channels.voice import operations, texting
from maane.channels.voice.check import CHECK
from maane.channels.voice.gather import Gather, Heard
from maane.channels.voice.languages import preset_of, sentences_of
from maane.channels.voice.limits import Limits
from maane.channels.voice.operations import Told, UnknownNumber
from maane.channels.voice.outgoing.answering import Answering
from maane.channels.voice.payload import (
    CONFIRMED,
    DIALED,
    FALLBACK,
    LEG,
    OUTGOING,
    PARTIAL,
    REACHED,
    RECORDING,
    RELAY,
    RUNG,
    STATUS,
    TAKEN,
    TEXT,
    TURN,
    WAIT,
    WEBHOOK,
    WHISPER,
    Place,
    business_id_of,
    call_id_of,
    confidence_of,
    partial_of,
    place_of,
    words_of,
)
from maane.channels.voice.recordings import operations as recordings
from maane.channels.voice.relay.way import Relay
from maane.channels.voice.thinking import Thoughts
from maane.channels.voice.transferring import Transfers
from maane.channels.voice.twiml import (
    MIMETYPE,
    Voice,
    hang_up,
    nothing,
    reject,
    say_and_end,
)
from maane.jobs.queue import Jobs
from maane.kit.endpoint import Routes, database, public, read_body, signed
from maane.kit.errors import InvalidSignature, TooLarge
from maane.kit.logging import LOG
from maane.kit.turns import resting
from maane.settings import Settings

routes = Routes("voice", __name__)

BY_TWILIO = signed("Twilio")
EXEMPT = "the provider keeps no cookies; its signature is checked instead"
FOR_CALLERS = public("one fixed sentence, for when nothing else can be said")
EXEMPT_FALLBACK = "it changes nothing, and its caller keeps no cookies"


@routes.declare("POST", WEBHOOK, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def receive_call() -> Response:
    """A call comes in: it is kept and greeted."""
    return _told(WEBHOOK, lambda told: _relay().greet(told.business_id, told.ring, told.engine))


@routes.declare("POST", RELAY, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def go_on_after_relay() -> Response:
    """What follows when the socket of a call has ended."""

    def answer(told: Told) -> str:
        return _relay().go_on(told.business_id, told.ring, told.fields, _place())

    return _told(RELAY, answer)


@routes.declare("POST", RUNG, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def go_on_after_dial() -> Response:
    """What follows for a caller when a person was rung."""

    def answer(told: Told) -> str:
        fields = told.fields
        return _transfers().go_on(told.business_id, told.ring, fields, _place())

    return _told(RUNG, answer)


@routes.declare("POST", WHISPER, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def whisper_to_person() -> Response:
    """What somebody who is rung hears first. Without it they are not joined to anybody."""
    return _told(
        WHISPER,
        lambda told: _transfers().whisper(told.business_id, told.fields, _place()),
        fault=hang_up,
    )


@routes.declare("POST", TAKEN, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def take_call() -> Response:
    """Somebody who is rung pressed a key. Where that cannot be kept the two are joined all the same."""
    return _told(
        TAKEN,
        lambda told: _transfers().take(told.business_id, told.fields, _place()),
        fault=nothing,
    )


@routes.declare("POST", LEG, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def receive_leg_status() -> Response:
    """How the ringing of a person goes."""
    with suppress(UnknownNumber):
        told = _verified(LEG)
        if CHECK not in told.fields:
            _transfers().note_leg(told.business_id, told.fields, _place())
    return Response(status=204)


@routes.declare("POST", TEXT, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def receive_text_status() -> Response:
    """What became of a text that a caller had agreed to."""
    with suppress(UnknownNumber):
        told = _verified(TEXT)
        if CHECK not in told.fields:
            texting.note_status(database(), told.business_id, _place().call, told.fields)
    return Response(status=204)


@routes.declare("POST", TURN, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def take_call_turn() -> Response:
    """What a caller said, and the answer to it or a word to wait."""

    def answer(told: Told) -> str:
        heard = Heard(words_of(told.fields), confidence_of(told.fields))
        return _gather().take_turn(told.business_id, told.ring, heard, _place())

    return _told(TURN, answer)


@routes.declare("POST", WAIT, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def wait_for_call_turn() -> Response:
    """Comes back for an answer that was not ready."""
    return _told(WAIT, lambda told: _gather().go_on(told.business_id, told.ring, _place()))


@routes.declare("POST", PARTIAL, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def keep_partial_speech() -> Response:
    """Words while they are spoken; the answer is not looked at."""

    def keep(told: Told) -> str:
        words = partial_of(told.fields)
        if words:
            _gather().keep_partial(told.business_id, told.ring, words, _place())
        return nothing()

    return _told(PARTIAL, keep)


@routes.declare("POST", OUTGOING, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def answer_outgoing_call() -> Response:
    """Somebody picked up a call that the business makes."""

    def answer(told: Told) -> str:
        answered_by = told.fields.get("AnsweredBy", "")
        return _answering().pick_up(told.business_id, told.ring, _made(), answered_by)

    return _told(OUTGOING, answer, fault=hang_up)


@routes.declare("POST", CONFIRMED, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def confirm_outgoing_call() -> Response:
    """The person whose phone was rung first pressed a key."""

    def answer(told: Told) -> str:
        keys = told.fields.get("Digits", "")
        return _answering().confirmed(told.business_id, told.ring, _made(), keys)

    return _told(CONFIRMED, answer, fault=hang_up)


@routes.declare("POST", DIALED, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def end_outgoing_dial() -> Response:
    """What became of the leg to the lead."""

    def answer(told: Told) -> str:
        return _answering().dialed(told.business_id, told.ring, _made(), told.fields)

    return _told(DIALED, answer, fault=hang_up)


@routes.declare("POST", REACHED, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def announce_outgoing_call() -> Response:
    """What a lead hears before a person speaks with them."""
    return _told(REACHED, lambda told: _answering().reached(told.business_id), fault=hang_up)


@routes.declare("POST", RECORDING, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def receive_recording_status() -> Response:
    """What became of a recording. Its form names no number, so the address names the business."""
    told = operations.verify_of(
        database(),
        _settings(),
        business_id_of(_query()),
        raw=read_body(),
        mimetype=request.mimetype,
        path=RECORDING,
        query=_query(),
        signature=request.headers.get(SIGNATURE_HEADER, ""),
    )
    recordings.note_status(database(), _jobs(), told.business_id, _made(), told.fields)
    return Response(status=204)


@routes.declare("POST", STATUS, access=BY_TWILIO, csrf_exempt=EXEMPT, transaction=None)
def receive_call_status() -> Response:
    """What became of a call. A fault here is told as one: whoever reports may report again."""
    with suppress(UnknownNumber):
        told = _verified(STATUS)
        if CHECK not in told.fields:
            operations.note_status(database(), _jobs(), told, outgoing_id=_made())
    return Response(status=204)


@routes.declare("GET", FALLBACK, access=FOR_CALLERS, transaction=None)
def read_call_fallback() -> Response:
    """What Twilio says where Maane did not answer; needs nothing but this process."""
    return _sorry()


@routes.declare("POST", FALLBACK, access=FOR_CALLERS, csrf_exempt=EXEMPT_FALLBACK, transaction=None)
def answer_call_fallback() -> Response:
    """The same, as Twilio asks for it unless it is told otherwise."""
    return _sorry()


def _sorry() -> Response:
    language = place_of(_query()).language
    preset, sentences = preset_of(language), sentences_of(language)
    voice = Voice(preset.say_language, preset.voice)
    return _twiml(say_and_end(sentences.sorry, voice))


def _told(
    path: str, answer: Callable[[Told], str], *, fault: Callable[[], str] | None = None
) -> Response:
    """The TwiML for a request that is signed. Whatever goes wrong then is said to the caller in words
    and not to Twilio, which would end the call for an error. Where somebody else is on the line, whom the
    assistant has nothing to ask, ``fault`` is told instead."""
    try:
        told = _verified(path)
        return _twiml(nothing() if CHECK in told.fields else answer(told))
    except UnknownNumber:
        return _twiml(reject())
    except (InvalidSignature, TooLarge):
        raise
    except Exception:
        LOG.exception("call failed", path=path)
        if fault is not None:
            return _twiml(fault())
        place = place_of(_query())
        return _twiml(_gather().ask_once_more(place, place.language))


def _verified(path: str) -> Told:
    return operations.verify(
        database(),
        _settings(),
        raw=read_body(),
        mimetype=request.mimetype,
        path=path,
        query=_query(),
        signature=request.headers.get(SIGNATURE_HEADER, ""),
    )


def _gather() -> Gather:
    settings = _settings()
    environ = request.environ
    thoughts = cast("Thoughts", current_app.extensions["maane.thoughts"])
    origin = settings.public_url or min(settings.own_origins)
    limits = Limits.of(settings)
    return Gather(database(), thoughts, origin, limits, lambda: resting(environ))


def _relay() -> Relay:
    return Relay(_gather(), _settings())


def _answering() -> Answering:
    relay = _relay()
    return Answering(relay, _settings(), relay.gather.origin)


def _made() -> int:
    """Our id of the call, where the address bears it; 0 where it does not."""
    return call_id_of(_query())


def _transfers() -> Transfers:
    return Transfers(_relay(), _jobs())


def _place() -> Place:
    return place_of(_query())


def _query() -> str:
    return request.query_string.decode("latin-1")


def _twiml(text: str) -> Response:
    return Response(text, mimetype=MIMETYPE)


def _settings() -> Settings:
    return cast("Settings", current_app.extensions["maane.settings"])


def _jobs() -> Jobs:
    return cast("Jobs", current_app.extensions["maane.jobs"])
