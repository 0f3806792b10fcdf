"""Twilio's webhook of messages: one form for each message or status.

Twilio gives no instant and no id of ours. A message's is when it arrived here, which is kept with the
form; ours stands in the query of the address that a status is reported to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from maane.channels.twilio import Form, fields_of
from maane.channels.whatsapp.payload import (
    MAX_TEXT,
    Delivery,
    InboundMessage,
    StatusUpdate,
    location,
)
from maane.conversations.reasons import told
from maane.kit.text import normal_phone, storable
from maane.media.kinds import kind_of_type
from maane.media.operations import InboundFile
from maane.media.words import mark

MAX_FILES = 10
Status = Literal["sent", "delivered", "read", "failed"]
PREFIX = "whatsapp:"
STATUSES: dict[str, Status] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
"""Twilio's words for what became of a message; ``queued`` and its like say nothing new."""


def number_of(form: Form) -> str:
    """The business's number: whom a message is to, or whom a status's message was from."""
    fields = fields_of(form)
    given = fields.get("From" if fields.get("MessageStatus") else "To", "")
    return _key(given) if given.startswith(PREFIX) else ""


def parse_form(form: Form, own_id: str, at: datetime) -> Delivery:
    """What one request brought; what is not understood is passed over."""
    fields = fields_of(form)
    if fields.get("MessageStatus"):
        status = _status(fields, own_id)
        return Delivery([], [] if status is None else [status])
    message = _message(fields, at)
    piece = json.dumps({"at": at.isoformat(), "form": list(form)})
    return Delivery([] if message is None else [(message, piece)], [])


def parse_piece(piece: str) -> InboundMessage | None:
    """A stored event, read again when its job runs."""
    stored = json.loads(piece)
    form = [(name, value) for name, value in stored["form"]]
    return _message(fields_of(form), datetime.fromisoformat(stored["at"]).astimezone(UTC))


def _message(fields: dict[str, str], at: datetime) -> InboundMessage | None:
    external_id = storable(fields.get("MessageSid", ""))
    key = _key(fields.get("From", "")) or _key(fields.get("WaId", ""))
    if not external_id or not key:
        return None
    is_number = key.startswith("+") and key[1:].isascii() and key[1:].isdigit()
    return InboundMessage(
        number_id=number_of(list(fields.items())),
        external_id=external_id[:512],
        # As Meta writes it, so that a conversation goes on when a business changes its provider.
        contact_key=(key[1:] if is_number else key)[:200],
        phone=_phone(key) if is_number else None,
        name=" ".join(storable(fields.get("ProfileName", "")).split())[:200] or None,
        text=_words(fields)[:MAX_TEXT],
        at=at,
        is_answerable=fields.get("MessageType") not in ("reaction", "system"),
        files=tuple(_files(fields)),
    )


def _files(fields: dict[str, str]) -> Iterator[InboundFile]:
    """The text that came with files is the first one's caption."""
    caption = storable(fields.get("Body", ""))[:MAX_TEXT]
    for number in range(MAX_FILES):
        source = storable(fields.get(f"MediaUrl{number}", "")).strip()
        if not source:
            return
        declared = " ".join(storable(fields.get(f"MediaContentType{number}", "")).split())[:200]
        kind = kind_of_type(declared)
        yield InboundFile(kind, source[:2000], declared, None, "" if number else caption)


def _words(fields: dict[str, str]) -> str:
    """What a person would read: the text, and media or a place in brackets."""
    body = storable(fields.get("Body", "")) or storable(fields.get("ListTitle", ""))
    if fields.get("NumMedia", "0") not in ("", "0"):
        return f"{mark(kind_of_type(fields.get('MediaContentType0', '')))} {body}".strip()
    if fields.get("Latitude"):
        place = ", ".join(filter(None, (fields.get("Label"), fields.get("Address")))) or body
        return location(storable(place), fields["Latitude"], fields.get("Longitude", ""))
    return body or "[unsupported]"


def _status(fields: dict[str, str], own_id: str) -> StatusUpdate | None:
    external_id = storable(fields.get("MessageSid", ""))
    status = STATUSES.get(fields.get("MessageStatus", ""))
    if not external_id or status is None:
        return None
    error = None
    if status == "failed":
        code = fields.get("ErrorCode", "")
        is_code = code.isascii() and code.isdigit() and len(code) < 10
        error = told(int(code) if is_code else "refused", storable(fields.get("ErrorMessage", "")))
    is_ours = own_id.isascii() and own_id.isdigit() and len(own_id) < 19
    return StatusUpdate(
        number_id=number_of(list(fields.items())),
        external_id=external_id[:512],
        own_id=int(own_id) if is_ours else None,
        status=status,
        error=error,
    )


def _key(address: str) -> str:
    return storable(address.removeprefix(PREFIX)).strip()


def _phone(number: str) -> str | None:
    try:
        return normal_phone(number)
    except ValueError:
        return None
