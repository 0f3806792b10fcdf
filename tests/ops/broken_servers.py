"""Small servers that behave as Maane does, or are broken on purpose in exactly one way.

``serve(fault)`` runs one on a real loopback socket: a Flask application with the real Flask-SeaSurf
and a made-up guard, sessions in memory, and proxies as WSGI wrappers around it. With no fault it
keeps the whole contract. ``serve_raw`` answers with bytes, for servers that are no Maane at all.
"""

from __future__ import annotations

import datetime as dt
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, g, jsonify, redirect, request, session
from flask_seasurf import SeaSurf
from werkzeug.exceptions import Forbidden
from werkzeug.serving import WSGIRequestHandler, make_server

EMAIL = "dana@example.com"
PASSWORD = "correct horse battery staple"
BUSINESS = 7
# Every cookie and token that any of the servers gave out, so that tests can look for leaks.
ISSUED: set[str] = set()
GUARD_REASONS = ("role_mismatch", "no_tenant", "scope_fail")


@dataclass
class State:
    """What a server remembers, for tests to look at afterwards."""

    role: str = "admin"
    home: int | None = BUSINESS
    businesses: tuple[int, ...] = (BUSINESS,)
    stage: str = "deploy"
    prompts: dict[str, str] = field(
        default_factory=lambda: {"calls_prompt": "שלום \U0001f44b", "whatsapp_prompt": 'a "b"\n'}
    )
    version: int = 3
    live_sessions: set[str] = field(default_factory=set)
    impersonating: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)
    own_origins: set[str] = field(default_factory=set)
    url: str = ""
    garbage: bytes = b""


class Refusal(Exception):
    def __init__(self, status: int, error: str, reason: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error} | ({"reason": reason} if reason else {})


def make_app(fault: str, state: State) -> Flask:
    """The application with one fault; ``fault`` "" is the healthy one."""
    app = Flask(__name__)
    same_site = "None" if state.stage == "preview" else "Lax"
    app.config.update(
        SECRET_KEY=secrets.token_hex(),
        SESSION_COOKIE_NAME="session" if fault == "session_without_prefix" else "__Host-session",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=fault != "session_readable",
        SESSION_COOKIE_SAMESITE=same_site,
        SESSION_COOKIE_PARTITIONED=state.stage == "preview",
        SESSION_COOKIE_PATH="/app" if fault == "session_path" else "/",
        CSRF_COOKIE_NAME="XSRF-TOKEN",
        CSRF_HEADER_NAME="X-CSRFToken",
        CSRF_COOKIE_SECURE=fault != "xsrf_insecure",
        CSRF_COOKIE_HTTPONLY=fault == "xsrf_httponly",
        CSRF_COOKIE_PATH="/api/auth" if fault == "xsrf_path" else "/",
        CSRF_COOKIE_DOMAIN="other.example" if fault == "xsrf_domain" else None,
        CSRF_COOKIE_SAMESITE="Strict" if fault == "xsrf_same_site" else same_site,
        CSRF_CHECK_REFERER=False,
        CSRF_DISABLE=fault == "csrf_off_by_setting",
    )
    app.before_request(lambda: _before_everything(fault, state))
    if fault == "guard_before_csrf":
        app.before_request(lambda: _refuse_write("role_mismatch"))
    csrf = SeaSurf(app)
    if fault == "csrf_off":
        csrf.validate = lambda: None
    _add_routes(app, csrf, fault, state)
    app.register_error_handler(Refusal, lambda error: (error.body, error.status))
    app.register_error_handler(Forbidden, _name_csrf_refusal)
    app.after_request(lambda response: _after_everything(response, fault, state))
    return app


def _before_everything(fault: str, state: State) -> Response | None:
    if fault == "redirects_to_https":
        return redirect(request.url.replace("http://", "https://", 1), 308)
    if request.method == "OPTIONS":
        if fault == "options_refused":
            raise Refusal(403, "csrf", "header_missing")
        return Response(status=200 if fault == "options_by_proxy" else 204)
    origin = request.headers.get("Origin")
    if request.method in ("POST", "PUT") and fault != "origin_check_off":
        own = state.own_origins or {state.url}
        if origin is not None and origin not in own:
            raise Refusal(403, "csrf", "cross_origin")
    return None


def _refuse_write(reason: str) -> None:
    if request.method in ("POST", "PUT") and not request.path.startswith("/api/auth"):
        raise Refusal(403, "forbidden", reason)


def _name_csrf_refusal(error: Forbidden) -> tuple[dict[str, str], int]:
    """The contract's reason of a refusal by SeaSurf, which itself names none."""
    if not request.cookies.get("XSRF-TOKEN"):
        reason = "cookie_missing"
    elif not request.headers.get("X-CSRFToken"):
        reason = "header_missing"
    elif session.get("sid") is None:
        reason = "session_missing"
    else:
        reason = "token_mismatch"
    return {"error": "csrf", "reason": reason}, 403


