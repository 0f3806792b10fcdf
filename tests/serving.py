"""Real processes of Maane for the tests that need sockets, and real curl to speak to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from maane.settings import Settings
from tests.people import PASSWORD, email_of
from tests.postgres import free_port

START_S = 120
"""A busy machine takes far longer than the seconds that it is; the wait ends as soon as it is there."""


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """The variables that make another process see the same Maane."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAANE_")}
    ours = {
        "MAANE_VAR_DIR": str(settings.var_dir),
        "MAANE_SECRET_KEY": settings.secret_key.get_secret_value(),
        "MAANE_DATABASE_URL": settings.database_url,
        "MAANE_MIGRATION_DATABASE_URL": settings.migration_database_url,
        "MAANE_CLIENT_DIST": str(settings.client_dist),
    }
    return clean | {k: v for k, v in ours.items() if v} | more


@dataclass
class Server:
    """One ``maane web`` on a free port, or another role that listens. A context manager; its
    processes end with it."""

    settings: Settings
    variables: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    scheme: str = "http"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    role: str = "web"

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    @property
    def log(self) -> Path:
        return self.settings.var_dir / f"{self.role}-{self.port}.log"

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGTERM)

    def start(self) -> None:
        self.settings.var_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "maane",
                    self.role,
                    "--port",
                    str(self.port),
                    *self.arguments,
                ],
                env=environment(self.settings, **self.variables),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with httpx.Client(verify=False) as client:
                    if client.get(f"{self.url}/healthz", timeout=1).status_code == 200:
                        return
            except httpx.TransportError:
                time.sleep(0.05)
        self.end(signal.SIGKILL)
        raise RuntimeError(f"the server did not start: {self.log.read_text()[-3000:]}")

    def end(self, how: signal.Signals) -> None:
        """Ends the server and its workers, politely or not."""
        if self.process is None:
            return
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        self.process.wait(30)
        self.process = None


@dataclass(frozen=True)
class Answer:
    """What curl brought back."""

    status: int
    headers: str
    body: Any


@dataclass
class Curl:
    """One cookie jar of real curl."""

    base: str
    jar: Path

    def __call__(self, method: str, path: str, *arguments: str, body: Any = None) -> Answer:
        command = ["curl", "-sS", "-k", "-i", "-b", str(self.jar), "-c", str(self.jar)]
        command += ["-X", method, f"{self.base}{path}", *arguments]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        head, _, rest = done.stdout.partition("\n\n")
        status = int(head.split()[1])
        return Answer(status, head, json.loads(rest) if rest else None)

    def log_in(self, name: str) -> Answer:
        body = {"email": email_of(name), "password": PASSWORD}
        return self("POST", "/api/auth/login", body=body)

    @property
    def token(self) -> str:
        """The value of XSRF-TOKEN as curl keeps it."""
        for line in self.jar.read_text().splitlines():
            fields = line.split("\t")
            if len(fields) == 7 and fields[5] == "XSRF-TOKEN":
                return fields[6]
        return ""

    @property
    def csrf(self) -> tuple[str, str]:
        return ("-H", f"X-CSRFToken: {self.token}")
