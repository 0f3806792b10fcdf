"""Writes a file that is being fetched, whole and verified or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from maane.kit.logging import LOG
from maane.media import kinds
from maane.media.download import DownloadError, Saved
from maane.media.files import Files
from maane.media.operations import Stored

Fetch = Callable[[IO[bytes], int], Saved]
"""Writes into a file at most so many bytes. Raises ``DownloadError``."""


def keep(
    files: Files, business_id: int, key: str, kind: str, fetch: Fetch, limit: int, room: int
) -> Stored:
    """Keeps what ``fetch`` writes, if its bytes are of its kind. ``limit`` is for one file, ``room`` what
    is left for the business, both in bytes. Raises ``DownloadError``."""
    if room <= 0:
        raise DownloadError("no_room")
    try:
        with files.writing(business_id, key) as file:
            saved = fetch(file, min(limit, room))
            found = kinds.content_type(kind, saved.head)
            if found is None:
                raise DownloadError("wrong_type")
            return Stored(found, saved.size, saved.sha256)
    except DownloadError as error:
        if error.reason == "too_large" and room < limit:
            raise DownloadError("no_room") from None
        raise
    except OSError as error:
        LOG.error("file not kept", business_id=business_id, error=error.strerror)
        raise DownloadError("not_kept", may_retry=True) from None
