"""The thinnest socket that can answer a caller: what a model streams goes out word by word.

No call, no business, no history, no database, no tool: a prompt becomes a request over a kept connection,
and each piece of the stream a frame. Arguments: the port, and the model's base address.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Model:
    """Its kept connections."""

    def __init__(self, base: str) -> None:
        self._where = urlsplit(base)
        self._idle: list[Streams] = []

    async def speak(self, socket: ServerConnection, words: str) -> None:
        """Forwards one answer."""
        host, port = self._where.hostname or "", self._where.port or 80
        streams = self._idle.pop() if self._idle else await asyncio.open_connection(host, port)
        reader, writer = streams
        asked = {"stream": True, "messages": [{"role": "user", "content": words}]}
        body = json.dumps(asked).encode()
        path = f"{self._where.path}/chat/completions"
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        is_whole = False
        try:
            await reader.readuntil(b"\r\n\r\n")
            while size := int(await reader.readuntil(b"\r\n"), 16):
                event = (await reader.readexactly(size + 2)).strip()
                if event == b"data: [DONE]":
                    continue
                delta = json.loads(event.removeprefix(b"data: "))["choices"][0]["delta"]
                if token := delta.get("content"):
                    await socket.send(json.dumps({"type": "text", "token": token, "last": False}))
            await reader.readexactly(2)
            is_whole = True
            await socket.send(json.dumps({"type": "text", "token": "", "last": True}))
        finally:
            if is_whole:
                self._idle.append(streams)
            else:
                writer.close()


async def main(port: int, base: str) -> None:
    model = Model(base)

    async def receive(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in socket:
                frame = json.loads(text)
                if frame["type"] == "prompt":
                    await model.speak(socket, frame["voicePrompt"])

    async with serve(receive, "127.0.0.1", port, compression=None):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