def _after_everything(response: Response, fault: str, state: State) -> Response:
    response.headers["X-Request-ID"] = secrets.token_hex(8)
    if state.own_origins and all(origin.startswith("https:") for origin in state.own_origins):
        response.headers["Strict-Transport-Security"] = "max-age=1"
    return response


def _me(state: State) -> dict[str, Any]:
    entered = session.get("sid") in state.impersonating
    tenant = BUSINESS if entered else state.home
    now = dt.datetime.now(dt.UTC)
    return {
        "user": {"id": 1, "email": EMAIL, "name": "", "role": state.role, "tenant_id": state.home},
        "tenant": None if tenant is None else {"id": tenant, "name": "עסק"},
        "impersonation": {
            "business": {"id": BUSINESS, "name": "עסק"},
            "started_at": now.isoformat(),
            "expires_at": (now + dt.timedelta(minutes=30)).isoformat(),
            "reason": None,
            "is_active": True,
        }
        if entered
        else None,
    }


def _add_routes(app: Flask, csrf: SeaSurf, fault: str, state: State) -> None:
    def guard(area: str) -> None:
        sid = session.get("sid")
        if sid not in state.live_sessions:
            raise Refusal(401, "unauthenticated")
        if fault.startswith("guard_on_") and fault.split(":")[0] == f"guard_on_{area}":
            raise Refusal(403, "forbidden", fault.split(":")[1])
        if area == "admin" and state.role == "business":
            raise Refusal(403, "forbidden", "role_mismatch")
        if area == "business" and sid not in state.impersonating and state.home is None:
            raise Refusal(403, "forbidden", "no_tenant")

    @csrf.exempt
    @app.get("/version")
    def version() -> Any:
        return {"version": "0.1.0", "stage": state.stage}

    @csrf.exempt
    @app.get("/healthz")
    def healthz() -> Any:
        return {"status": "ok"}

    @csrf.exempt
    @app.get("/readyz")
    def readyz() -> Any:
        return {"status": "unavailable", "missing": ["database"]}, 503

    @csrf.exempt
    @csrf.set_cookie
    @app.post("/api/auth/login")
    def login() -> Any:
        if fault == "login_redirects":
            return redirect("https://sign-in.example/login?next=/", 302)
        if fault == "database_down":
            raise Refusal(503, "unavailable", "database")
        if fault == "internal_error":
            raise Refusal(500, "internal")
        if fault == "throttled":
            return {"error": "throttled"}, 429, {"Retry-After": "17"}
        given = request.get_json()
        state.log.append("login")
        if fault == "echoes_password":
            raise Refusal(401, given["password"], given["password"])
        if given != {"email": EMAIL, "password": PASSWORD}:
            raise Refusal(401, "invalid_credentials")
        session.clear()
        session["sid"] = secrets.token_hex(16)
        state.live_sessions.add(session["sid"])
        csrf.generate_new_token()
        return _me(state)

    @csrf.exempt
    @csrf.set_cookie
    @app.post("/api/auth/logout")
    def logout() -> Any:
        state.log.append("logout")
        state.live_sessions.discard(session.get("sid", ""))
        state.impersonating.discard(session.get("sid", ""))
        session.clear()
        csrf.generate_new_token()
        return {"signed_out": True}

    @app.get("/api/auth/csrf")
    def token() -> Any:
        value = app.jinja_env.globals["csrf_token"]()
        if fault == "token_of_somebody_else":
            return {"csrfToken": secrets.token_hex()}
        if fault == "token_rotates":
            # The page keeps the value it was told, and the server has already moved on.
            del g.seasurf_csrf_token
            session["XSRF-TOKEN"] = secrets.token_hex()
            response = jsonify(csrfToken=value)
            response.set_cookie("XSRF-TOKEN", value, secure=True, samesite="Lax", path="/")
            return response
        return {"csrfToken": value}

    @app.get("/api/auth/me")
    def me() -> Any:
        guard("session")
        return _me(state)

    @app.get("/api/business/current/prompt")
    def read_prompt() -> Any:
        guard("read")
        guard("business")
        return state.prompts | {"version": state.version, "updated_at": None, "updated_by": None}

    @app.put("/api/business/current/prompt")
    def write_prompt() -> Any:
        guard("write")
        guard("business")
        given = request.get_json()
        state.log.append("save")
        if given != state.prompts or state.version == 0:
            state.prompts, state.version = given, state.version + 1
        return state.prompts | {"version": state.version, "updated_at": None, "updated_by": None}

    @app.get("/api/admin/businesses")
    def businesses() -> Any:
        guard("admin")
        rows = [{"id": 5, "name": "closed", "status": "suspended"}]
        rows += [{"id": number, "name": "עסק", "status": "active"} for number in state.businesses]
        return {"items": rows if state.businesses else [], "next": None}

    @app.post("/api/admin/businesses/<int:number>/impersonate")
    def impersonate(number: int) -> Any:
        guard("admin")
        guard("impersonate")
        state.log.append("impersonate")
        state.impersonating.add(session["sid"])
        return _me(state)

    @app.post("/api/admin/impersonate/stop")
    def stop() -> Any:
        guard("admin")
        state.log.append("stop")
        state.impersonating.discard(session["sid"])
        return _me(state)


Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]

