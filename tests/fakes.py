"""The world outside: an OpenAI-compatible model and Meta's Graph API, as real servers on loopback.

They speak the wire protocol (see the providers' references) and do as they are told: be slow, refuse,
hang. What they were asked is kept for the test to read.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeServer:
    """A loopback HTTP server whose answers ``respond`` decides. A context manager."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                asked = {
                    "path": self.path,
                    "headers": {k.lower(): v for k, v in self.headers.items()},
                    "body": json.loads(raw or b"null"),
                    "at": time.monotonic(),
                }
                with fake._lock:
                    fake.requests.append(asked)
                    asked["number"] = len(fake.requests)
                status, headers, body = fake.respond(asked)
                payload = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """The test reads ``requests`` instead."""

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    """The caller was killed or gave up; that is often the point."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        raise NotImplementedError

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def echo(messages: list[dict[str, Any]]) -> str:
    """A reply that shows what was said last."""
    return f"תשובה ל: {messages[-1]['content']}"


class FakeModel(FakeServer):
    """``POST /v1/chat/completions``. ``say`` makes the reply from the messages; ``status``,
    ``delay_s`` and ``raw`` (a whole body of nonsense) break it."""

    def __init__(self) -> None:
        super().__init__()
        self.say: Callable[[list[dict[str, Any]]], str] = echo
        self.status = 200
        self.delay_s = 0.0
        self.raw: bytes | None = None

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        time.sleep(self.delay_s)
        if self.raw is not None:
            return self.status, {}, self.raw
        if self.status != 200:
            error = {"message": "refused", "type": "server_error", "param": None, "code": None}
            return self.status, {}, {"error": error}
        message = {"role": "assistant", "content": self.say(asked["body"]["messages"])}
        choice = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        return (
            200,
            {},
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1793000000,
                "model": asked["body"]["model"],
                "choices": [choice],
                "usage": usage,
            },
        )


class FakeGraph(FakeServer):
    """``POST /{phone_number_id}/messages``. ``script`` holds answers to give before it accepts:
    an HTTP status, an error code of Meta's, and the seconds of ``Retry-After`` where there are any."""

    def __init__(self) -> None:
        super().__init__()
        self.script: list[tuple[int, int] | tuple[int, int, int]] = []
        self.delay_s = 0.0

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        time.sleep(self.delay_s)
        if self.script:
            status, code, *wait_s = self.script.pop(0)
            headers = {"Retry-After": str(wait_s[0])} if wait_s else {}
            error = {
                "message": f"(#{code}) refused",
                "type": "OAuthException",
                "code": code,
                "error_data": {"messaging_product": "whatsapp", "details": "as the test asked"},
            }
            return status, headers, {"error": error}
        to = asked["body"]["to"]
        return (
            200,
            {},
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to}],
                "messages": [{"id": f"wamid.out.{asked['number']}"}],
            },
        )

    @property
    def texts(self) -> list[str]:
        return [asked["body"]["text"]["body"] for asked in self.requests]
