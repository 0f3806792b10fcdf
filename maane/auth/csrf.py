"""Cross-site request forgery: one Flask-SeaSurf, and the headers that say where a request is from.

``Csrf`` is Flask-SeaSurf 2.0.0 with four of its habits changed; what it decides stays its own. It
reads the token from the header alone (upstream also parses the whole body, before anybody is
authenticated), names its refusals, leaves plain reads without a cookie, and adds ``Partitioned`` in
preview. ``check_protection`` refuses to start an application in which SeaSurf would quietly not
protect (the ways are known and listed in ``docs/decisions/0002-csrf.md``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import Flask, Response, current_app, g, request, session
from flask_seasurf import SeaSurf

from maane.auth.sessions import CSRF_KEY, LIFETIME
from maane.kit.endpoint import spec_of
from maane.kit.errors import CsrfRefused
from maane.settings import Settings, SettingsError, origin_of

HEADER = "X-CSRFToken"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# The whole list. A route outside it that asks for an exemption stops the start.
EXEMPT_WRITES = frozenset({("POST", "/api/auth/login"), ("POST", "/api/auth/logout")})
EXEMPT_READS = frozenset({"/healthz", "/readyz", "/livez", "/version", "/metrics"})
EXEMPT_PREFIX = "/webhook/"


class Csrf(SeaSurf):  # type: ignore[misc]
    """The application's one SeaSurf."""

    def __init__(self, app: Flask) -> None:
        self._is_partitioned = app.config["CSRF_COOKIE_SAMESITE"] == "None"
        super().__init__(app)

    def _before_request(self) -> None:
        if request.method in SAFE_METHODS and not self._issues_token(request.endpoint):
            return
        super()._before_request()

    def _issues_token(self, endpoint: str | None) -> bool:
        view = current_app.view_functions.get(endpoint or "")
        return view is not None and _location(view) in self._set_cookie_views

    def _should_set_cookie(self, view_func: Any) -> bool:
        return _location(view_func) in self._set_cookie_views

    def validate(self) -> None:
        """Compares the header with the session's token, and says which of them is missing."""
        server_token = session.get(self._csrf_name)
        sent = request.headers.get(self._csrf_header_name, "")
        if not request.cookies.get(self._csrf_name):
            raise CsrfRefused("cookie_missing")
        if not sent:
            raise CsrfRefused("header_missing")
        if not server_token:
            raise CsrfRefused("session_missing")
        if not self._safe_str_cmp(sent, server_token):
            raise CsrfRefused("token_mismatch")

    def _set_csrf_cookie(self, response: Response) -> None:
        token = g.seasurf_csrf_token
        if session.get(self._csrf_name) != token:
            session[self._csrf_name] = token
        response.set_cookie(
            self._csrf_name,
            token,
            max_age=self._csrf_timeout,
            secure=self._csrf_secure,
            httponly=self._csrf_httponly,
            path=self._csrf_path,
            samesite=self._csrf_samesite,
            partitioned=self._is_partitioned,
        )
        response.vary.add("Cookie")

    def token(self) -> str:
        """The caller's token; the answer then always sets the cookie to the same value."""
        value: str = self._get_token()
        return value


def configure_csrf(app: Flask, settings: Settings) -> None:
    """The keys that SeaSurf reads once, in ``init_app``; so before it is made."""
    app.config.update(
        CSRF_COOKIE_NAME=CSRF_KEY,
        CSRF_HEADER_NAME=HEADER,
        CSRF_DISABLE=False,
        CSRF_CHECK_REFERER=False,
        CSRF_COOKIE_SECURE=True,
        CSRF_COOKIE_HTTPONLY=False,
        CSRF_COOKIE_SAMESITE="None" if settings.stage == "preview" else "Lax",
        CSRF_COOKIE_TIMEOUT=timedelta(seconds=LIFETIME.total_seconds()),
    )


def install_origin_check(app: Flask, settings: Settings) -> None:
    """Refuses an unsafe request whose own headers say that another site sent it.

    No token and no state: with none of the three headers (curl) SeaSurf's token decides alone. A
    provider's webhook proves itself by its signature and is passed over. Login and logout, which
    bear no token, are covered here.
    """
    own = settings.own_origins

    def refuse_cross_origin() -> None:
        if request.method in SAFE_METHODS or request.path.startswith(EXEMPT_PREFIX):
            return
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site")
        referer = request.headers.get("Referer")
        if origin is not None and origin not in own:
            raise CsrfRefused("cross_origin")
        if site is not None and site not in ("same-origin", "none"):
            raise CsrfRefused("cross_origin")
        if origin is None and site is None and referer and _origin(referer) not in own:
            raise CsrfRefused("cross_origin")

    app.before_request(refuse_cross_origin)


def _origin(url: str) -> str:
    try:
        return origin_of(url)
    except ValueError:
        return ""


def apply_declarations(app: Flask, csrf: Csrf) -> None:
    """Tells SeaSurf what the endpoints declared, once all blueprints are registered."""
    for endpoint, view in app.view_functions.items():
        spec = spec_of(app, endpoint)
        if spec is not None and spec.csrf_exempt:
            csrf.exempt(view)
        if spec is not None and spec.sets_csrf_cookie:
            csrf.set_cookie(view)


def csrf_of(app: Flask) -> Csrf:
    value: Csrf = app.extensions["maane.csrf"]
    return value


def check_protection(app: Flask) -> None:
    """Proves at start-up that SeaSurf protects what it should. Raises ``SettingsError``."""
    hooks = [getattr(hook, "__self__", None) for hook in app.before_request_funcs.get(None, [])]
    found = [hook for hook in hooks if isinstance(hook, SeaSurf)]
    _require(len(found) == 1, f"there must be exactly one SeaSurf, found {len(found)}")
    csrf = found[0]
    _require(isinstance(csrf, Csrf), "the SeaSurf must be Maane's own")
    _require(csrf._csrf_disable is False, "CSRF protection is switched off")
    _require(csrf._type == "exempt", "SeaSurf must protect all but the exempt views")
    _require(csrf._exempt_urls == (), "exempt URLs match by prefix and are not used")
    _require(csrf._skip_validation is None, "no callback may skip the validation")
    _require(csrf._csrf_name == CSRF_KEY, f"the cookie must be {CSRF_KEY}")
    _require(csrf._csrf_header_name == HEADER, f"the header must be {HEADER}")
    _require(csrf._csrf_secure is True, "the cookie must be Secure")
    _require(csrf._csrf_httponly is False, "the page must be able to read the cookie")
    _require(csrf._check_referer is False, "the Referer check trusts its caller and must be off")
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        _require(spec_of(app, rule.endpoint) is not None, f"{rule.rule} declares no access")
        if _location(view) in csrf._exempt_views:
            _require(
                _may_be_exempt(rule.rule, rule.methods or ()), f"{rule.rule} may not be exempt"
            )
        _require("TRACE" not in (rule.methods or ()), f"{rule.rule} answers TRACE")


def _may_be_exempt(rule: str, methods: Iterable[str]) -> bool:
    writes = set(methods) - SAFE_METHODS
    if rule.startswith(EXEMPT_PREFIX):
        return True
    if not writes:
        return rule in EXEMPT_READS
    return all((method, rule) in EXEMPT_WRITES for method in writes)


def _location(view: Any) -> str:
    """A view as SeaSurf names it: by module and function, not by endpoint."""
    return f"{view.__module__}.{view.__name__}"


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise SettingsError(f"Maane does not start unprotected: {sentence}")
