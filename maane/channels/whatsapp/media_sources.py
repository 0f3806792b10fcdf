"""Where each provider keeps what customers send, and how it is asked for.

Meta: ``GET /{media id}`` says where the file is for the next five minutes; the same token fetches it
there. Twilio: the webhook bears the file's address in the API, which redirects to a signed one at its
content hosts, where its credentials have no business.
"""

from __future__ import annotations

import re
from typing import IO, Protocol

from maane.channels.twilio import added_places, downloader_of
from maane.channels.whatsapp import store
from maane.channels.whatsapp.connection import META, TWILIO, token_of
from maane.channels.whatsapp.sender import CREDENTIAL_CODES, RETRYABLE_CODES, UNKNOWN_OBJECT
from maane.kit.db import Transaction
from maane.kit.wire import asked_wait_s, document_of
from maane.media.download import Downloader, DownloadError, Place, Saved, refuse_status
from maane.settings import Settings, origin_of
from maane.tenancy.access import Tenant

META_PLACES = (Place("https://lookaside.fbsbx.com", gets_credentials=True),)
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class MediaSource(Protocol):
    """One number's files at its provider."""

    def fetch(self, source: str, file: IO[bytes], limit: int) -> Saved:
        """Writes a file of at most ``limit`` bytes. Raises ``DownloadError``."""
        ...


class MetaMedia:
    """The files of a number at Meta."""

    def __init__(self, settings: Settings, number_id: str, token: str) -> None:
        self._url = settings.whatsapp_api_url
        self._number_id = number_id
        api = Place(origin_of(self._url), gets_credentials=True, is_configured=True)
        places = (api, *META_PLACES, *added_places(settings))
        self._downloader = Downloader(places, f"Bearer {token}", settings.media_time_s)

    def fetch(self, source: str, file: IO[bytes], limit: int) -> Saved:
        try:
            return self._downloader.save(self._address(source, limit), file, limit)
        except DownloadError as error:
            if error.reason not in ("gone", "provider_refused"):
                raise
        # The address may have expired on the way; a second one has not.
        file.seek(0)
        file.truncate()
        return self._downloader.save(self._address(source, limit), file, limit)

    def _address(self, source: str, limit: int) -> str:
        if not _ID.fullmatch(source):
            raise DownloadError("gone")
        answer = self._downloader.document(
            f"{self._url}/{source}?phone_number_id={self._number_id}"
        )
        document = document_of(answer)
        error = document.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        if code == UNKNOWN_OBJECT:
            raise DownloadError("gone")
        if isinstance(code, int) and code in RETRYABLE_CODES:
            raise DownloadError("unreachable", may_retry=True, after_s=asked_wait_s(answer))
        if isinstance(code, int) and code in CREDENTIAL_CODES:
            raise DownloadError("provider_refused")
        refuse_status(answer)
        size = document.get("file_size")
        if str(size).isdigit() and int(str(size)) > limit:
            raise DownloadError("too_large")
        url = document.get("url")
        if not isinstance(url, str):
            raise DownloadError("provider_refused")
        return url


class TwilioMedia:
    """The files of a number at Twilio. Its credentials go to messages of its own account only."""

    def __init__(self, settings: Settings, account_sid: str, token: str) -> None:
        self._downloader = downloader_of(settings, account_sid, token, "Messages")

    def fetch(self, source: str, file: IO[bytes], limit: int) -> Saved:
        return self._downloader.save(source, file, limit)


def source_for(
    tx: Transaction, tenant: Tenant, settings: Settings, provider: str
) -> MediaSource | None:
    """Where the files of a provider's messages are; None where the business is not connected to it
    any more, or its credential cannot be read."""
    channel = store.find_channel(tx, tenant, provider)
    token = None if channel is None else token_of(settings, channel)
    if channel is None or not token:
        return None
    if provider == META:
        return MetaMedia(settings, channel.phone_number_id, token)
    return TwilioMedia(settings, channel.account_sid, token) if provider == TWILIO else None
