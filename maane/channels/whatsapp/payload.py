"""Meta's webhook, read with a tolerant eye: what is not understood is passed over, never an error.

Shapes: Meta's reference of the webhook fields ``messages`` and ``smb_message_echoes``. ``timestamp`` is
seconds as a string, ``from`` is digits without a plus and may be absent for people who write under a
user name. An echo is what the business itself wrote, in the WhatsApp Business app on a phone of its own
that shares the number: it is from the business ``to`` the customer.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pydantic_core

from maane.conversations.reasons import told
from maane.kit.errors import MalformedJson
from maane.kit.text import normal_phone, storable
from maane.media.models import KINDS
from maane.media.operations import InboundFile
from maane.media.words import mark

SIGNATURE_HEADER = "X-Hub-Signature-256"
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
MAX_TEXT = 65_536
ECHOES = ("smb_message_echoes", "message_echoes")
"""Meta has named the field of what the business wrote elsewhere in both ways."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message. ``text`` is what a person would read of it, media in brackets; ``files`` are the
    media themselves, where the provider says how to fetch them. ``is_answerable``: it says something,
    where a reaction, a change or a removal of a message does not. ``is_echo``: not the contact wrote it
    but somebody of the business, to them."""

    number_id: str
    external_id: str
    contact_key: str
    phone: str | None
    name: str | None
    text: str
    at: datetime
    is_answerable: bool
    is_echo: bool = False
    files: tuple[InboundFile, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """What became of a message of ours. ``own_id`` is the id that we had sent along."""

    number_id: str
    external_id: str
    own_id: int | None
    status: Literal["sent", "delivered", "read", "failed"]
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """All that one request brought, and each message's own piece of the raw document."""

    messages: list[tuple[InboundMessage, str]]
    statuses: list[StatusUpdate]


def sign(secret: bytes, raw: bytes) -> str:
    """The signature header's value: HMAC-SHA256 over the raw bytes."""
    return "sha256=" + hmac.new(secret, raw, hashlib.sha256).hexdigest()


def is_signed(secret: bytes, raw: bytes, header: str) -> bool:
    """False for an unset secret: an open webhook is worse than a closed one."""
    if not secret:
        return False
    return hmac.compare_digest(sign(secret, raw).encode(), header.encode("utf-8", "replace"))


def parse_delivery(raw: bytes) -> Delivery:
    """Everything understood in a request's body. Raises ``MalformedJson``."""
    document = _read(raw)
    messages: list[tuple[InboundMessage, str]] = []
    statuses: list[StatusUpdate] = []
    for field, value in _changes(document):
        number_id = _text(_dict(value.get("metadata")).get("phone_number_id"))
        if not number_id:
            continue
        names = {
            key: _line(_dict(contact.get("profile")).get("name"))
            for contact in _dicts(value.get("contacts"))
            for key in (_line(contact.get("wa_id")), _line(contact.get("user_id")))
            if key
        }
        is_echo = field in ECHOES
        for item in _dicts(value.get("message_echoes" if is_echo else "messages")):
            if (message := _message(number_id, item, names, is_echo=is_echo)) is not None:
                messages.append((message, _piece(number_id, item, names, is_echo=is_echo)))
        for item in _dicts(value.get("statuses")):
            if (status := _status(number_id, item)) is not None:
                statuses.append(status)
    return Delivery(messages, statuses)


def parse_piece(piece: str) -> InboundMessage | None:
    """A stored event, read again when its job runs."""
    stored = _dict(json.loads(piece))
    return _message(
        _text(stored.get("number_id")),
        _dict(stored["message"]),
        stored["names"],
        is_echo=stored.get("is_echo") is True,
    )


def build_delivery(
    number_id: str, external_id: str, digits: str, name: str, text: str, at: datetime
) -> bytes:
    """A text message as Meta would deliver it; for the simulator and the tests."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number_id, "phone_number_id": number_id},
        "contacts": [{"profile": {"name": name}, "wa_id": digits}],
        "messages": [
            {
                "from": digits,
                "id": external_id,
                "timestamp": str(int(at.timestamp())),
                "type": "text",
                "text": {"body": text},
            }
        ],
    }
    change = {"field": "messages", "value": value}
    document = {"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [change]}]}
    return json.dumps(document).encode()


def _read(raw: bytes) -> Any:
    """The document. A name or a text that was cut inside an emoji holds half of it, which is no
    character: it is read as a sign for one, since a refusal would lose the whole batch with it."""
    try:
        return pydantic_core.from_json(raw)
    except ValueError:
        whole = _ESCAPE.sub(lambda found: rb"\ufffd" if found["lone"] else found[0], raw)
    try:
        return pydantic_core.from_json(whole)
    except ValueError:
        raise MalformedJson from None


def _changes(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the value of each webhook field that is understood."""
    for entry in _dicts(_dict(document).get("entry")):
        for change in _dicts(entry.get("changes")):
            field = change.get("field")
            if field == "messages" or field in ECHOES:
                yield field, _dict(change.get("value"))


