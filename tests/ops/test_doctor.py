"""``maane doctor`` names the one layer at fault, tried on servers broken in each of the ways."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from maane.ops.doctor import LAYERS, command, diagnose, wire
from maane.ops.doctor.jar import Jar, parse_set_cookie
from maane.ops.doctor.origins import likely_origins
from tests.certificates import make_certificate, server_context
from tests.ops.broken_servers import (
    BUSINESS,
    EMAIL,
    GUARD_REASONS,
    ISSUED,
    PASSWORD,
    State,
    http_answer,
    serve,
    serve_raw,
)

NO_HOME = {"home": None}
OWNER = {"role": "business"}


@pytest.fixture(autouse=True)
def _hermetic(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the environment comes between, and no test waits long for a silent server."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(wire, "CONNECT_TIMEOUT_S", 2.0)
    monkeypatch.setattr(wire, "READ_TIMEOUT_S", 1.0)


def run_doctor(url: str, *options: str, password: str = PASSWORD) -> Result:
    arguments = [url, "--email", EMAIL, "--password-stdin", *options]
    result = CliRunner().invoke(command, arguments, input=password + "\n")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert password not in result.output
    assert not [secret for secret in ISSUED if len(secret) > 6 and secret in result.output]
    assert not re.search(r"[0-9a-f]{20,}", result.output), result.output
    return result


def layer_of(result: Result) -> str:
    assert result.exit_code == 1, result.output
    found = re.search(r"^Layer at fault: (\w+) \(", result.output, re.MULTILINE)
    assert found, result.output
    assert found[1] in LAYERS
    assert re.search(r"^What to do: \S.{30,}", result.output, re.MULTILINE), result.output
    return found[1]


def assert_nothing_is_left(state: State) -> None:
    assert state.live_sessions == set()
    assert state.impersonating == set()
    assert state.version == 3


# The healthy server.


@pytest.mark.parametrize("stage", ["deploy", "preview"])
@pytest.mark.parametrize(
    "person", [{}, NO_HOME, OWNER, {"role": "manager"}], ids=["home", "no-home", "owner", "manager"]
)
def test_a_healthy_server_passes_every_step(person: dict[str, Any], stage: str) -> None:
    with serve(stage=stage, **person) as state:
        result = run_doctor(state.url)
    assert result.exit_code == 0, result.output
    assert "steps passed" in result.output
    assert "fail" not in result.output
    assert_nothing_is_left(state)
    assert state.log.count("save") == 2
    assert state.log[-1] == "logout"


def test_an_admin_with_a_home_saves_first_and_impersonates_then() -> None:
    with serve() as state:
        run_doctor(state.url)
    assert state.log == ["login", "save", "save", "impersonate", "stop", "logout"]


def test_an_admin_without_a_home_saves_inside_the_impersonation() -> None:
    with serve(**NO_HOME) as state:
        run_doctor(state.url)
    assert state.log == ["login", "impersonate", "save", "save", "stop", "logout"]


def test_prompts_that_were_never_saved_pass() -> None:
    empty = {"calls_prompt": "", "whatsapp_prompt": ""}
    with serve(version=0, prompts=dict(empty)) as state:
        result = run_doctor(state.url)
    assert result.exit_code == 0, result.output
    assert "version 1, the first of this business" in result.output
    assert (state.prompts, state.version) == (empty, 1)


def test_an_owner_skips_the_impersonation_by_name() -> None:
    with serve(**OWNER) as state:
        result = run_doctor(state.url)
    assert "skip  impersonate a business: skipped: role business" in result.output
    assert "impersonate" not in state.log


def test_https_passes_with_its_certificate_or_without_looking(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with serve(tls=server_context(certificate)) as state:
        assert run_doctor(state.url, "--ca", str(certificate)).exit_code == 0
        assert run_doctor(state.url, "--insecure").exit_code == 0


def test_every_line_says_what_was_sent_and_what_came_back() -> None:
    with serve() as state:
        result = run_doctor(state.url)
    lines = [line for line in result.output.splitlines() if line.startswith("pass")]
    assert len(lines) == 17
    for line in lines:
        assert re.search(r": (GET|PUT|POST|OPTIONS) /\S+.* -> \d{3} in \d+ ms", line), line


def test_the_verdict_holds_the_steps_that_were_printed() -> None:
    printed: list[str] = []
    with serve() as state:
        verdict = diagnose(state.url, EMAIL, PASSWORD, out=printed.append)
    assert verdict.layer is None
    assert [step.line() for step in verdict.steps] == printed


# Broken in one way each. All of these are met by every role.

BROKEN = [
    ("no_xsrf_cookie", "cookie_not_set", "No Set-Cookie of XSRF-TOKEN"),
    ("xsrf_httponly", "cookie_not_set", "the page cannot read it"),
    ("xsrf_insecure", "cookie_not_set", "lacks Secure"),
    ("xsrf_same_site", "cookie_not_set", "SameSite Strict, not Lax"),
    ("cookie_expired", "cookie_not_set", "expired"),
    ("no_session_cookie", "cookie_not_set", "No Set-Cookie of __Host-session"),
    ("session_without_prefix", "cookie_not_set", "lacks the __Host- prefix"),
    ("session_readable", "cookie_not_set", "lacks HttpOnly"),
    ("session_path", "cookie_not_sent_back", "Path=/"),
    ("session_domain", "cookie_not_sent_back", "Domain"),
    ("xsrf_path", "cookie_not_sent_back", "Path is /api/auth"),
    ("xsrf_domain", "cookie_not_sent_back", "Domain=other.example does not cover 127.0.0.1"),
    ("cookies_stripped", "cookie_not_sent_back", "removes the Cookie header"),
    ("xsrf_cookie_stripped", "cookie_not_sent_back", "XSRF-TOKEN"),
    ("header_stripped", "header_missing", "let X-CSRFToken pass"),
    ("token_of_somebody_else", "token_mismatch", "The body says"),
    ("token_rotates", "token_mismatch", "MAANE_SECRET_KEY"),
    ("adds_origin", "origin_refused", "adds such a header"),
    ("redirects_to_https", "proxy_scheme", "redirects to https://127.0.0.1"),
    ("login_redirects", "two_origins", "https://sign-in.example"),
    ("clock_ahead", "clock", "seconds ahead of"),
    ("csrf_off", "csrf_off", "without X-CSRFToken passed"),
    ("origin_check_off", "csrf_off", "foreign Origin passed"),
    ("database_down", "database", "GET /readyz"),
    ("internal_error", "server_error", "X-Request-ID"),
    ("throttled", "login", "wait 17 seconds"),
    ("upstream_down", "unreachable", "cannot reach Maane behind it"),
    ("options_refused", "guard", "OPTIONS"),
    ("options_by_proxy", "not_maane", "OPTIONS came back 200"),
    ("guard_before_csrf", "guard", "role_mismatch"),
    *[(f"guard_on_read:{reason}", "guard", f"reason {reason}") for reason in GUARD_REASONS],
    *[(f"guard_on_write:{reason}", "guard", f"reason {reason}") for reason in GUARD_REASONS],
]


@pytest.mark.parametrize("person", [{}, NO_HOME, OWNER], ids=["home", "no-home", "owner"])
@pytest.mark.parametrize(("fault", "layer", "advice"), BROKEN, ids=[row[0] for row in BROKEN])
def test_the_layer_at_fault_is_named(
    fault: str, layer: str, advice: str, person: dict[str, Any]
) -> None:
    with serve(fault, **person) as state:
        result = run_doctor(state.url)
    assert layer_of(result) == layer, result.output
    assert advice in result.output
    if fault not in ("cookies_stripped", "adds_origin", "no_session_cookie"):
        # In those three the server cannot be told whose session to end, or takes no write at all.
        assert_nothing_is_left(state)


@pytest.mark.parametrize("reason", GUARD_REASONS)
def test_the_guard_on_impersonation_is_named(reason: str) -> None:
    with serve(f"guard_on_impersonate:{reason}") as state:
        result = run_doctor(state.url)
    assert layer_of(result) == "guard"
    assert f"forbidden {reason}" in result.output
    assert f"reason {reason}" in result.output
    assert_nothing_is_left(state)


def test_csrf_switched_off_by_a_setting_is_no_maane() -> None:
    # SeaSurf that is disabled gives no token either, so the token endpoint already shows it.
    with serve("csrf_off_by_setting") as state:
        assert layer_of(run_doctor(state.url)) == "not_maane"


def test_preview_needs_partitioned_cookies() -> None:
    with serve("preview_not_partitioned", stage="preview") as state:
        result = run_doctor(state.url)
    assert layer_of(result) == "cookie_not_set"
    assert "lacks Partitioned" in result.output


def test_a_manager_with_no_business_is_told_to_make_one() -> None:
    with serve(role="manager", home=None, businesses=()) as state:
        result = run_doctor(state.url)
    assert layer_of(result) == "guard"
    assert "business create" in result.output
    assert_nothing_is_left(state)


def test_a_suspended_business_is_not_entered() -> None:
    with serve(**NO_HOME) as state:
        assert f"/api/admin/businesses/{BUSINESS}/impersonate" in run_doctor(state.url).output


@pytest.mark.parametrize(
    ("origins", "layer", "advice"),
    [
        ({"https://127.0.0.1:PORT"}, "proxy_scheme", "takes itself for https://127.0.0.1"),
        ({"https://127.0.0.1"}, "proxy_scheme", "takes itself for https://127.0.0.1"),
        ({"https://maane.example"}, "proxy_scheme", "Maane expects https"),
        ({"http://localhost:PORT"}, "two_origins", "takes itself for http://localhost"),
        ({"http://127.0.0.1"}, "two_origins", "takes itself for http://127.0.0.1."),
        ({"http://maane.example"}, "origin_refused", "Maane's own origin is another"),
    ],
)
def test_a_public_url_that_differs_is_found(origins: set[str], layer: str, advice: str) -> None:
    with serve(own_origins=origins) as state:
        result = run_doctor(state.url)
    assert layer_of(result) == layer, result.output
    assert advice in result.output
    assert f"MAANE_PUBLIC_URL={state.url}" in result.output
    assert_nothing_is_left(state)


def test_another_fault_wins_over_the_clock_and_tells_of_it() -> None:
    with serve("clock_ahead") as state:
        result = run_doctor(state.url, password="wrong password")
    assert layer_of(result) == "login"
    assert "Beside that: The server's clock" in result.output


def test_a_wrong_password_is_the_login() -> None:
    with serve() as state:
        result = run_doctor(state.url, password="wrong password")
    assert layer_of(result) == "login"
    assert "the password is wrong" in result.output
    assert state.log == ["login"]


def test_a_server_that_echoes_the_password_does_not_get_it_printed() -> None:
    with serve("echoes_password") as state:
        layer_of(run_doctor(state.url, password="a secret that nobody saw"))


def test_a_secure_cookie_over_plain_http_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **options: Any) -> Any:
        return lookup("127.0.0.1" if host == "maane.test" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with serve(host="maane.test") as state:
        result = run_doctor(state.url)
    assert layer_of(result) == "cookie_not_set"
    assert "maane.test was asked over plain http" in result.output
    # The session that no browser would keep is ended all the same.
    assert_nothing_is_left(state)
    assert state.log == ["login", "logout"]


# Not Maane at all, or nobody.


@pytest.mark.parametrize(
    "answer",
    [
        http_answer("<html><h1>It works!</h1></html>", "text/html"),
        http_answer("[]"),
        http_answer("[" * 100_000),
        http_answer('{"version": "1.2", "stage": 7}'),
        http_answer("null"),
        http_answer("9" * 10_000),
        http_answer('{"error": {"a": 1}}', status="403 Forbidden"),
        http_answer('{"error": "forbidden", "reason": "I said so"}', status="403 Forbidden"),
        http_answer('{"error": "csrf", "reason": "\\u001b[31m"}', status="403 Forbidden"),
        http_answer("{}", status="302 Found"),
        http_answer("", status="401 Unauthorized"),
        http_answer("{}", status="599 What"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        http_answer("{}").replace(
            b"Connection", b"Set-Cookie: \x07=\xff\r\nDate: 99\r\nConnection"
        ),
        http_answer("{}", status="302 Found").replace(b"Connection", b"Location: mailto:dana\r\nX"),
        http_answer("{}", status="302 Found").replace(b"Connection", b"Location: /login\r\nX"),
    ],
)
def test_a_server_that_is_no_maane_is_named(answer: bytes) -> None:
    with serve_raw(answer) as url:
        result = run_doctor(url)
    assert layer_of(result) == "not_maane", result.output
    assert "\x1b" not in result.output


@pytest.mark.parametrize("garbage", [b"", b"[]", b"{}", b'{"user": [], "items": 3}', b"<html>\xff"])
@pytest.mark.parametrize(
    "step",
    [
        "GET /healthz",
        "POST /api/auth/login",
        "GET /api/auth/csrf",
        "GET /api/auth/me",
        "GET /api/business/current/prompt",
        "PUT /api/business/current/prompt",
        "GET /api/admin/businesses",
        f"POST /api/admin/businesses/{BUSINESS}/impersonate",
        "POST /api/admin/impersonate/stop",
        "POST /api/auth/logout",
    ],
)
def test_garbage_at_any_step_is_not_maane(step: str, garbage: bytes) -> None:
    with serve(f"garbage_on:{step}", garbage=garbage) as state:
        assert layer_of(run_doctor(state.url)) == "not_maane"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200",
        b"\x00\xff" * 100,
    ],
)
def test_a_connection_that_breaks_is_unreachable(answer: bytes) -> None:
    with serve_raw(answer) as url:
        assert layer_of(run_doctor(url)) == "unreachable"


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    result = run_doctor(f"http://127.0.0.1:{port}")
    assert layer_of(result) == "unreachable"
    assert "Nothing listens there" in result.output


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "",
        "ftp://localhost",
        "http://",
        "http://127.0.0.1:99999",
        "http://127.0.0.1/app",
        "http://dana:secret@127.0.0.1",
        "http://[::1",
    ],
)
def test_an_address_that_is_none_is_refused_in_words(url: str) -> None:
    result = run_doctor(url)
    assert layer_of(result) == "unreachable"
    assert "secret" not in result.output


def test_a_self_signed_certificate_is_the_tls_layer(tmp_path: Path) -> None:
    with serve(tls=server_context(make_certificate(tmp_path))) as state:
        result = run_doctor(state.url)
    assert layer_of(result) == "tls"
    assert "--ca FILE" in result.output


def test_http_to_a_port_of_https_is_the_tls_layer(tmp_path: Path) -> None:
    with serve(tls=server_context(make_certificate(tmp_path))) as state:
        result = run_doctor(state.url.replace("https", "http"))
    assert layer_of(result) == "tls"
    assert "That port speaks https" in result.output


def test_https_to_a_port_of_http_is_the_tls_layer() -> None:
    with serve() as state:
        result = run_doctor(state.url.replace("http", "https"))
    assert layer_of(result) == "tls"
    assert "speaks no TLS" in result.output


def test_a_file_that_is_no_certificate_is_the_tls_layer(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    result = run_doctor("https://127.0.0.1:1", "--ca", str(tmp_path / "ca.pem"))
    assert layer_of(result) == "tls"


# Leaving nothing behind.


def interrupting(at: str, error: type[BaseException]) -> Callable[[str], None]:
    """An ``out`` that fails once, at the step of that name."""
    pending = [at]

    def out(line: str) -> None:
        if pending and pending[0] in line:
            pending.clear()
            raise error

    return out


@pytest.mark.parametrize("error", [KeyboardInterrupt, BrokenPipeError])
@pytest.mark.parametrize("person", [{}, NO_HOME])
@pytest.mark.parametrize("at", ["log in", "fetch the token", "impersonate a business"])
def test_an_interruption_leaves_nothing_behind(
    at: str, person: dict[str, Any], error: type[BaseException]
) -> None:
    with serve(**person) as state:
        with pytest.raises(error):
            diagnose(state.url, EMAIL, PASSWORD, out=interrupting(at, error))
        assert_nothing_is_left(state)
    assert state.log[-1] == "logout"
    assert ("stop" in state.log) == ("impersonate" in state.log)


def test_a_failure_inside_the_impersonation_stops_it() -> None:
    with serve("guard_on_write:scope_fail", **NO_HOME) as state:
        result = run_doctor(state.url)
    assert layer_of(result) == "guard"
    assert state.log == ["login", "impersonate", "stop", "logout"]
    assert "to leave nothing behind" in result.output


# The command line.


def test_the_password_is_only_taken_from_standard_input() -> None:
    result = CliRunner().invoke(command, ["http://localhost", "--email", EMAIL])
    assert result.exit_code == 2
    assert "--password-stdin" in result.output


def test_an_empty_password_is_a_usage_error() -> None:
    arguments = ["http://localhost", "--email", EMAIL, "--password-stdin"]
    assert CliRunner().invoke(command, arguments, input="\n").exit_code == 2


def test_a_password_of_other_bytes_is_refused_by_the_server_alone() -> None:
    with serve() as state:
        arguments = [state.url, "--email", EMAIL, "--password-stdin"]
        result = CliRunner().invoke(command, arguments, input=b"\xff\xfe-secret\n")
    assert layer_of(result) == "login"


# The jar, by itself.


@pytest.mark.parametrize(
    ("url", "header", "refusal"),
    [
        ("http://maane.lan/", "a=1; Secure; Path=/", "secure"),
        ("http://127.0.0.2/", "a=1; Secure; Path=/", "secure"),
        ("http://localhost/", "a=1; Secure; Path=/", None),
        ("http://127.0.0.1:80/", "a=1; Secure; Path=/", None),
        ("http://[::1]:80/", "__Host-a=1; Secure; Path=/", None),
        ("https://maane.lan/", "__Host-a=1; Secure; Path=/", None),
        ("http://maane.lan/", "a=1", None),
        ("https://maane.lan/", "__Host-a=1; Path=/", "prefix"),
        ("https://maane.lan/", "__host-a=1; Secure; Path=/x", "path"),
        ("https://maane.lan/", "__Host-a=1; Secure; Path=/; Domain=maane.lan", "domain"),
        ("https://maane.lan/", "__Secure-a=1; Path=/", "prefix"),
        ("https://a.maane.lan/", "a=1; Domain=.maane.lan", None),
        ("https://a.maane.lan/", "a=1; Domain=b.maane.lan", "domain"),
        ("https://maane.lan/", "a=1; Domain=lan", "domain"),
        ("https://127.0.0.1/", "a=1; Domain=0.0.1", "domain"),
        ("https://maane.lan/", "a=1; SameSite=None", "same_site"),
        ("https://maane.lan/", "a=1; Partitioned", "same_site"),
        ("https://maane.lan/", "a=1; Max-Age=0", "expired"),
        ("https://maane.lan/", "a=; Max-Age=0", None),
        ("https://maane.lan/", "a=1; Max-Age=" + "9" * 400, None),
        ("https://maane.lan/", "a=1; Expires=Thu, 01 Jan 2015 00:00:00 GMT", "expired"),
        ("https://maane.lan/", "a=1; Expires=soon", None),
        ("https://maane.lan/", "=1", "malformed"),
        ("https://maane.lan/", "a", "malformed"),
        ("https://maane.lan/", "a=" + "1" * 5000, "malformed"),
    ],
)
def test_the_jar_keeps_what_a_browser_keeps(url: str, header: str, refusal: str | None) -> None:
    kept = Jar().store(url, [header])[0]
    assert kept.refusal == refusal
    assert bool(kept.why) == (refusal is not None)


def test_the_jar_sends_by_path_and_scheme_and_says_why_not() -> None:
    jar = Jar()
    jar.store("https://maane.lan/api/auth/csrf", ["here=1", "all=2; Path=/; Secure"])
    assert [item.name for item in jar.for_request("https://maane.lan/api/auth/me")] == [
        "here",
        "all",
    ]
    assert [item.name for item in jar.for_request("https://maane.lan/api/author")] == ["all"]
    assert "does not cover" in (jar.why_not_sent("here", "https://maane.lan/api") or "")
    assert "plain http" in (jar.why_not_sent("all", "http://maane.lan/") or "")
    assert jar.why_not_sent("none", "https://maane.lan/") == "no none is stored"


def test_the_jar_forgets_what_the_server_deletes() -> None:
    jar = Jar()
    jar.store("https://maane.lan/", ["a=1; Path=/"])
    jar.store("https://maane.lan/", ["a=; Path=/; Max-Age=0"])
    assert jar.for_request("https://maane.lan/") == []


def test_max_age_wins_over_expires() -> None:
    cookie = parse_set_cookie("a=1; Expires=Thu, 01 Jan 2015 00:00:00 GMT; Max-Age=60")
    assert cookie is not None
    assert (cookie.lifetime_s, cookie.is_dated) == (60, False)


def test_likely_origins_are_others_than_the_one_used() -> None:
    for origin in ("http://localhost:8000", "https://maane.example", "http://[::1]:8000"):
        guesses = likely_origins(origin)
        assert origin not in guesses
        assert len(guesses) == len(set(guesses))
    assert likely_origins("https://maane.example:8443")[:2] == [
        "http://maane.example:8443",
        "http://maane.example",
    ]
