"""Twilio's webhook: one form for each message or status, signed with the account's own token.

Twilio gives no instant and no id of ours. A message's is when it arrived here, which is kept with the
form; ours stands in the query of the address that a status is reported to.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from maane.channels.whatsapp.payload import MAX_TEXT, Delivery, InboundMessage, StatusUpdate
from maane.kit.text import normal_phone, storable
from maane.media.kinds import kind_of_type
from maane.media.operations import InboundFile
from maane.media.words import mark

SIGNATURE_HEADER = "X-Twilio-Signature"
MAX_FIELDS = 500
MAX_FILES = 10
Form = Sequence[tuple[str, str]]
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


def read_form(raw: bytes) -> Form | None:
    """The fields in the order they came; None for what is no form of Twilio's."""
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError:
        return None


def sign(token: str, url: str, form: Form) -> str:
    """The signature header's value: HMAC-SHA1 over the address, then each field's name and value, in
    the order of the names; a value that is repeated counts once."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(token: str, urls: Iterable[str], form: Form, header: str) -> bool:
    """True when one of the addresses that are ours was signed. All are tried, so that the time does
    not tell which."""
    if not token or not header:
        return False
    given = header.encode("utf-8", "replace")
    found = [hmac.compare_digest(sign(token, url, form).encode(), given) for url in urls]
    return any(found)


def addresses(origins: Iterable[str], path: str, query: str) -> list[str]:
    """The address as Twilio may have signed it: it drops the port or writes the usual one."""
    rest = f"{path}?{query}" if query else path
    found = set()
    for origin in origins:
        parts = urlsplit(origin)
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found |= {f"{parts.scheme}://{host}{rest}", f"{parts.scheme}://{host}:{port}{rest}"}
    return sorted(found)


def number_of(form: Form) -> str:
    """The business's number: whom a message is to, or whom a status's message was from."""
    fields = _fields(form)
    given = fields.get("From" if fields.get("MessageStatus") else "To", "")
    return _key(given) if given.startswith(PREFIX) else ""


def account_of(form: Form) -> str:
    return _fields(form).get("AccountSid", "")


def parse_form(form: Form, own_id: str, at: datetime) -> Delivery:
    """What one request brought; what is not understood is passed over."""
    fields = _fields(form)
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
    return _message(_fields(form), datetime.fromisoformat(stored["at"]).astimezone(UTC))


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
        place = fields.get("Label") or fields.get("Address") or body
        return f"[location] {storable(place)}".strip()
    return body or "[unsupported]"


def _status(fields: dict[str, str], own_id: str) -> StatusUpdate | None:
    external_id = storable(fields.get("MessageSid", ""))
    status = STATUSES.get(fields.get("MessageStatus", ""))
    if not external_id or status is None:
        return None
    error = None
    if status == "failed":
        parts = (fields.get("ErrorCode", "") or "?", fields.get("ErrorMessage", ""))
        error = ": ".join(storable(part) for part in parts if part)[:500]
    is_ours = own_id.isascii() and own_id.isdigit() and len(own_id) < 19
    return StatusUpdate(
        number_id=number_of(list(fields.items())),
        external_id=external_id[:512],
        own_id=int(own_id) if is_ours else None,
        status=status,
        error=error,
    )


def _fields(form: Form) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in form:
        found.setdefault(name, value)
    return found


def _key(address: str) -> str:
    return storable(address.removeprefix(PREFIX)).strip()


def _phone(number: str) -> str | None:
    try:
        return normal_phone(number)
    except ValueError:
        return None
