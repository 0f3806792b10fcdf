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
from bench.filling import fill_inbox
from bench.saves import prepare
from bench.serving import MAANE, ROOT, clean_environment, free_port, maane, running

SECRET = "bench-app-secret"
NUMBER = "100000000000001"
THINKING_S = 1.0
PAUSE_S = 3.0
"""What a business has that changed nothing: so long it waits for a customer who may be still writing."""
LIMIT_MS = 50
OVERHEAD_LIMIT_MS = 150
FLOOD_LIMIT_MS = 100
FORGED_LIMIT_MS = 200
PATIENCE_S = 600
SENDERS = 32
HISTORY = 10_000
"""So many messages its business has before, with half as many events: of tables that are empty PostgreSQL
plans to read everything, for as long as a plan is kept."""
IS_NEW = f"id > {HISTORY}"
MARKS = ("warm", "timed", "flood", "forged")
DIRECTIONS = ("inbound", "outbound")


@dataclass
class Sending:
    """What one run of messages saw. ``due`` is when each customer's message was due."""

    times_ms: list[float] = field(default_factory=list)
    unexpected: int = 0
    due: dict[str, float] = field(default_factory=dict)


@dataclass
class Maane:
    """A web server and a worker at work; ``asked`` is known when they have ended."""

    port: int
    asked: dict[str, list[float]] = field(default_factory=dict)


def answers(kind: str, *, rate: int, seconds: int, pause_s: float) -> dict[str, Any]:
    """``rate`` messages a second, each from a customer of its own. Returns a document for the
    results. Raises ``RuntimeError`` when one was refused or is not in the database afterwards."""
    with place(kind, "webhook") as here:
        with _running(here, pause_s) as maane_:
            asyncio.run(_send_all(maane_.port, "warm", rate, 2))
            here.gather_statistics()
            seen = asyncio.run(_send_all(maane_.port, "timed", rate, seconds))
            _wait_for_answers(here, rate * (seconds + 2))
        stored = _count(here, "inbound_events", IS_NEW)
        if stored != rate * (seconds + 2) or seen.unexpected:
            raise RuntimeError(f"{seen.unexpected} refused, {stored} stored")
        # Everything between a message and its answer that is neither the configured pause, the model's
        # thinking nor, since the clock stops when the provider is asked, the provider's own.
        overhead = sorted(
            (maane_.asked[digits][0] - at - pause_s - THINKING_S) * 1000
            for digits, at in seen.due.items()
        )
    return {
        "database": kind,
        "messages_a_second": rate,
        "seconds": seconds,
        "stored": stored,
        "pause_s": pause_s,
        "answer_ms": _spread(seen.times_ms, 0.99, LIMIT_MS),
        "overhead_ms": _spread(overhead, 0.95, OVERHEAD_LIMIT_MS),
    }


def flood(kind: str, *, rate: int, seconds: int) -> dict[str, Any]:
    """A great many for a minute, alone and beside as many forged ones."""
    document: dict[str, Any] = {
        "database": kind,
        "messages_a_second": rate,
        "seconds": seconds,
        "flood": {},
    }
    for name, limit_ms in (("alone", FLOOD_LIMIT_MS), ("beside_forged", FORGED_LIMIT_MS)):
        with place(kind, "flood") as here, _running(here, 0.0) as maane_:
            forged = rate if name == "beside_forged" else 0
            began = time.perf_counter()
            seen, refused = asyncio.run(_send_both(maane_.port, rate, forged, seconds))
            sent_s = time.perf_counter() - began
            _wait_for_answers(here, rate * seconds)
            answered_s = time.perf_counter() - began
            stored = _count(here, "inbound_events", IS_NEW)
            counted = [
                _count(here, "messages", f"direction = '{d}' AND {IS_NEW}") for d in DIRECTIONS
            ]
        if stored != rate * seconds or counted != [stored, stored] or seen.unexpected:
            raise RuntimeError(f"{seen.unexpected} refused, {stored} stored, {counted} messages")
        if len(refused.times_ms) != forged * seconds or refused.unexpected:
            raise RuntimeError(f"{refused.unexpected} forged ones were not refused")
        twice = sum(len(times) > 1 for times in maane_.asked.values())
        if twice or len(maane_.asked) != stored:
            raise RuntimeError(f"{len(maane_.asked)} of {stored} answered, {twice} more than once")
        document["flood"][name] = {
            **_spread(seen.times_ms, 0.99, limit_ms),
            "stored": stored,
            "answered": len(maane_.asked),
            "sent_within_s": round(sent_s, 1),
            "answered_within_s": round(answered_s, 1),
            "forged_refused": len(refused.times_ms),
        }
    return document


