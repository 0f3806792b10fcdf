"""What Twilio tells of a call, read from its forms, once they were found to be signed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from maane.calls.operations import Ring
from maane.kit.text import storable

WEBHOOK = "/webhook/twilio/voice"
TURN, WAIT, PARTIAL = f"{WEBHOOK}/turn", f"{WEBHOOK}/wait", f"{WEBHOOK}/partial"
STATUS, FALLBACK = f"{WEBHOOK}/status", f"{WEBHOOK}/fallback"
RELAY = f"{WEBHOOK}/relay"
OUTGOING = f"{WEBHOOK}/outgoing"
RECORDING = f"{WEBHOOK}/recording"
CONFIRMED, DIALED = f"{OUTGOING}/confirmed", f"{OUTGOING}/dialed"
RUNG, WHISPER = f"{WEBHOOK}/rung", f"{WEBHOOK}/whisper"
TAKEN, LEG = f"{WEBHOOK}/taken", f"{WEBHOOK}/leg"
TEXT = f"{WEBHOOK}/text"
REACHED = f"{OUTGOING}/reached"
LONGEST_SPEECH = 4000
LONGEST_KEYS = 64
LONGEST_QUERY, MOST_GIVEN = 2000, 50
ENGINE = "MaaneEngine"
"""The field by which a simulated call asks for an engine."""
KEYPAD = "[keypad]"
"""Stands in a message before digits that were typed on the phone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a call a request of Twilio's stands, as the query of our own address says: the step, the
    round of waiting for its answer, how often the step failed here, whether the other way of hearing is
    tried, how many sockets were lost, and which person is rung, for which call. It is signed with the
    address."""

    step: int = 0
    round: int = 0
    failed: int = 0
    is_other: bool = False
    is_unheard: bool = False
    lost: int = 0
    person: int = 0
    call: int = 0
    language: str = ""

    def query(self) -> str:
        given = {
            "step": self.step,
            "language": self.language,
            "round": self.round,
            "failed": self.failed,
            "other": int(self.is_other),
            "unheard": int(self.is_unheard),
            "lost": self.lost,
            "person": self.person,
            "call": self.call,
        }
        return urlencode({key: value for key, value in given.items() if value})


def place_of(query: str) -> Place:
    """What a query says; numbers that are none, or absurd, count as 0."""
    given = _given(query)

    def number(name: str, longest: int = 5) -> int:
        value = given.get(name, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) <= longest else 0

    return Place(
        step=number("step"),
        round=number("round"),
        failed=number("failed"),
        is_other=number("other") > 0,
        is_unheard=number("unheard") > 0,
        lost=number("lost"),
        person=number("person"),
        call=number("call", 18),
        language=given.get("language", "")[:10],
    )


def outgoing_query(call_id: int, language: str = "") -> str:
    """The query of the addresses of a call that the business makes: our own id of it."""
    given: dict[str, int | str] = {"call": call_id}
    return urlencode(given | ({"language": language} if language else {}))


def call_id_of(query: str) -> int:
    """The call that a query names; 0 for none."""
    return _id(query, "call")


def business_id_of(query: str) -> int:
    """The business that a query names; 0 for none."""
    return _id(query, "business")


def recording_address(origin: str, business_id: int, call_id: int) -> str:
    """Where Twilio tells of a recording. Its form names no number, so the address names the business."""
    return f"{origin}{RECORDING}?{urlencode({'business': business_id, 'call': call_id})}"


def _given(query: str) -> dict[str, str]:
    """What a query of ours says; of any other nothing. It may be a stranger's: who signed it is looked at
    later, or never."""
    if len(query) >= LONGEST_QUERY:
        return {}
    try:
        return dict(parse_qsl(query, max_num_fields=MOST_GIVEN))
    except ValueError:
        return {}


def _id(query: str, name: str) -> int:
    value = _given(query).get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def dialed_of(fields: dict[str, str]) -> tuple[str, int | None]:
    """What became of the leg that was dialed, and the seconds that it lasted."""
    return fields.get("DialCallStatus", ""), _seconds(fields.get("DialCallDuration", ""))


def ring_of(fields: dict[str, str]) -> Ring:
    """The call that a request is about."""
    return Ring(
        external_id=storable(fields.get("CallSid", ""))[:200],
        account_sid=storable(fields.get("AccountSid", ""))[:200],
        direction="inbound" if fields.get("Direction", "inbound") == "inbound" else "outbound",
        from_number=_number(fields.get("From", "")),
        to_number=_number(fields.get("To", "")),
        status=fields.get("CallStatus", ""),
    )


def own_number_of(fields: dict[str, str]) -> str:
    """The business's number: the called one, and the caller's where we called or wrote."""
    if "MessageStatus" in fields:
        return _number(fields.get("From", ""))
    ring = ring_of(fields)
    return ring.to_number if ring.is_inbound else ring.from_number


def words_of(fields: dict[str, str]) -> str:
    """What was said and typed, as a message shows it; empty for silence."""
    speech = " ".join(storable(fields.get("SpeechResult", "")).split())[:LONGEST_SPEECH]
    keys = "".join(c for c in fields.get("Digits", "") if c in "0123456789*#")[:LONGEST_KEYS]
    return "\n".join(part for part in (speech, f"{KEYPAD} {keys}" if keys else "") if part)


def partial_of(fields: dict[str, str]) -> str:
    """Words that may still change."""
    stable = storable(fields.get("StableSpeechResult", ""))
    unstable = storable(fields.get("UnstableSpeechResult", ""))
    return " ".join(f"{stable} {unstable}".split())[:LONGEST_SPEECH]


def confidence_of(fields: dict[str, str]) -> int | None:
    """How sure recognition was, in percent; None where Twilio did not say."""
    try:
        value = float(fields.get("Confidence", ""))
    except ValueError:
        return None
    return round(value * 100) if 0 <= value <= 1 else None


def duration_of(fields: dict[str, str], name: str = "CallDuration") -> int | None:
    """Seconds; None where Twilio gave none."""
    return _seconds(fields.get(name, ""))


def _seconds(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else None


def _number(value: str) -> str:
    return storable(value).strip()[:200]
