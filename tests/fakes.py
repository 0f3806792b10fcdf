"""The world outside: an OpenAI-compatible model, Meta's Graph API and Twilio's, as real servers on
loopback.

They speak the wire protocol (see the providers' references) and do as they are told: be slow, refuse,
hang. What they were asked is kept for the test to read.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


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
                    "method": self.command,
                    "body": _read(raw, self.headers.get("Content-Type", "")),
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

            do_GET = do_POST  # noqa: N815

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


def _read(raw: bytes, kind: str) -> Any:
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True))
    return json.loads(raw or b"null")


def echo(messages: list[dict[str, Any]]) -> str:
    """A reply that shows what was said last."""
    return f"תשובה ל: {messages[-1]['content']}"


def calls(*wanted: tuple[str, Any]) -> dict[str, Any]:
    """A message that asks for tools: each a name, and its arguments (text goes out as it is)."""
    return {
        "content": None,
        "tool_calls": [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": given if isinstance(given, str) else json.dumps(given),
                },
            }
            for number, (name, given) in enumerate(wanted)
        ],
    }


def told(messages: list[dict[str, Any]]) -> list[str]:
    """What the tools answered in this turn."""
    return [message["content"] for message in messages if message["role"] == "tool"]


class FakeModel(FakeServer):
    """``POST /v1/chat/completions``. ``say`` makes the reply from the messages: its text, or a
    message that asks for tools (``calls``). ``tokens`` is what it says each answer cost; ``status``,
    ``delay_s`` and ``raw`` (a whole body of nonsense) break it."""

    def __init__(self) -> None:
        super().__init__()
        self.say: Callable[[list[dict[str, Any]]], str | dict[str, Any]] = echo
        self.tokens = 5
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
        said = self.say(asked["body"]["messages"])
        message = {"role": "assistant"} | ({"content": said} if isinstance(said, str) else said)
        finish = "tool_calls" if "tool_calls" in message else "stop"
        choice = {"index": 0, "finish_reason": finish, "logprobs": None, "message": message}
        usage = {
            "prompt_tokens": self.tokens - 2,
            "completion_tokens": 2,
            "total_tokens": self.tokens,
        }
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
        if asked["method"] == "GET":
            number_id = asked["path"].partition("?")[0].strip("/")
            shown = {"display_phone_number": "+972 3-612-3456", "verified_name": "מספרת דנה"}
            return 200, {}, {"id": number_id, **shown}
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


class FakeTwilio(FakeServer):
    """Twilio's REST API of one account: ``POST …/Messages.json`` and ``GET …/{SID}.json``, behind its
    Basic credentials. ``script`` holds refusals to give first, as ``FakeGraph``'s does."""

    def __init__(self, account_sid: str, auth_token: str) -> None:
        super().__init__()
        self.account_sid = account_sid
        pair = f"{account_sid}:{auth_token}".encode()
        self._authorization = "Basic " + base64.b64encode(pair).decode()
        self.script: list[tuple[int, int] | tuple[int, int, int]] = []
        self.delay_s = 0.0
        self.status = "active"

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        time.sleep(self.delay_s)
        if self.script:
            status, code, *wait_s = self.script.pop(0)
            return status, {"Retry-After": str(wait_s[0])} if wait_s else {}, _refusal(status, code)
        if asked["headers"].get("authorization") != self._authorization:
            return 401, {}, _refusal(401, 20003)
        account = f"/2010-04-01/Accounts/{self.account_sid}"
        if (asked["method"], asked["path"]) == ("GET", f"{account}.json"):
            named = {"sid": self.account_sid, "friendly_name": "חשבון של דנה"}
            return 200, {}, {**named, "status": self.status, "type": "Full"}
        if (asked["method"], asked["path"]) != ("POST", f"{account}/Messages.json"):
            return 404, {}, _refusal(404, 20404)
        form = asked["body"]
        answer = {"from": form["From"], "to": form["To"], "body": form["Body"], "error_code": None}
        return 201, {}, {"sid": f"SM{asked['number']:032x}", "status": "queued", **answer}


def _refusal(status: int, code: int) -> dict[str, Any]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {
        "code": code,
        "message": "refused as the test asked",
        "more_info": more,
        "status": status,
    }
