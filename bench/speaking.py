"""A model that speaks, in a process of its own: prints its address, ends with stdin.

``POST /v1/chat/completions`` as a stream. It thinks, and then brings a word at a time. The first tells
when it was asked and when it began to speak, in microseconds of the machine's monotonic clock, so that
whoever hears it at the other end can take the model's own time off.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

FIRST = re.compile(r"T([a-j]+)x([a-j]+)")
"""The two instants, a letter for each digit: long numbers are spoken otherwise than written."""
_LETTERS = str.maketrans("0123456789", "abcdefghij")
_DIGITS = str.maketrans("abcdefghij", "0123456789")
WORDS = 12
WORD_S = 0.05


def thought_us(word: str) -> int | None:
    """How long the model took until its first word, by that word; None for any other."""
    found = FIRST.search(word)
    if found is None:
        return None
    asked, spoke = (int(instant.translate(_DIGITS)) for instant in found.groups())
    return spoke - asked


def _now_us() -> int:
    return time.monotonic_ns() // 1000


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    event = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1793000000,
        "model": "double",
        "choices": [choice],
    }
    body = f"data: {json.dumps(event)}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(body), body)


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, thinking_s: float
) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            asked_us = _now_us()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            await asyncio.sleep(thinking_s)
            first = f"T{asked_us}x{_now_us()} ".translate(_LETTERS)
            writer.write(_chunk({"role": "assistant", "content": first}))
            for number in range(WORDS - 1):
                await asyncio.sleep(WORD_S)
                writer.write(_chunk({"content": "מילה " if number % 4 != 3 else "סוף. "}))
                await writer.drain()
            done = b"data: [DONE]\n\n"
            writer.write(_chunk({}, "stop") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(done), done))
    except (asyncio.IncompleteReadError, ConnectionError):
        """Whoever listened went away."""
    finally:
        writer.close()


async def _serve(thinking_s: float) -> None:
    server = await asyncio.start_server(lambda r, w: _answer(r, w, thinking_s), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
