"""What was said in a voice note, from any OpenAI-compatible endpoint.

``POST {base}/audio/transcriptions``, multipart, as it came: WhatsApp's notes are Ogg with Opus, which
such endpoints take. No language is named, since customers speak their own and not the business's.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from maane.kit.text import storable
from maane.kit.wire import asked_wait_s, document_of, trust
from maane.media.kinds import ENDINGS
from maane.settings import Settings

CONNECT_S, TIME_S = 5.0, 60.0
LONGEST = 20_000
"""Characters of a transcript; more than any voice note that fits holds."""


class TranscriptionError(Exception):
    """Nobody could tell what was said. ``reason`` is a short word for the log; ``may_retry``: a later
    try can work, ``after_s`` from now where the endpoint said so."""

    def __init__(self, reason: str, *, may_retry: bool, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_retry = may_retry
        self.after_s = after_s


class Transcriber:
    """One model behind one endpoint."""

    def __init__(self, base_url: str, model: str, api_key: str, time_s: float = TIME_S) -> None:
        self._url = f"{base_url}/audio/transcriptions"
        self._model = model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._time_s = time_s

    def transcribe(self, place: Path, content_type: str) -> str:
        """The words in a file. Raises ``TranscriptionError``, also where there are none."""
        note = (f"note{ENDINGS.get(content_type, '')}", place.read_bytes(), content_type)
        try:
            answer = asyncio.run(asyncio.wait_for(self._ask(note), self._time_s))
        except (TimeoutError, httpx.HTTPError):
            raise TranscriptionError("unreachable", may_retry=True) from None
        if not answer.is_success:
            is_busy = answer.status_code in (408, 429) or answer.status_code >= 500
            raise TranscriptionError(
                f"HTTP {answer.status_code}", may_retry=is_busy, after_s=asked_wait_s(answer)
            )
        words = document_of(answer).get("text")
        text = storable(words).strip()[:LONGEST] if isinstance(words, str) else ""
        if not text:
            raise TranscriptionError("empty", may_retry=False)
        return text

    async def _ask(self, note: tuple[str, bytes, str]) -> httpx.Response:
        timeout = httpx.Timeout(self._time_s, connect=CONNECT_S)
        async with httpx.AsyncClient(timeout=timeout, verify=trust()) as client:
            form = {"model": self._model, "response_format": "json"}
            return await client.post(
                self._url, headers=self._headers, data=form, files={"file": note}
            )


def transcriber_of(settings: Settings) -> Transcriber | None:
    """What hears voice notes, or None. The model's key goes to the model's own address only."""
    if not settings.has_transcription:
        return None
    key = settings.transcription_api_key.get_secret_value()
    if not key and not settings.transcription_base_url:
        key = settings.model_api_key.get_secret_value()
    return Transcriber(settings.transcription_url, settings.transcription_model, key)
