"""Sends a text through Twilio's Messages API.

``POST /2010-04-01/Accounts/{SID}/Messages.json``, form encoded. Twilio knows no id of ours, so it is
put into the address of the status callback, whose signature covers it. A 429 was not processed; what
else has an error code of Twilio's stays refused however often it is tried.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

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

RETRYABLE_CODES = frozenset({20429, 20500, 20503, 63018})
"""Too many requests, Twilio's own faults, and more than WhatsApp takes of one sender in a second."""


class TwilioSender:
    """A number at Twilio. ``callback_url`` is where the statuses of what it sends are reported; empty
    where Twilio could not reach it, and refuses to send for that."""

    longest_text = 1600

    def __init__(
        self,
        api_url: str,
        account_sid: str,
        auth_token: str,
        number: str,
        callback_url: str,
        content_url: str = "",
        *,
        read_s: float = READ_S,
    ) -> None:
        self._url = f"{api_url}/2010-04-01/Accounts/{account_sid}"
        self._contents = f"{content_url}/v1/ContentAndApprovals"
        self._number = number
        self._callback_url = callback_url
        self._wire = Wire(read_s=read_s, auth=(account_sid, auth_token))

    def send_text(self, to: str, text: str, own_id: int) -> Sent:
        return self._send(to, own_id, {"Body": text})

    def send_template(self, to: str, template: TemplateMessage, own_id: int) -> Sent:
        template = template.for_provider("twilio")
        content = {"ContentSid": template.external_id}
        if values := dict(template.body):
            content["ContentVariables"] = json.dumps(values)
        return self._send(to, own_id, content)

    def list_templates(self) -> list[dict[str, Any]]:
        """Followed by the page's own query and not by the address that Twilio gives: the token goes to
        no other host."""
        found: list[dict[str, Any]] = []
        query = f"PageSize={PAGE_SIZE}"
        for _ in range(MOST_PAGES):
            answer = self._wire.get(f"{self._contents}?{query}")
            page = read_page(answer)
            if answer is not None and not answer.is_success:
                is_refused = answer.status_code in (401, 403)
                raise ListError("refused" if is_refused else "unreachable", error_words(page))
            if not isinstance(page.get("contents"), list):
                raise ListError("unreachable", "not a list")
            found += [item for item in page["contents"] if isinstance(item, dict)]
            meta = page.get("meta")
            following = meta.get("next_page_url") if isinstance(meta, dict) else None
            if not isinstance(following, str) or not (query := urlsplit(following).query):
                break
        return found

    def _send(self, to: str, own_id: int, content: dict[str, str]) -> Sent:
        recipient = f"+{to}" if to.isdigit() else to
        form = {"From": f"whatsapp:{self._number}", "To": f"whatsapp:{recipient}", **content}
        if self._callback_url:
            form["StatusCallback"] = f"{self._callback_url}?message={own_id}"
        return _read(self._wire.post(f"{self._url}/Messages.json", data=form))

    def test(self) -> Probe:
        answer = self._wire.get(f"{self._url}.json")
        if answer is None:
            return Probe("unreachable")
        document = document_of(answer)
        if answer.is_success:
            name, status = document.get("friendly_name"), document.get("status")
            if not isinstance(status, str):
                return Probe("unreachable")
            if status != "active":
                return Probe("refused")
            return Probe("ok", storable(name)[:200] if isinstance(name, str) and name else None)
        if answer.status_code in (401, 403):
            return Probe("refused")
        if answer.status_code == 404:
            return Probe("unknown_number")
        return Probe("unreachable")

    def close(self) -> None:
        self._wire.close()


def _read(answer: httpx.Response) -> Sent:
    document = document_of(answer)
    if answer.is_success:
        external_id = document.get("sid")
        if isinstance(external_id, str) and external_id:
            return Sent(external_id, "sent")
        raise SendError(told("no_id"), may_retry=False)
    code = document.get("code")
    is_busy = answer.status_code == 429 or answer.status_code >= 500
    may_retry = is_busy or (isinstance(code, int) and code in RETRYABLE_CODES)
    words = error_words(document) if document else told("odd_answer", f"HTTP {answer.status_code}")
    raise SendError(words, may_retry=may_retry, after_s=asked_wait_s(answer))
