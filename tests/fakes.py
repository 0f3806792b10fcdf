"""The world outside: an OpenAI-compatible model, Meta's Graph API and Twilio's, as real servers on
loopback.

They speak the wire protocol (see the providers' references) and do as they are told: be slow, refuse,
hang. What they were asked is kept for the test to read.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from werkzeug.formparser import parse_form_data


class FakeServer:
    """A loopback HTTP server whose answers ``respond`` decides. A context manager."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                raw = self.rfile.read(length)
                if len(raw) < length:
                    # Its sender was killed while it sent: no real server acts on half a request.
                    raise ConnectionError(f"{len(raw)} of {length} bytes came")
                asked = {
                    "path": self.path,
                    "headers": {k.lower(): v for k, v in self.headers.items()},
                    "method": self.command,
                    "body": _read(raw, self.headers.get("Content-Type", "")),
                    "raw": raw.decode("utf-8", "replace"),
                    "at": time.monotonic(),
                }
                with fake._lock:
                    fake.requests.append(asked)
                    asked["number"] = len(fake.requests)
                status, headers, body = fake.respond(asked)
                self.send_response(status)
                for name, value in ({"Content-Type": "application/json"} | headers).items():
                    self.send_header(name, value)
                if isinstance(body, Iterator):
                    self._trickle(body)
                    return
                payload = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def _trickle(self, parts: Iterator[bytes]) -> None:
                """A body whose length is not told, as slowly as its parts come."""
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for part in parts:
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                self.wfile.write(b"0\r\n\r\n")

            do_GET = do_DELETE = do_POST  # noqa: N815

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """The test reads ``requests`` instead."""

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    """The caller was killed or gave up; that is often the point."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
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
    if kind.startswith("multipart/form-data"):
        environ = {
            "wsgi.input": BytesIO(raw),
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(raw)),
        }
        _, form, files = parse_form_data(environ)
        sent = {}
        for name, file in files.items():
            sent[name] = (file.filename, file.mimetype, file.read())
            file.close()
        return dict(form.items()) | sent
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
    ``delay_s`` and ``raw`` (a whole body of nonsense) break it.

    Who asks for a stream gets it word by word: ``delay_s`` passes before the first and ``word_s`` before
    each other; after ``stall_after`` words nothing more comes, and after ``break_after`` an error.
    ``cut`` counts the streams whose reader went away."""

    def __init__(self) -> None:
        super().__init__()
        self.say: Callable[[list[dict[str, Any]]], str | dict[str, Any]] = echo
        self.tokens = 5
        self.status = 200
        self.delay_s = 0.0
        self.raw: bytes | None = None
        self.word_s = 0.0
        self.stall_after: int | None = None
        self.break_after: int | None = None
        self.cut = 0

    def mend(self) -> None:
        """As it was at first."""
        self.say, self.status, self.tokens, self.raw = echo, 200, 5, None
        self.delay_s = self.word_s = 0.0
        self.stall_after = self.break_after = None

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
        if asked["body"].get("stream"):
            return 200, {"Content-Type": "text/event-stream"}, self._stream(message, finish)
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

    def _stream(self, message: dict[str, Any], finish: str) -> Iterator[bytes]:
        """Server-sent events, as OpenAI's own: usage comes last, and pieces of tools by their index."""
        is_whole = False
        try:
            yield _event({"role": "assistant", "content": ""})
            for number, word in enumerate(re.findall(r"\s*\S+", message.get("content") or "")):
                if number:
                    time.sleep(self.word_s)
                if number == self.stall_after:
                    for _ in range(600):
                        time.sleep(0.1)
                        yield b": ping\n\n"
                if number == self.break_after:
                    yield b'data: {"error": {"message": "broken", "type": "server_error"}}\n\n'
                    return
                yield _event({"content": word})
            for index, tool in enumerate(message.get("tool_calls", ())):
                function = dict(tool["function"])
                arguments = function.pop("arguments")
                first = tool | {"index": index, "function": function | {"arguments": ""}}
                yield _event({"tool_calls": [first]})
                for at in range(0, len(arguments), 7):
                    piece = {"index": index, "function": {"arguments": arguments[at : at + 7]}}
                    yield _event({"tool_calls": [piece]})
            yield _event({}, finish)
            usage = {"prompt_tokens": self.tokens - 2, "completion_tokens": 2}
            yield _event(None, usage=usage | {"total_tokens": self.tokens})
            yield b"data: [DONE]\n\n"
            is_whole = True
        finally:
            if not is_whole:
                self.cut += 1


