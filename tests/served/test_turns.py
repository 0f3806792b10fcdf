"""Bodies that come slowly, in pieces, or too large, on a real server and real sockets."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from maane.kit.db import Database
from maane.kit.engines import BEGIN_WRITING
from maane.kit.turns import MAX_BODY_BYTES, MAX_DRAIN_BYTES
from tests.people import PASSWORD, email_of
from tests.served.test_under_load import Person
from tests.serving import Server

LOGIN = "/api/auth/login"
THREADS = 4


@pytest.fixture
def server(new_settings: Any) -> Iterator[Server]:
    variables = {"MAANE_WEB_THREADS": str(THREADS), "MAANE_WEB_WORKERS": "1"}
    with Server(new_settings(), variables=variables) as running:
        yield running


def _send(server: Server, head: str, body: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("localhost", server.port), 10)
    lines = f"POST {LOGIN} HTTP/1.1\r\nHost: localhost:{server.port}\r\n{head}\r\n"
    connection.sendall(lines.encode() + body)
    return connection


def test_bodies_that_never_end_hold_up_nobody_else(server: Server) -> None:
    head = "Content-Type: application/json\r\nContent-Length: 500\r\n"
    with ExitStack() as stack:
        for _ in range(THREADS - 1):
            stack.enter_context(_send(server, head, b'{"email": "'))
        time.sleep(0.3)
        began = time.monotonic()
        assert httpx.get(f"{server.url}/version", timeout=5).status_code == 200
        assert time.monotonic() - began < 1


def test_a_body_in_chunks_is_a_body(server: Server) -> None:
    """curl sends what it reads from a pipe in chunks, without a length."""
    body = json.dumps({"email": email_of("owner_a"), "password": PASSWORD}).encode()
    answer = httpx.post(
        server.url + LOGIN,
        content=iter([body[:10], body[10:]]),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", [LOGIN, "/webhook/whatsapp"])
def test_a_chunked_body_is_bounded_too(server: Server, path: str) -> None:
    """Also where a longer body with a length would do: what was cut off must not be judged."""
    pieces = iter([b"x" * 65536] * (MAX_BODY_BYTES // 65536 + 1))
    answer = httpx.post(
        server.url + path, content=pieces, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()) == (413, {"error": "too_large"})


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, MAX_DRAIN_BYTES])
def test_after_a_body_that_is_too_large_the_connection_still_serves(
    server: Server, size: int
) -> None:
    with httpx.Client(base_url=server.url) as client:
        answer = client.post(LOGIN, content=b"x" * size)
        assert (answer.status_code, answer.json()) == (413, {"error": "too_large"})
        assert "Connection" not in answer.headers
        assert client.get("/version").status_code == 200


def test_what_is_too_long_to_read_is_closed_and_says_so(server: Server) -> None:
    head = f"Content-Type: application/json\r\nContent-Length: {MAX_DRAIN_BYTES + 1}\r\n"
    with _send(server, head, b"x") as connection:
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize("length", ["-5", "1e3", "²"])
def test_a_length_that_is_no_number_is_refused(server: Server, length: str) -> None:
    with _send(server, f"Content-Length: {length}\r\n") as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 4")


def test_a_request_that_hangs_holds_up_nobody_else(server: Server, kind: str) -> None:
    """One that waits for a lock keeps its turn for a moment only."""
    settings = server.settings
    person = Person(server.url, "owner_a")
    owner = Database(settings.migration_database)
    with owner.engine.connect().execution_options(maane_begin=BEGIN_WRITING) as holder:
        if kind == "postgresql":
            holder.execution_options(maane_begin="BEGIN")
            holder.execute(text("SELECT 1 FROM businesses FOR UPDATE"))
        else:
            holder.begin()
        with ThreadPoolExecutor(1) as pool:
            texts = {"calls_prompt": "held", "whatsapp_prompt": "up"}
            saving = pool.submit(person.send, "PUT", "/api/business/current/prompt", texts)
            time.sleep(0.3)
            for _ in range(3):
                # Who waited behind the save would wait for ever: it is held until the last line.
                assert httpx.get(f"{server.url}/version", timeout=10).status_code == 200
            assert not saving.done()
            holder.rollback()
            assert saving.result().status_code == 200
    owner.dispose()
