"""What the check of the own addresses says of each way in which they can be wrong."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from maane.channels.voice import check
from maane.channels.voice.check import check_addresses
from maane.channels.voice.connection import connect
from maane.tenancy.access import caller_for_job, tenant_for_job
from tests.calls.conftest import ACCOUNTS, NUMBERS, TOKENS
from tests.certificates import make_certificate
from tests.fakes import FakeServer
from tests.people import A, World
from tests.postgres import free_port

XML, HTML, JSON = "text/xml; charset=utf-8", "text/html", "application/json"
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response />'


class Elsewhere(FakeServer):
    """Whatever answers in Maane's place."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        super().__init__()
        self.answer = (status, headers, body)

    def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        return self.answer


def results(origin: str) -> set[tuple[str, int | None]]:
    """What is said of the three addresses, which all fare alike here."""
    found = check_addresses(origin, ACCOUNTS[A], NUMBERS[A], TOKENS[A], "he")
    assert [one.address.removeprefix(origin) for one in found] == [
        "/webhook/twilio/voice?language=he",
        "/webhook/twilio/voice/fallback?language=he",
        "/webhook/twilio/voice/status",
    ]
    return {(one.result, one.status) for one in found}


@pytest.mark.parametrize(
    ("status", "kind", "body", "result"),
    [
        (301, HTML, b"", "redirected"),
        (307, HTML, b"", "redirected"),
        (200, HTML, b"<html>welcome</html>", "wrong_answer"),
        (200, XML, b"<html>welcome</html>", "wrong_answer"),
        (200, XML, b"no markup at all", "wrong_answer"),
        (200, JSON, b"{}", "wrong_answer"),
        (403, JSON, b'{"error":"signature"}', "signature"),
        (403, HTML, b"<html>forbidden</html>", "error"),
        (404, JSON, b'{"error":"not_found"}', "error"),
        (502, HTML, b"<html>bad gateway</html>", "error"),
    ],
)
def test_what_an_address_answers_is_told_apart(
    status: int, kind: str, body: bytes, result: str
) -> None:
    # Whoever followed the redirect would find what they hoped for.
    headers = {"Content-Type": kind} | (
        {"Location": "/elsewhere"} if result == "redirected" else {}
    )
    with Elsewhere(status, headers, body) as server:
        assert results(server.url) == {(result, status)}
        assert {asked["method"] for asked in server.requests} == {"POST"}
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (200, TWIML, ["ok", "ok", "wrong_answer"]),
        (204, b"", ["wrong_answer", "wrong_answer", "ok"]),
    ],
    ids=["TwiML", "nothing"],
)
def test_a_caller_is_told_something_and_who_reports_is_told_nothing(
    status: int, body: bytes, found: list[str]
) -> None:
    with Elsewhere(status, {"Content-Type": XML}, body) as server:
        checked = check_addresses(server.url, ACCOUNTS[A], NUMBERS[A], TOKENS[A], "he")
    assert [one.result for one in checked] == found


def test_an_address_at_which_nobody_listens_cannot_be_reached() -> None:
    assert results(f"http://127.0.0.1:{free_port()}") == {("unreachable", None)}


def test_an_address_that_never_answers_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "READ_S", 0.2)
    still = threading.Event()

    class Silent(Elsewhere):
        def respond(self, asked: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
            still.wait(10)
            return super().respond(asked)

    with Silent(200, {"Content-Type": XML}, TWIML) as server:
        assert results(server.url) == {("unreachable", None)}
        still.set()


@pytest.fixture
def unknown_authority(tmp_path: Path) -> Iterator[str]:
    """A server whose certificate nobody vouches for."""
    certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    # A client that goes away while they shake hands is the point.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_that_twilio_would_not_trust_is_named(unknown_authority: str) -> None:
    assert results(unknown_authority) == {("certificate", None)}


def test_without_a_public_address_there_is_nothing_to_ask(new_world: Callable[..., World]) -> None:
    world = new_world(public_url="")
    with world.database.transaction(A) as tx:
        tenant = tenant_for_job(tx, A)
        caller = caller_for_job(tenant)
        connect(tx, tenant, caller, world.settings, ACCOUNTS[A], NUMBERS[A], TOKENS[A])
    found = world.browser("owner_a").write("POST", "/api/business/current/phone/check")
    assert found.json == {"obstacle": "no_public_url", "addresses": []}