def _event(
    delta: dict[str, Any] | None, finish: str | None = None, usage: dict[str, int] | None = None
) -> bytes:
    """One event of a stream; without a delta it has no choices."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    chunk = {
        "id": "chatcmpl-2",
        "object": "chat.completion.chunk",
        "created": 1793000001,
        "model": "test",
        "choices": choices,
        "usage": usage,
    }
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


@dataclass
class FakeFile:
    """A file at Meta: its type and bytes, or what makes them. ``answers`` are given before it, ``url``
    in place of its true address, ``size`` of its true length."""

    kind: str
    body: bytes | Callable[[], Iterator[bytes]]
    answers: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    url: str | None = None
    size: int | None = None


class FakeGraph(FakeServer):
    """``POST /{phone_number_id}/messages``, and ``GET /{media id}`` for what is in ``media``; an id that
    begins with 9 and is not in it does not exist. ``script`` holds answers to give before it accepts:
    an HTTP status, an error code of Meta's, and the seconds of ``Retry-After`` where there are any.
    It hangs up without a word on ``silent`` requests, once it has them.

    ``GET /{waba_id}/phone_numbers`` and ``/{waba_id}/message_templates`` page through what ``accounts``
    (the numbers of each account) and ``templates`` hold, ``page_size`` at a time."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.accounts: dict[str, list[str]] = {}
        self.templates: list[dict[str, Any]] = []
        self.page_size = 2
        self.script: list[tuple[int, int] | tuple[int, int, int]] = []
        self.delay_s = 0.0
        self.silent = 0
        self.media: dict[str, FakeFile] = {}
        self.expired: set[str] = set()
        self._addresses = 0

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        if self.silent:
            self.silent -= 1
            raise ConnectionError
        # Taken when it is asked: who is killed while they wait takes none of a later test's.
        ordered = self.script.pop(0) if self.script else None
        time.sleep(self.delay_s)
        if ordered is not None:
            status, code, *wait_s = ordered
            headers = {"Retry-After": str(wait_s[0])} if wait_s else {}
            error = {
                "message": f"(#{code}) refused",
                "type": "OAuthException",
                "code": code,
                "error_data": {"messaging_product": "whatsapp", "details": "as the test asked"},
            }
            return status, headers, {"error": error}
        path, _, query = asked["path"].partition("?")
        if path.startswith("/lookaside/"):
            return self._bytes(asked, path.rpartition("/")[2], query)
        if path.strip("/") in self.media:
            return self._where(path.strip("/"))
        waba_id, _, edge = path.strip("/").partition("/")
        if asked["method"] == "GET" and edge:
            return self._list(waba_id, edge, asked["path"])
        if asked["method"] == "GET" and path.strip("/").startswith("9"):
            error = {"message": "does not exist", "type": "GraphMethodException", "code": 100}
            return 400, {}, {"error": error}
        if asked["method"] == "GET":
            number_id = path.strip("/")
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

    def _where(self, media_id: str) -> tuple[int, dict[str, str], Any]:
        """Each address is good for one use, so that one that was kept is seen to have expired."""
        self._addresses += 1
        file = self.media[media_id]
        url = file.url or f"{self.url}/lookaside/{media_id}?address={self._addresses}"
        about = {"messaging_product": "whatsapp", "id": media_id, "sha256": "00" * 32}
        size = len(file.body) if file.size is None and isinstance(file.body, bytes) else file.size
        return 200, {}, {**about, "url": url, "mime_type": file.kind, "file_size": size or 0}

    def _bytes(
        self, asked: dict[str, Any], media_id: str, query: str
    ) -> tuple[int, dict[str, str], Any]:
        file = self.media[media_id]
        if not asked["headers"].get("authorization", "").startswith("Bearer "):
            return 401, {}, b"no token"
        if query in self.expired:
            return 404, {}, b"expired"
        if file.answers:
            return file.answers.pop(0)
        body = file.body if isinstance(file.body, bytes) else file.body()
        return 200, {"Content-Type": file.kind}, body

    def _list(self, waba_id: str, edge: str, path: str) -> tuple[int, dict[str, str], Any]:
        if waba_id not in self.accounts:
            words = f"Unsupported get request. Object with ID '{waba_id}' does not exist"
            error = {"message": words, "type": "GraphMethodException", "code": 100}
            return 400, {}, {"error": error}
        numbers = [{"id": number} for number in self.accounts[waba_id]]
        rows = {"phone_numbers": numbers, "message_templates": self.templates}[edge]
        after = parse_qs(urlsplit(path).query).get("after", ["0"])[0]
        start, end = int(after), int(after) + self.page_size
        page: dict[str, Any] = {"data": rows[start:end]}
        if page["data"]:
            page["paging"] = {"cursors": {"before": after, "after": str(end)}}
            if end < len(rows):
                page["paging"]["next"] = f"https://elsewhere.example/{waba_id}/{edge}?after={end}"
        return 200, {}, page

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The messages that it was asked to send."""
        return [asked["body"] for asked in self.requests if asked["method"] == "POST"]

    @property
    def texts(self) -> list[str]:
        return [body["text"]["body"] for body in self.sent]


class FakeContentHost(FakeServer):
    """Where a provider's API redirects to: it takes no credentials and gives what is in ``files``."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, tuple[str, bytes]] = {}
        self.redirects: dict[str, str] = {}

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        if asked["path"] in self.redirects:
            return 302, {"Location": self.redirects[asked["path"]]}, b""
        if asked["path"] not in self.files:
            return 404, {}, b""
        kind, body = self.files[asked["path"]]
        return 200, {"Content-Type": kind}, body


