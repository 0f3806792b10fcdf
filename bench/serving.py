"""Starts Maane and its peers on the same server software, and ends them again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MAANE = ROOT / ".venv" / "bin" / "maane"
PASSWORD = "correct horse battery"
THREADS = 4
"""Blocking threads a worker, for all servers alike."""
STOP_S = 30.0
"""What ``maane serve`` gives its processes to end (``ops.supervisor``)."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], variables: dict[str, str], port: int) -> Iterator[int]:
    """A server process of ours, until it answers; ended with its whole group, whose id this gives."""
    log = None if os.environ.get("BENCH_LOG") else subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        env=clean_environment() | variables,
        cwd=ROOT,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"ended at once: {' '.join(command)}")
            try:
                with socket.create_connection(("127.0.0.1", port), 0.2):
                    break
            except OSError:
                time.sleep(0.05)
        time.sleep(0.5)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def processor_seconds(group: int) -> float:
    """What all processes of a server have used of the processors since they began.

    It moves less than requests a second when others are at work on the machine, yet it does move:
    threads that contend for the interpreter cost more where both cores are free.
    """
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # The process may end between the two looks.
            fields = file.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peer_command(target: str, port: int, workers: int) -> list[str]:
    """Granian as Maane runs it."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", str(workers), "--blocking-threads", str(THREADS)),
        *("--backpressure", "64", "--no-access-log", "--log-level", "error", target),
    ]


def maane(variables: dict[str, str], *arguments: str, stdin: str = "") -> str:
    """Runs one command of Maane's. Raises with its message when it fails."""
    done = subprocess.run(
        [str(MAANE), *arguments],
        env=clean_environment() | variables,
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def ask(
    port: int, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, list[tuple[str, str]], Any]:
    """One request; the status, the headers and the JSON of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    payload = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json"} if payload is not None else {}
    connection.request(method, path, payload, {**sent, **(headers or {})})
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    try:
        document = json.loads(raw)
    except ValueError:
        document = None
    return answer.status, answer.getheaders(), document


def email_of(number: int) -> str:
    return f"bench{number}@example.com"


def sign_in(
    port: int, path: str, csrf_header: str, csrf_cookie: str, number: int = 1
) -> dict[str, str]:
    """Logs one person in and returns the headers of a signed-in write."""
    body = {"email": email_of(number), "password": PASSWORD}
    status, headers, _ = ask(port, "POST", path, body)
    if status != 200:
        raise RuntimeError(f"login answered {status}")
    cookies = dict(
        value.split(";")[0].split("=", 1) for name, value in headers if name.lower() == "set-cookie"
    )
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        csrf_header: cookies[csrf_cookie],
        "Content-Type": "application/json",
    }


def clean_environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAANE_", "BENCH_DATABASE"))}
    return kept | {"PYTHONPATH": str(ROOT)}
