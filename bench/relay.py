"""Calls over sockets: how much Maane adds between a caller's last word and the model's first.

Each call is one that its TwiML opened, and takes a turn every few seconds. What the model itself took is
told by its first word (``speaking``) and taken off. Beside it in the same run the thinnest socket that
forwards the same stream (``peers/forwarder``), driven by the same client.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from websockets.asyncio.client import ClientConnection, connect

from bench.databases import Place, place
from bench.filling import fill_calls
from bench.saves import prepare
from bench.serving import MAANE, ROOT, STOP_S, clean_environment, free_port, maane, running
from bench.speaking import thought_us
from tests.fakes import FakeTwilio

THINKING_S = 0.3
EVERY_S = 4.0
CALLS = (100, 300)
WARM = 20
HISTORY = 5_000
"""Turns that the business has had before: of empty tables PostgreSQL plans to read everything."""
INTERRUPTED = 5
"""One turn of so many is interrupted in its middle."""
P50_MS, P95_MS, SILENCE_MS, CALL_KB, KEPT_S = 10, 40, 20, 1024, 1.0
MANY_OVER_FEW, OVER_FORWARDER = 2.0, 3.0
ACCOUNT, TOKEN, NUMBER = "AC" + "b" * 32, "b" * 32, "+97236123456"


@dataclass
class Seen:
    """What the callers saw, in ms: Maane's share until the first word, and from an interruption until
    the last frame."""

    share_ms: list[float] = field(default_factory=list)
    silence_ms: list[float] = field(default_factory=list)
    unfinished: int = 0


@dataclass
class Caller:
    """One call on its socket."""

    socket: ClientConnection
    number: int
    turns: int = 0

    async def talk(self, until: float, seen: Seen) -> None:
        """A turn every ``EVERY_S``, none of which begins after ``until`` (the loop's clock)."""
        loop = asyncio.get_running_loop()
        at = loop.time() + EVERY_S * (self.number * 0.6180339887 % 1)
        while at < until:
            await asyncio.sleep(at - loop.time())
            try:
                async with asyncio.timeout(EVERY_S * 3):
                    await self._turn(seen)
            except TimeoutError:
                seen.unfinished += 1
            at = max(at + EVERY_S, loop.time())

    async def _turn(self, seen: Seen) -> None:
        self.turns += 1
        interrupts = (self.turns + self.number) % INTERRUPTED == 0
        words, interrupted_at = 0, None
        began = time.monotonic()
        await self.socket.send(_prompt(self.turns))
        while True:
            frame = json.loads(await self.socket.recv())
            at = time.monotonic()
            if frame["type"] != "text":
                continue
            took_us = thought_us(frame["token"])
            if took_us is not None:
                seen.share_ms.append((at - began) * 1000 - took_us / 1000)
            if frame["last"]:
                if interrupted_at is not None:
                    seen.silence_ms.append((at - interrupted_at) * 1000)
                return
            words += 1
            if interrupts and words == 4:
                interrupted_at = time.monotonic()
                await self.socket.send(
                    '{"type":"interrupt","utteranceUntilInterrupt":"","durationUntilInterruptMs":400}'
                )


def calls(kind: str, *, seconds: int) -> dict[str, Any]:
    """A document for the results. Raises ``RuntimeError`` when a call could not be opened, a turn did
    not end, or was not kept."""
    with _speaking() as model, place(kind, "relay") as here:
        theirs = {number: asyncio.run(_forwarded(model, number, seconds)) for number in CALLS}
        ours, memory_kb, turns, kept_s = _of_maane(here, model, seconds)
        kept = _kept(here)
    unfinished = sum(seen.unfinished for seen in (*ours.values(), *theirs.values()))
    if unfinished or kept != turns:
        raise RuntimeError(f"{unfinished} turns did not end; {kept} of {turns} were kept")
    few, many = (_spread(ours[number].share_ms) for number in CALLS)
    thin, thin_many = (_spread(theirs[number].share_ms) for number in CALLS)
    silence = _spread([ms for seen in ours.values() for ms in seen.silence_ms])
    return {
        "database": kind,
        "calls": CALLS,
        "seconds": seconds,
        "share_ms": [few, many],
        "forwarder_ms": [thin, thin_many],
        "silence_ms": silence,
        "memory_kb_a_call": round(memory_kb, 1),
        "turns_kept": kept,
        "measures": [
            ["own share until the first word, 100 calls, p50", few["p50"], P50_MS],
            ["own share until the first word, 100 calls, p95", few["p95"], P95_MS],
            [
                "p95 of that at 300 calls over 100",
                round(many["p95"] / few["p95"], 2),
                MANY_OVER_FEW,
            ],
            [
                "p50 over the thinnest forwarder, 100 calls",
                round(few["p50"] / thin["p50"], 2),
                OVER_FORWARDER,
            ],
            ["an interruption until silence, p95", silence["p95"], SILENCE_MS],
            ["memory of an idle call, KB", round(memory_kb, 1), CALL_KB],
            ["seconds until all is kept after the last word", kept_s, KEPT_S],
        ],
    }


def _of_maane(here: Place, model: str, seconds: int) -> tuple[dict[int, Seen], float, int, float]:
    """As ``_phoned``, and how many seconds after the last word all was kept; or, where the process had
    not kept it in the time that it is given to end, that time."""
    ports = {"web": free_port(), "voice": free_port()}
    variables = here.variables() | {
        "MAANE_MODEL_BASE_URL": f"{model}/v1",
        "MAANE_MODEL_NAME": "double",
        "MAANE_PORT": str(ports["web"]),
        "MAANE_VOICE_PORT": str(ports["voice"]),
        "MAANE_CALL_SILENCE_S": "60",
    }
    prepare(here, variables)
    fill_calls(here, HISTORY)
    with FakeTwilio(ACCOUNT, TOKEN) as twilio:
        twilio.numbers = [NUMBER]
        known = variables | {"MAANE_TWILIO_API_URL": twilio.url}
        arguments = ("--business", "1", "--account-sid", ACCOUNT, "--number", NUMBER)
        maane(known, "channel", "twilio", *arguments, "--auth-token-stdin", stdin=f"{TOKEN}\n")
    here.execute(
        "INSERT INTO voice_settings (business_id, engine, language, greeting, is_recorded, hints, "
        "updated_at) VALUES (1, 'relay', 'he', '', false, '', CURRENT_TIMESTAMP)"
    )
    web = [str(MAANE), "web", "--port", str(ports["web"])]
    voice = [str(MAANE), "voice", "--port", str(ports["voice"])]
    with (
        running(web, variables, ports["web"]),
        running(voice, variables, ports["voice"]) as group,
    ):
        seen, memory_kb, turns = asyncio.run(_phoned(ports, group, seconds))
        ended = time.monotonic()
        while _kept(here) < turns and time.monotonic() < ended + STOP_S:
            time.sleep(0.05)
        return seen, memory_kb, turns, round(time.monotonic() - ended, 2)


def _kept(here: Place) -> int:
    """How many turns are in the database with their answers."""
    rows = here.execute(
        f"SELECT count(*) FROM call_turns WHERE kind = 'speech' AND state = 'said' AND id > {HISTORY}"
    )
    return int(rows[0][0])


async def _phoned(
    ports: dict[str, int], group: int, seconds: int
) -> tuple[dict[int, Seen], float, int]:
    """What was seen with each number of calls; the memory of one that is idle, in KB; and how many turns
    there were. Calls that do not talk yet are open and idle."""
    callers = [await _ring(ports, number) for number in range(WARM)]
    await _talk_all(callers, EVERY_S * 2)
    before_kb = _memory_kb(group)
    callers += [await _ring(ports, number) for number in range(WARM, CALLS[-1])]
    await asyncio.sleep(1)
    memory_kb = (_memory_kb(group) - before_kb) / (len(callers) - WARM)
    seen = {number: await _talk_all(callers[:number], seconds) for number in CALLS}
    for caller in callers:
        await caller.socket.close()
    return seen, memory_kb, sum(caller.turns for caller in callers)


async def _forwarded(model: str, number: int, seconds: int) -> Seen:
    port = free_port()
    command = [sys.executable, "-m", "bench.peers.forwarder", str(port), f"{model}/v1"]
    with running(command, {}, port):
        callers = [
            Caller(await connect(f"ws://127.0.0.1:{port}", compression=None), n)
            for n in range(number)
        ]
        await _talk_all(callers, EVERY_S)
        seen = await _talk_all(callers, seconds)
        for caller in callers:
            await caller.socket.close()
    return seen


async def _talk_all(callers: list[Caller], seconds: float) -> Seen:
    seen = Seen()
    until = asyncio.get_running_loop().time() + seconds
    await asyncio.gather(*(caller.talk(until, seen) for caller in callers))
    return seen


async def _ring(ports: dict[str, int], number: int) -> Caller:
    """A call as Twilio brings it: what is to be done is asked, and the socket that it names opened."""
    sid = f"CA{number:032x}"
    fields = {
        "AccountSid": ACCOUNT,
        "CallSid": sid,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": f"+97250{2_000_000 + number}",
        "To": NUMBER,
    }
    url = f"http://localhost:{ports['web']}/webhook/twilio/voice"
    reader, writer = await asyncio.open_connection("127.0.0.1", ports["web"])
    body = urlencode(fields).encode()
    writer.write(
        f"POST {urlsplit(url).path} HTTP/1.1\r\nHost: localhost:{ports['web']}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        f"X-Twilio-Signature: {_signature(url, fields)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    head, _, twiml = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    if b" 200 " not in head.splitlines()[0]:
        raise RuntimeError(f"a call was refused: {head!r}")
    relay = ElementTree.fromstring(twiml[twiml.index(b"<") : twiml.rindex(b">") + 1])[0][0]
    address = relay.attrib["url"]
    socket = await connect(
        address.replace("localhost", "127.0.0.1"),
        additional_headers={"X-Twilio-Signature": _signature(address, {})},
        compression=None,
        proxy=None,
        ping_interval=None,
    )
    setup = {
        "type": "setup",
        "callSid": sid,
        "accountSid": ACCOUNT,
        "customParameters": {one.attrib["name"]: one.attrib["value"] for one in relay},
    }
    await socket.send(json.dumps(setup))
    return Caller(socket, number)


def _prompt(turn: int) -> str:
    words = f"שלום, שאלה מספר {turn}: אתם פתוחים מחר בבוקר?"
    return json.dumps({"type": "prompt", "voicePrompt": words, "lang": "he", "last": True})


def _signature(url: str, fields: dict[str, str]) -> str:
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _memory_kb(group: int) -> float:
    """What the process holds of the machine's memory."""
    pages = int(Path(f"/proc/{group}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def _spread(values: list[float]) -> dict[str, float]:
    times = sorted(values)
    return {
        "p50": round(times[len(times) // 2], 2),
        "p95": round(times[int(len(times) * 0.95) - 1], 2),
        "p99": round(times[int(len(times) * 0.99) - 1], 2),
        "highest": round(times[-1], 2),
        "number": len(times),
    }


@contextmanager
def _speaking() -> Iterator[str]:
    model = subprocess.Popen(
        [sys.executable, "-m", "bench.speaking", str(THINKING_S)],
        env=clean_environment(),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert model.stdout is not None
    try:
        yield model.stdout.readline().strip()
    finally:
        model.communicate()