class FakeTranscriber(FakeServer):
    """``POST /v1/audio/transcriptions``. ``words`` are what it hears; ``answers`` are given first."""

    def __init__(self) -> None:
        super().__init__()
        self.words = "אפשר תור למחר בעשר?"
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        self.delay_s = 0.0

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        time.sleep(self.delay_s)
        if self.answers:
            return self.answers.pop(0)
        if asked["path"] != "/v1/audio/transcriptions" or "file" not in asked["body"]:
            return 404, {}, {"error": {"message": "unknown"}}
        return 200, {}, {"text": self.words, "usage": {"type": "duration", "seconds": 3}}


class FakeTwilio(FakeServer):
    """Twilio's REST API of one account: ``POST …/Messages.json``, ``GET …/{SID}.json``,
    ``GET …/IncomingPhoneNumbers.json`` (of ``numbers``) and ``GET …/Calls/{SID}.json`` (of ``calls``),
    behind its Basic credentials. ``script`` holds refusals to give first, as ``FakeGraph``'s does."""

    def __init__(self, account_sid: str, auth_token: str, port: int = 0) -> None:
        super().__init__(port)
        self.account_sid = account_sid
        pair = f"{account_sid}:{auth_token}".encode()
        self._authorization = "Basic " + base64.b64encode(pair).decode()
        self.script: list[tuple[int, int] | tuple[int, int, int]] = []
        self.delay_s = 0.0
        self.status = "active"
        self.media: dict[str, str] = {}
        self.contents: list[dict[str, Any]] = []
        self.numbers: list[str] = []
        self.calls: dict[str, dict[str, Any]] = {}
        self.page_size = 2

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        ordered = self.script.pop(0) if self.script else None
        time.sleep(self.delay_s)
        if ordered is not None:
            status, code, *wait_s = ordered
            return status, {"Retry-After": str(wait_s[0])} if wait_s else {}, _refusal(status, code)
        if asked["headers"].get("authorization") != self._authorization:
            return 401, {}, _refusal(401, 20003)
        account = f"/2010-04-01/Accounts/{self.account_sid}"
        if (asked["method"], asked["path"]) == ("GET", f"{account}.json"):
            named = {"sid": self.account_sid, "friendly_name": "חשבון של דנה"}
            return 200, {}, {**named, "status": self.status, "type": "Full"}
        if asked["path"] in self.media:
            # Twilio's API never gives the bytes itself.
            return 307, {"Location": self.media[asked["path"]]}, b""
        path = asked["path"].partition("?")[0]
        call = self.calls.get(path.removeprefix(f"{account}/Calls/").removesuffix(".json"))
        if asked["method"] == "GET" and call is not None:
            return 200, {}, call
        if (asked["method"], path) == ("GET", f"{account}/IncomingPhoneNumbers.json"):
            wanted = parse_qs(urlsplit(asked["path"]).query)["PhoneNumber"][0]
            found = [{"phone_number": number} for number in self.numbers if number == wanted]
            return 200, {}, {"incoming_phone_numbers": found, "page": 0}
        if (asked["method"], path) == ("GET", "/v1/ContentAndApprovals"):
            return self._list(asked["path"])
        if (asked["method"], asked["path"]) != ("POST", f"{account}/Messages.json"):
            return 404, {}, _refusal(404, 20404)
        form = asked["body"]
        answer = {"from": form["From"], "to": form["To"], "error_code": None}
        answer["body"] = form.get("Body", "")
        return 201, {}, {"sid": f"SM{asked['number']:032x}", "status": "queued", **answer}

    def _list(self, path: str) -> tuple[int, dict[str, str], Any]:
        page = int(parse_qs(urlsplit(path).query).get("Page", ["0"])[0])
        start, end = page * self.page_size, (page + 1) * self.page_size
        following = f"https://content.example/v1/ContentAndApprovals?PageSize=100&Page={page + 1}"
        meta = {
            "key": "contents",
            "page": page,
            "page_size": self.page_size,
            "next_page_url": following if end < len(self.contents) else None,
        }
        return 200, {}, {"meta": meta, "contents": self.contents[start:end]}


def _refusal(status: int, code: int) -> dict[str, Any]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return {
        "code": code,
        "message": "refused as the test asked",
        "more_info": more,
        "status": status,
    }
