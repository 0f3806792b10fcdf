"""Signed messages at a steady rate, while the worker answers what came before.

Open loop: a message is sent when it is due, whether earlier ones are answered or not, and its time is
counted from when it was due. A server that stalls is charged for everybody it kept waiting.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.databases import Place, place
from bench.saves import prepare
from bench.serving import MAANE, ROOT, clean_environment, free_port, maane, running

SECRET = "bench-app-secret"
NUMBER = "100000000000001"
THINKING_S = 1.0
LIMIT_MS = 50
SENDERS = 32


@dataclass
class Sending:
    """What one run of messages saw."""

    times_ms: list[float] = field(default_factory=list)
    refused: int = 0


def compare(kind: str, *, rate: int, seconds: int) -> dict[str, Any]:
    """``rate`` messages a second, each from a customer of its own. Returns a document for the
    results. Raises ``RuntimeError`` when one was refused or is not in the database afterwards."""
    with place(kind, "webhook") as here, _running(here) as port:
        asyncio.run(_send_all(port, "warm", rate, 2))
        seen = asyncio.run(_send_all(port, "timed", rate, seconds))
        stored = int(here.execute("SELECT count(*) FROM inbound_events")[0][0])
    count = rate * (seconds + 2)
    if seen.refused or stored != count:
        raise RuntimeError(f"{seen.refused} refused, {stored} of {count} stored")
    times = sorted(seen.times_ms)
    p99 = times[int(len(times) * 0.99) - 1]
    return {
        "database": kind,
        "messages_a_second": rate,
        "seconds": seconds,
        "stored": stored,
        "answer_ms": {
            "p50": round(times[len(times) // 2], 2),
            "p95": round(times[int(len(times) * 0.95) - 1], 2),
            "p99": round(p99, 2),
            "highest": round(times[-1], 2),
            "target": f"< {LIMIT_MS}",
            "met": p99 < LIMIT_MS,
        },
    }


@contextmanager
def _running(here: Place) -> Iterator[int]:
    """A web server and a worker, with a model and a provider outside them."""
    with ExitStack() as stack:
        outside = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "bench.outside", str(THINKING_S)],
                env=clean_environment(),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert outside.stdout is not None
        model, graph = outside.stdout.readline().split()
        variables = here.variables() | {
            "MAANE_WHATSAPP_APP_SECRET": SECRET,
            "MAANE_WHATSAPP_API_URL": graph,
            "MAANE_MODEL_BASE_URL": f"{model}/v1",
            "MAANE_MODEL_NAME": "double",
        }
        prepare(here, variables)
        connect = ("channel", "whatsapp", "--business", "1", "--phone-number-id", NUMBER)
        maane(variables, *connect, "--access-token-stdin", stdin="token\n")
        web, worker = free_port(), free_port()
        for name, port in (("worker", worker), ("web", web)):
            command = [str(MAANE), name, "--port", str(port)]
            stack.enter_context(running(command, variables, port))
        yield web


async def _send_all(port: int, mark: str, rate: int, seconds: int) -> Sending:
    seen = Sending()
    due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    senders = [asyncio.create_task(_send(port, due, seen)) for _ in range(SENDERS)]
    began = time.perf_counter()
    for number in range(rate * seconds):
        at = began + number / rate
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        due.put_nowait((at, _request(port, mark, number)))
    await due.join()
    for sender in senders:
        sender.cancel()
    return seen


async def _send(port: int, due: asyncio.Queue[tuple[float, bytes]], seen: Sending) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            at, request = await due.get()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            await reader.readexactly(length)
            seen.times_ms.append((time.perf_counter() - at) * 1000)
            seen.refused += not head.startswith(b"HTTP/1.1 200")
            due.task_done()
    finally:
        writer.close()


def _request(port: int, mark: str, number: int) -> bytes:
    """What Meta would send: one text message of a customer who never wrote before."""
    digits = (
        f"9725{int(hashlib.sha256(f'{mark}{number}'.encode()).hexdigest()[:8], 16) % 10**8:08d}"
    )
    message = {
        "from": digits,
        "id": f"wamid.{mark}.{number}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": "שלום, אתם פתוחים מחר?"},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": NUMBER, "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "דנה"}, "wa_id": digits}],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    document = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [change]}],
    }
    body = json.dumps(document).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        "POST /webhook/whatsapp HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
