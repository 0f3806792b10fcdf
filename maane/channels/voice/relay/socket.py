"""The socket of a call: who may open it, and what ends it.

Before it is accepted its handshake must bear the signature of the business whose number the address
names; then the first frame must bring the token that our own TwiML gave to this very call, which opens
one socket, once. The signature covers only the address, so neither would do alone.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from maane.assistant.model import SpeakingModel
from maane.channels.twilio import SIGNATURE_HEADER, addresses, is_signed
from maane.channels.voice.limits import Limits
from maane.channels.voice.relay import frames
from maane.channels.voice.relay.frames import BadFrame, Setup
from maane.channels.voice.relay.keeping import AWAITED_S, Keeper, Recall
from maane.channels.voice.relay.talk import Talk
from maane.channels.voice.relay.way import path_of
from maane.kit.errors import NotFound, Unavailable
from maane.kit.logging import LOG
from maane.settings import Settings

NORMAL, BAD_DATA, POLICY_VIOLATION, TRY_LATER = 1000, 1007, 1008, 1013
SETUP_S = 5.0
MOST_BAD = 10
CLOSE_S = 5.0
"""Twilio closes the socket after ``end``; we do where it does not."""
SEND_S = 10.0
"""Whoever takes no words for so long listens to none."""
MOST_BUSINESS = 2**63


class Sockets:
    """All sockets of a process."""

    def __init__(self, keeper: Keeper, settings: Settings, model: SpeakingModel | None) -> None:
        self._keeper = keeper
        self._settings = settings
        self._model = model
        self._limits = Limits.of(settings)
        # A thread of its own: strangers who knock must not keep calls from the database.
        self._door = ThreadPoolExecutor(1, thread_name_prefix="door")

    async def receive(self, socket: WebSocket) -> None:
        """One socket, from its handshake to its end."""
        business_id = int(socket.path_params["business_id"])
        if not await self._is_signed(socket, business_id):
            LOG.warning("socket refused", reason="signature")
            await socket.close(POLICY_VIOLATION)
            return
        await socket.accept()
        recall = await self._introduced(socket, business_id)
        if recall is None:
            LOG.warning("socket refused", reason="token", business_id=business_id)
            await _close(socket, POLICY_VIOLATION)
            return
        talk = Talk(
            recall, self._keeper, self._model, lambda frame: _send(socket, frame), self._limits
        )
        closing = asyncio.get_running_loop().create_task(_close_after(socket, talk))
        try:
            talk.begin()
            await _listen(socket, talk)
        finally:
            closing.cancel()
            await talk.leave()

    async def _is_signed(self, socket: WebSocket, business_id: int) -> bool:
        """The signature is that of the address alone, as we gave it or with a slash more. Twilio's page
        says so; an address with a query is none of ours."""
        header = socket.headers.get(SIGNATURE_HEADER, "")
        if not header or socket.scope["query_string"] or business_id >= MOST_BUSINESS:
            return False
        loop = asyncio.get_running_loop()
        try:
            tokens = await loop.run_in_executor(
                self._door, self._keeper.tokens_of, business_id, self._settings
            )
        except (NotFound, Unavailable):
            return False
        path, origin = path_of(business_id), self._settings.socket_origin
        urls = [*addresses([origin], path, ""), *addresses([origin], f"{path}/", "")]
        # Each is tried, so that the time does not tell which.
        found = [is_signed(token, urls, (), header) for token in tokens]
        return any(found)

    async def _introduced(self, socket: WebSocket, business_id: int) -> Recall | None:
        """The call of a socket whose first frame is right and in time."""
        try:
            async with asyncio.timeout(SETUP_S):
                first = frames.read(await _text(socket))
        except (TimeoutError, BadFrame, WebSocketDisconnect):
            return None
        if not isinstance(first, Setup):
            return None
        try:
            return await self._keeper.run(
                lambda: self._keeper.take(
                    business_id, first.call_sid, first.account_sid, first.token
                ),
                AWAITED_S,
            )
        except (NotFound, Unavailable):
            return None


async def _listen(socket: WebSocket, talk: Talk) -> None:
    """Takes frames until the socket ends."""
    bad = 0
    while True:
        try:
            frame = frames.read(await _text(socket))
        except WebSocketDisconnect:
            return
        except BadFrame:
            bad += 1
            if bad >= MOST_BAD:
                await _close(socket, BAD_DATA)
                return
            continue
        await talk.take(frame)


async def _text(socket: WebSocket) -> str | None:
    """The text of the next frame; None for bytes. Raises ``WebSocketDisconnect``."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", NORMAL))
    text: str | None = message.get("text")
    return text


async def _send(socket: WebSocket, frame: str) -> None:
    """Nothing of a word that nobody takes: the end of the socket is found where it is listened to."""
    try:
        async with asyncio.timeout(SEND_S):
            await socket.send_text(frame)
    except TimeoutError:
        await _close(socket, TRY_LATER)
    except (WebSocketDisconnect, RuntimeError):
        return


async def _close(socket: WebSocket, code: int) -> None:
    with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
        async with asyncio.timeout(SEND_S):
            await socket.close(code)


async def _close_after(socket: WebSocket, talk: Talk) -> None:
    await talk.ended.wait()
    await asyncio.sleep(CLOSE_S)
    await _close(socket, NORMAL)