def _spread(times_ms: list[float], share: float, limit_ms: int) -> dict[str, Any]:
    times = sorted(times_ms)
    judged = times[int(len(times) * share) - 1]
    return {
        "p50": round(times[len(times) // 2], 2),
        "p95": round(times[int(len(times) * 0.95) - 1], 2),
        "p99": round(times[int(len(times) * 0.99) - 1], 2),
        "highest": round(times[-1], 2),
        "target": f"< {limit_ms}",
        "met": judged < limit_ms,
    }


def _count(here: Place, table: str, where: str) -> int:
    return int(here.execute(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])


def _wait_for_answers(here: Place, number: int) -> None:
    """Raises ``RuntimeError`` when some are missing after all patience."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        sent = _count(here, "messages", f"direction = 'outbound' AND status = 'sent' AND {IS_NEW}")
        if sent >= number:
            return
        time.sleep(1)
    raise RuntimeError(f"{sent} of {number} were answered after {PATIENCE_S} s")


@contextmanager
def _running(here: Place, pause_s: float) -> Iterator[Maane]:
    """A web server and a worker, with a model and a provider outside them."""
    outside = subprocess.Popen(
        [sys.executable, "-m", "bench.outside", str(THINKING_S)],
        env=clean_environment(),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert outside.stdout is not None
    model, graph = outside.stdout.readline().split()
    variables = here.variables() | {
        "MAANE_WHATSAPP_APP_SECRET": SECRET,
        "MAANE_WHATSAPP_API_URL": graph,
        "MAANE_MODEL_BASE_URL": f"{model}/v1",
        "MAANE_MODEL_NAME": "double",
    }
    try:
        prepare(here, variables)
        fill_inbox(here, HISTORY)
        connect = ("channel", "whatsapp", "--business", "1", "--phone-number-id", NUMBER)
        maane(variables, *connect, "--access-token-stdin", stdin="token\n")
        here.execute(
            "INSERT INTO whatsapp_settings (business_id, pause_s, updated_at) "
            f"VALUES (1, {pause_s:.0f}, CURRENT_TIMESTAMP)"
        )
        running_ = Maane(free_port())
        with ExitStack() as stack:
            stack.enter_context(here.looked_after())
            # As ``maane serve`` starts them.
            for number in range(1 if here.is_sqlite else 2):
                port = free_port()
                command = [str(MAANE), "worker", "--port", str(port)]
                named = variables | {"MAANE_WORKER_ID": f"bench/{number}"}
                stack.enter_context(running(command, named, port))
            command = [str(MAANE), "web", "--port", str(running_.port)]
            stack.enter_context(running(command, variables, running_.port))
            yield running_
    finally:
        said, _ = outside.communicate()
    running_.asked = json.loads(said)


async def _send_both(port: int, rate: int, forged: int, seconds: int) -> tuple[Sending, Sending]:
    ours = _send_all(port, "flood", rate, seconds)
    if not forged:
        return await ours, Sending()
    theirs = _send_all(port, "forged", forged, seconds, is_forged=True)
    seen, refused = await asyncio.gather(ours, theirs)
    return seen, refused


async def _send_all(
    port: int, mark: str, rate: int, seconds: int, *, is_forged: bool = False
) -> Sending:
    seen = Sending()
    due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    expected = b"HTTP/1.1 403" if is_forged else b"HTTP/1.1 200"
    senders = [asyncio.create_task(_send(port, due, seen, expected)) for _ in range(SENDERS)]
    began = time.perf_counter()
    for number in range(rate * seconds):
        at = began + number / rate
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        digits = _digits(mark, number)
        seen.due[digits] = at
        due.put_nowait((at, _request(port, mark, number, digits, is_forged=is_forged)))
    await due.join()
    for sender in senders:
        sender.cancel()
    return seen


async def _send(
    port: int, due: asyncio.Queue[tuple[float, bytes]], seen: Sending, expected: bytes
) -> None:
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
            seen.unexpected += not head.startswith(expected)
            due.task_done()
    finally:
        writer.close()


def _digits(mark: str, number: int) -> str:
    """A customer's number, each time another."""
    return f"97255{MARKS.index(mark)}{number:06d}"


def _request(port: int, mark: str, number: int, digits: str, *, is_forged: bool) -> bytes:
    """What Meta would send: one text message of a customer who never wrote before."""
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
    secret = "somebody-else-s" if is_forged else SECRET
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        "POST /webhook/whatsapp HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
