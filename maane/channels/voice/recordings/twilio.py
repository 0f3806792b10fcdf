"""Twilio's REST resources of recordings: which there are of a call, the file, and its deletion there."""

from __future__ import annotations

import re
from typing import IO

import httpx

from maane.channels.twilio import downloader_of
from maane.kit.wire import asked_wait_s, document_of, trust
from maane.media.download import DownloadError, Saved
from maane.settings import Settings

CONNECT_S, READ_S = 3.0, 12.0
SID = re.compile(r"RE[0-9a-fA-F]{32}")


class TwilioRecordings:
    """The recordings of one account. Addresses are made from their ids: what a webhook names is not
    followed."""

    def __init__(self, settings: Settings, account_sid: str, token: str) -> None:
        self._account = f"{settings.twilio_api_url}/2010-04-01/Accounts/{account_sid}"
        self._auth = (account_sid, token)
        self._downloader = downloader_of(settings, account_sid, token, "Recordings")

    def find(self, call_sid: str) -> str | None:
        """The id of a call's recording, the newest where there are several; None for none. Raises
        ``DownloadError``."""
        answer = self._ask("GET", f"Calls/{call_sid}/Recordings.json")
        if answer.status_code == 404:
            return None
        _refuse(answer)
        rows = document_of(answer).get("recordings")
        if not isinstance(rows, list):
            raise DownloadError("provider_refused")
        sids = [row.get("sid") for row in rows if isinstance(row, dict)]
        return next((sid for sid in sids if isinstance(sid, str) and SID.fullmatch(sid)), None)

    def fetch(self, sid: str, file: IO[bytes], limit: int) -> Saved:
        """Writes a recording, as MP3. Raises ``DownloadError``."""
        return self._downloader.save(f"{self._account}/Recordings/{sid}.mp3", file, limit)

    def delete(self, sid: str) -> None:
        """Deletes a recording, or finds it gone. Raises ``DownloadError``."""
        answer = self._ask("DELETE", f"Recordings/{sid}.json")
        if answer.status_code != 404:
            _refuse(answer)

    def _ask(self, method: str, resource: str) -> httpx.Response:
        timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
        with httpx.Client(auth=self._auth, timeout=timeout, verify=trust()) as client:
            try:
                return client.request(method, f"{self._account}/{resource}")
            except httpx.HTTPError:
                raise DownloadError("unreachable", may_retry=True) from None


def _refuse(answer: httpx.Response) -> None:
    if answer.status_code == 429 or answer.status_code >= 500:
        raise DownloadError("unreachable", may_retry=True, after_s=asked_wait_s(answer))
    if not answer.is_success:
        raise DownloadError("provider_refused")
