"""Sends a text through Meta's Graph API, or records it where the number is the simulator's.

``POST /{phone_number_id}/messages`` with the message's own id in ``biz_opaque_callback_data``, which
Meta repeats in its status events. Codes: Meta's error-code page; a code decides, the HTTP status only
where there is none.
"""

from __future__ import annotations

from typing import Any

import httpx

from maane.channels.whatsapp.payload import error_words
from maane.channels.whatsapp.provider import (
    MOST_PAGES,
    PAGE_SIZE,
    READ_S,
    ListError,
    Probe,
    SendError,
    Sent,
    TemplateMessage,
    Wire,
    read_page,
)
from maane.conversations.reasons import told
from maane.kit.text import storable
from maane.kit.wire import asked_wait_s, document_of

RETRYABLE_CODES = frozenset(
    {1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004, 135000}
)
UNKNOWN_OBJECT = 100
TEMPLATE_FIELDS = "id,name,language,status,category,parameter_format,components"
CREDENTIAL_CODES = frozenset({3, 10, 102, 190, *range(200, 300)})


class GraphSender:
    """A number at Meta."""

    longest_text = 4096

    def __init__(
        self,
        api_url: str,
        phone_number_id: str,
        access_token: str,
        waba_id: str = "",
        *,
        read_s: float = READ_S,
    ) -> None:
        self._api_url, self._waba_id = api_url, waba_id
        self._url = f"{api_url}/{phone_number_id}"
        self._id = phone_number_id
        self._wire = Wire(read_s=read_s, headers={"Authorization": f"Bearer {access_token}"})

    def send_text(self, to: str, text: str, own_id: int) -> Sent:
        return self._send(to, own_id, "text", {"preview_url": False, "body": text})

    def send_template(self, to: str, template: TemplateMessage, own_id: int) -> Sent:
        template = template.for_provider("meta")
        components = [
            {"type": part, "parameters": [_parameter(template, *value) for value in values]}
            for part, values in (("header", template.header), ("body", template.body))
            if values
        ]
        content = {"name": template.name, "language": {"code": template.language}}
        return self._send(to, own_id, "template", content | {"components": components})

    def _send(self, to: str, own_id: int, kind: str, content: dict[str, Any]) -> Sent:
        recipient = {"to": to} if to.isdigit() else {"recipient": to}
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **recipient,
            "type": kind,
            kind: content,
            "biz_opaque_callback_data": str(own_id),
        }
        return _read(self._wire.post(f"{self._url}/messages", json=body))

    def owns(self) -> bool:
        """True when the number is one of the account's. Raises ``ListError``."""
        return any(item.get("id") == self._id for item in self._list("phone_numbers", "id"))

    def list_templates(self) -> list[dict[str, Any]]:
        return self._list("message_templates", TEMPLATE_FIELDS)

    def _list(self, edge: str, fields: str) -> list[dict[str, Any]]:
        """Every item of a list of the account's, followed by cursor and not by the address that Meta
        gives: the token goes to no other host."""
        found: list[dict[str, Any]] = []
        after = ""
        for _ in range(MOST_PAGES):
            params = {"fields": fields, "limit": str(PAGE_SIZE)} | (
                {"after": after} if after else {}
            )
            answer = self._wire.get(f"{self._api_url}/{self._waba_id}/{edge}", params=params)
            page = read_page(answer)
            if (error := page.get("error")) is not None:
                raise _list_error(error if isinstance(error, dict) else {})
            if not isinstance(page.get("data"), list):
                raise ListError("unreachable", "not a list")
            found += [item for item in page["data"] if isinstance(item, dict)]
            paging = page.get("paging")
            paging = paging if isinstance(paging, dict) else {}
            cursors = paging.get("cursors")
            cursor = cursors.get("after") if isinstance(cursors, dict) else None
            if not paging.get("next") or not isinstance(cursor, str) or cursor == after:
                break
            after = cursor
        return found

    def test(self) -> Probe:
        """Asks for what only a phone number has, so that another object's id is not taken for one."""
        fields = {"fields": "id,display_phone_number,verified_name"}
        answer = self._wire.get(self._url, params=fields)
        if answer is None:
            return Probe("unreachable")
        document = document_of(answer)
        if answer.is_success:
            shown = document.get("display_phone_number")
            if document.get("id") != self._id or not isinstance(shown, str):
                return Probe("unreachable")
            named = document.get("verified_name")
            name = named if isinstance(named, str) and named else shown
            return Probe("ok", storable(name)[:200])
        error = document.get("error")
        given = error.get("code") if isinstance(error, dict) else None
        code = given if isinstance(given, int) else 0
        if code in CREDENTIAL_CODES or answer.status_code in (401, 403):
            return Probe("refused")
        if code == UNKNOWN_OBJECT or answer.status_code == 404:
            return Probe("unknown_number")
        return Probe("unreachable")

    def close(self) -> None:
        self._wire.close()


class SimulatorSender:
    """The simulator's number: the turn is the production one, only the last step is skipped."""

    longest_text = GraphSender.longest_text

    def send_text(self, to: str, text: str, own_id: int) -> Sent:
        return Sent(f"sim.out.{own_id}", "simulated")

    def send_template(self, to: str, template: TemplateMessage, own_id: int) -> Sent:
        return Sent(f"sim.out.{own_id}", "simulated")

    def list_templates(self) -> list[dict[str, Any]]:
        return []

    def test(self) -> Probe:
        return Probe("ok")

    def close(self) -> None:
        """It has none."""


def _parameter(template: TemplateMessage, key: str, value: str) -> dict[str, str]:
    named = {"parameter_name": key} if template.is_named else {}
    return {"type": "text", "text": value, **named}


def _list_error(error: dict[str, Any]) -> ListError:
    code, words = error.get("code"), error_words(error)
    if code in CREDENTIAL_CODES:
        return ListError("refused", words)
    if code == UNKNOWN_OBJECT:
        return ListError("unknown_account", words)
    return ListError("busy" if code in RETRYABLE_CODES else "unreachable", words)


def _read(answer: httpx.Response) -> Sent:
    document = document_of(answer)
    if answer.is_success:
        messages = document.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else {}
        external_id = first.get("id") if isinstance(first, dict) else None
        if isinstance(external_id, str) and external_id:
            return Sent(external_id, "sent")
        raise SendError(told("no_id"), may_retry=False)
    error = document.get("error")
    error = error if isinstance(error, dict) else {}
    code = error.get("code")
    may_retry = (
        code in RETRYABLE_CODES
        if isinstance(code, int)
        else answer.status_code == 429 or answer.status_code >= 500
    )
    words = error_words(error) if error else told("odd_answer", f"HTTP {answer.status_code}")
    raise SendError(words, may_retry=may_retry, after_s=asked_wait_s(answer))