# Request headers that a bad proxy takes away or adds, by the name of the fault.
_STRIPS = {"header_stripped": "HTTP_X_CSRFTOKEN", "cookies_stripped": "HTTP_COOKIE"}
_ADDS = {"adds_origin": ("HTTP_ORIGIN", "https://inner.example")}
# Cookies whose Set-Cookie a bad proxy takes away.
_DROPS = {"no_xsrf_cookie": "XSRF-TOKEN=", "no_session_cookie": "__Host-session="}


def behind_proxy(app: Wsgi, fault: str, state: State) -> Wsgi:
    """A proxy that spoils what passes through it, as ``fault`` says."""

    def proxy(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if fault == f"garbage_on:{environ['REQUEST_METHOD']} {environ['PATH_INFO']}":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [state.garbage]
        if fault == "upstream_down":
            start_response("502 Bad Gateway", [("Content-Type", "text/html")])
            return [b"<h1>502</h1>"]
        environ.pop(_STRIPS.get(fault, ""), None)
        if fault == "xsrf_cookie_stripped":
            kept = [
                part for part in environ.get("HTTP_COOKIE", "").split("; ") if "XSRF" not in part
            ]
            environ["HTTP_COOKIE"] = "; ".join(kept)
        if fault in _ADDS:
            name, value = _ADDS[fault]
            environ.setdefault(name, value)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            for name, value in headers:
                if name == "Set-Cookie":
                    ISSUED.add(value.partition("=")[2].partition(";")[0])
            if state.stage == "preview":
                # Flask-SeaSurf 2.0 knows no Partitioned.
                headers = [(name, _partition(name, value)) for name, value in headers]
            headers = [(name, _respell(fault, name, value)) for name, value in headers]
            return start_response(status, [item for item in headers if item[1]], *rest)

        return app(environ, start)

    return proxy


def _partition(name: str, value: str) -> str:
    is_xsrf = name == "Set-Cookie" and value.startswith("XSRF-TOKEN=")
    return value + "; Partitioned" if is_xsrf else value


def _respell(fault: str, name: str, value: str) -> str:
    if name != "Set-Cookie":
        return value
    if fault in _DROPS and value.startswith(_DROPS[fault]):
        return ""
    if fault == "preview_not_partitioned":
        return value.replace("; Partitioned", "")
    if fault == "session_domain" and value.startswith("__Host-session="):
        return value + "; Domain=127.0.0.1"
    if fault == "cookie_expired":
        return (
            value.split("; Max-Age")[0] + "; Expires=Thu, 01 Jan 2015 00:00:00 GMT; Path=/; Secure"
        )
    return value


class _Quiet(WSGIRequestHandler):
    clock_offset_s = 0.0

    def log(self, *args: Any) -> None:
        return

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(time.time() + self.clock_offset_s)


class _HourAhead(_Quiet):
    clock_offset_s = 3600.0


@contextmanager
def serve(
    fault: str = "", *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", **state: Any
) -> Iterator[State]:
    """Runs the server until the block ends. ``state.url`` is its address."""
    shared = State(**state)
    app = behind_proxy(make_app(fault, shared).wsgi_app, fault, shared)
    handler = _HourAhead if fault == "clock_ahead" else _Quiet
    options = {"threaded": True, "request_handler": handler, "ssl_context": tls}
    server = make_server("127.0.0.1", 0, app, **options)
    server.daemon_threads = True
    shared.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}"
    port = str(server.server_port)
    shared.own_origins = {origin.replace("PORT", port) for origin in shared.own_origins}
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield shared
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serve_raw(answer: bytes) -> Iterator[str]:
    """A server that reads a request, answers with these bytes, and hangs up. Yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    is_over = threading.Event()

    def run() -> None:
        while not is_over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(1)
                try:
                    connection.recv(65536)
                    if not answer:
                        is_over.wait(2)
                    connection.sendall(answer)
                except OSError:
                    continue

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        is_over.set()
        thread.join()
        listener.close()


def http_answer(body: str, content_type: str = "application/json", status: str = "200 OK") -> bytes:
    """An HTTP answer as bytes, for ``serve_raw``."""
    data = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(data)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + data
