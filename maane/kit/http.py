"""The edges of every request: its id, OPTIONS, refusals as JSON, and security headers."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException

from maane.kit.errors import NotFound, Problem, TooLarge
from maane.kit.logging import LOG
from maane.kit.turns import MAX_BODY_BYTES

HSTS_SECONDS = 365 * 24 * 3600
REQUEST_ID = "X-Request-ID"

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_WORDS = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    416: "range_not_satisfiable",
}


def install_edges(app: Flask, *, is_https: bool, frame_ancestors: str) -> None:
    """Registers what stands around every route. Call it before SeaSurf and the guard: functions
    before a request run in the order of their registration. ``frame_ancestors`` are the origins
    that may show the pages in a frame; empty means none."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.url_map.strict_slashes = False
    app.url_map.redirect_defaults = False
    app.before_request(_name_request)
    app.before_request(_answer_options)
    app.after_request(_headers(is_https, frame_ancestors))
    app.register_error_handler(Problem, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _fail)


def _name_request() -> None:
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)


def _answer_options() -> Response | None:
    """A preflight is 204 on every known path, before CSRF and the guard could catch it. It grants
    nothing: Maane sends no cross-origin permissions at all."""
    if request.method != "OPTIONS":
        return None
    known = current_app.make_default_options_response()
    if not known.allow:
        raise NotFound
    return Response(status=204, headers={"Allow": ", ".join(sorted({*known.allow, "OPTIONS"}))})


def request_id() -> str:
    value: str = g.get("request_id", "")
    return value


def _refuse(problem: Problem) -> Response:
    fields = {
        "status": problem.status,
        "error": problem.error,
        "reason": problem.reason,
        "method": request.method,
        "path": request.path,
        "request_id": request_id(),
    }
    if problem.status >= 500:
        LOG.error("refused", **fields, exc_info=problem.__cause__)
    else:
        LOG.warning("refused", **fields)
    response = jsonify(problem.body())
    response.status_code = problem.status
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _refuse_http(error: HTTPException) -> Response:
    if error.code == 413:
        return _refuse(TooLarge())
    if error.response is not None and error.code is not None and error.code < 400:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    LOG.warning(
        "refused",
        status=status,
        error=_WORDS.get(status, "refused"),
        method=request.method,
        path=request.path,
        request_id=request_id(),
    )
    response = jsonify({"error": _WORDS.get(status, "refused")})
    response.status_code = status
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    length = getattr(error, "length", None)
    if length is not None:
        response.headers["Content-Range"] = f"bytes */{length}"
    return response


def _fail(error: Exception) -> Response:
    LOG.error(
        "failed",
        method=request.method,
        path=request.path,
        request_id=request_id(),
        exc_info=error,
    )
    response = jsonify({"error": "internal"})
    response.status_code = 500
    return response


def _headers(is_https: bool, frame_ancestors: str) -> Any:
    """The security headers of a response, as one function made once."""
    ancestors = frame_ancestors or "'none'"
    policy = (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {ancestors}"
    )
    fixed = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    }
    if not frame_ancestors:
        fixed["X-Frame-Options"] = "DENY"
        fixed["Cross-Origin-Resource-Policy"] = "same-origin"
    if is_https:
        fixed["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}; includeSubDomains"

    def set_headers(response: Response) -> Response:
        response.headers.extend(fixed)
        response.headers.add(REQUEST_ID, request_id())
        if response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        elif request.path.startswith(("/api", "/webhook")):
            # A route that says nothing is not kept anywhere.
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return set_headers
