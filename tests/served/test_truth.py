"""The truth test: real curl and a cookie jar, over http and https, in both stages.

No Referer and no Origin are sent. When a line here is 403, it is the guard, and its reason says why.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.people import PASSWORD, A, B, email_of
from tests.serving import Curl, Server, environment

TEXTS = {"calls_prompt": "ענו בחום", "whatsapp_prompt": "ענו בקצרה 🙂"}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: Any) -> tuple[Path, Path]:
    """A self-signed certificate of localhost."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


@pytest.mark.parametrize("stage", ["deploy", "preview"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_truth(
    new_settings: Any, certificate: tuple[Path, Path], tmp_path: Path, stage: str, scheme: str
) -> None:
    cert, key = certificate
    tls = ("--tls-cert", str(cert), "--tls-key", str(key)) if scheme == "https" else ()
    settings = new_settings()
    with Server(settings, {"MAANE_STAGE": stage}, tls, scheme) as server:
        curl = Curl(server.url, tmp_path / "jar")
        _walk(curl)
        _refusals(curl)
        _cookies(curl, stage)
        for name, code in (("admin_at_home", 0), ("admin", 0), ("manager", 0), ("owner_a", 0)):
            done = _doctor(server, email_of(name), PASSWORD)
            assert done.returncode == code, done.stdout
            assert PASSWORD not in done.stdout + done.stderr
        assert _doctor(server, email_of("admin"), "wrong").returncode != 0


def _walk(curl: Curl) -> None:
    assert curl.log_in("admin_at_home").status == 200
    token = curl("GET", "/api/auth/csrf")
    assert token.body == {"csrfToken": curl.token}
    saved = curl("PUT", "/api/business/current/prompt", *curl.csrf, body=TEXTS)
    assert saved.status == 200, saved
    assert {key: saved.body[key] for key in TEXTS} == TEXTS
    entered = curl("POST", f"/api/admin/businesses/{A}/impersonate", *curl.csrf)
    assert entered.status == 200, entered
    assert entered.body["impersonation"]["business"]["id"] == A
    lead = curl("POST", "/api/business/current/leads", *curl.csrf, body={"name": "אורי"})
    assert lead.status == 201, lead
    path = f"/api/business/current/leads/{lead.body['id']}"
    changed = curl("PATCH", path, *curl.csrf, body={"status": "won"})
    assert (changed.status, changed.body["status"]) == (200, "won")
    assert curl("DELETE", path, *curl.csrf).status == 200
    assert curl("POST", "/api/admin/impersonate/stop", *curl.csrf).status == 200
    created = curl("POST", "/api/admin/businesses", *curl.csrf, body={"name": "חדש"})
    assert created.status == 201, created
    path = f"/api/admin/businesses/{created.body['id']}"
    assert curl("PATCH", path, *curl.csrf, body={"language": "en"}).body["language"] == "en"


def _refusals(curl: Curl) -> None:
    path = "/api/business/current/prompt"
    assert curl("OPTIONS", path).status == 204
    assert curl("OPTIONS", f"/api/admin/businesses/{B}/impersonate").status == 204
    bare = curl("PUT", path, body=TEXTS)
    assert (bare.status, bare.body) == (403, {"error": "csrf", "reason": "header_missing"})
    foreign = curl("PUT", path, *curl.csrf, "-H", "Origin: https://evil.example", body=TEXTS)
    assert (foreign.status, foreign.body["reason"]) == (403, "cross_origin")
    own = curl("PUT", path, *curl.csrf, "-H", f"Origin: {curl.base}", body=TEXTS)
    assert own.status == 200
    assert "x-request-id" in bare.headers.lower()


def _cookies(curl: Curl, stage: str) -> None:
    headers = curl.log_in("admin_at_home").headers.lower()
    lines = [line for line in headers.splitlines() if line.startswith("set-cookie")]
    assert len(lines) == 2
    for line in lines:
        assert "secure" in line
        assert ("samesite=none" if stage == "preview" else "samesite=lax") in line
        assert ("httponly" in line) == ("__host-session" in line)


def _doctor(server: Server, email: str, password: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "maane", "doctor", server.url, "--insecure"),
            *("--email", email, "--password-stdin"),
        ],
        input=password + "\n",
        env=environment(server.settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_refusal_leaves_the_connection_whole(new_settings: Any) -> None:
    """A refused request's body is read all the same, so that the next request on the connection, a
    browser's or a proxy's, meets an answer and not a broken connection."""
    body = b'{"calls_prompt": "' + b"x" * 200_000 + b'"}'
    with Server(new_settings()) as server:
        connection = http.client.HTTPConnection("localhost", server.port, timeout=10)
        for _ in range(20):
            connection.request("PUT", "/api/business/current/prompt", body)
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["error"]) == (403, "csrf")
            sock = connection.sock
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b'{"status":"ok"}\n'
            assert connection.sock is sock
        connection.request("PUT", "/api/business/current/prompt", b"x" * 5_000_000)
        assert connection.getresponse().read()
        connection.close()