def _contact(item: dict[str, Any], *, is_echo: bool) -> tuple[str, str]:
    """The digits and the user id of the person on the other side; either may be empty."""
    side = "to" if is_echo else "from"
    return _line(item.get(side)), _line(item.get(f"{side}_user_id"))


def _message(
    number_id: str, item: dict[str, Any], names: dict[str, str], *, is_echo: bool
) -> InboundMessage | None:
    external_id = _text(item.get("id"))
    digits, user_id = _contact(item, is_echo=is_echo)
    key = digits or user_id
    if not external_id or not key:
        return None
    kind = _text(item.get("type"))
    return InboundMessage(
        number_id=number_id,
        external_id=external_id[:512],
        contact_key=key[:200],
        phone=_phone(digits),
        name=(names.get(digits) or names.get(user_id) or "")[:200] or None,
        text=_words(kind, item)[:MAX_TEXT],
        at=_instant(item.get("timestamp")),
        is_answerable=kind not in ("reaction", "system", "edit", "revoke"),
        is_echo=is_echo,
        files=_files(kind, _dict(item.get(kind))),
    )


def _files(kind: str, content: dict[str, Any]) -> tuple[InboundFile, ...]:
    source = _line(content.get("id"))
    if kind not in KINDS or not source:
        return ()
    file = InboundFile(
        kind=kind,
        source=source[:512],
        declared_type=_line(content.get("mime_type"))[:200],
        file_name=_line(content.get("filename"))[:1000] or None,
        caption=_text(content.get("caption"))[:MAX_TEXT],
    )
    return (file,)


def _words(kind: str, item: dict[str, Any]) -> str:
    content = _dict(item.get(kind))
    if kind == "text":
        return _text(content.get("body"))
    if kind == "button":
        return _text(content.get("text"))
    if kind == "interactive":
        for reply in ("button_reply", "list_reply"):
            if title := _text(_dict(content.get(reply)).get("title")):
                return title
    if kind == "reaction":
        return _text(content.get("emoji"))
    if kind == "location":
        place = ", ".join(filter(None, map(_line, (content.get("name"), content.get("address")))))
        return location(place, content.get("latitude"), content.get("longitude"))
    caption = _text(content.get("caption")) or _text(content.get("name"))
    shown = mark(kind or "unsupported", _line(content.get("filename")) or None)
    return f"{shown} {caption}".strip()


def location(place: str, *coordinates: Any) -> str:
    """A place as words: what it is called, and where it lies."""
    at = ", ".join(
        _line(str(value)) for value in coordinates if isinstance(value, int | float | str)
    )
    return " ".join(filter(None, (mark("location"), place, f"({at})" if at else "")))


def _status(number_id: str, item: dict[str, Any]) -> StatusUpdate | None:
    external_id, status = _text(item.get("id")), _text(item.get("status"))
    if not external_id or status not in ("sent", "delivered", "read", "failed"):
        return None
    own = _text(item.get("biz_opaque_callback_data"))
    error = next(iter(_dicts(item.get("errors"))), None)
    return StatusUpdate(
        number_id=number_id,
        external_id=external_id[:512],
        own_id=int(own) if own.isascii() and own.isdigit() and len(own) < 19 else None,
        status=status,  # type: ignore[arg-type]
        error=None if error is None else error_words(error),
    )


def error_words(error: dict[str, Any]) -> str:
    """A provider's error as it is kept: its code, its title, its details."""
    details = _text(_dict(error.get("error_data")).get("details"))
    words = _text(error.get("title")) or _text(error.get("message"))
    code = error.get("code")
    return told(code if isinstance(code, int) else "refused", words, details)


def _piece(number_id: str, item: dict[str, Any], names: dict[str, str], *, is_echo: bool) -> str:
    keys = _contact(item, is_echo=is_echo)
    mine = {key: name for key, name in names.items() if key in keys}
    piece = {"number_id": number_id, "message": item, "names": mine}
    return json.dumps(piece | {"is_echo": True} if is_echo else piece)


def _phone(digits: str) -> str | None:
    if not digits.isascii() or not digits.isdigit():
        return None
    try:
        return normal_phone("+" + digits)
    except ValueError:
        return None


def _instant(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return datetime.now(UTC)


def _text(value: Any) -> str:
    return storable(value) if isinstance(value, str) else ""


def _line(value: Any) -> str:
    return " ".join(_text(value).split())


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
