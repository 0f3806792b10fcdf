"""The truth test, step by step, against a Maane somewhere on the network.

The walk stops at the first layer that fails, since what comes after a broken layer only repeats it.
A clock that is off is remembered instead: it is named at the end if nothing else is wrong, or at
once where it is the cause. Prompts are written back as they were read, so no text changes; only a
business whose prompts were never saved gets its first version, of two empty texts.
"""

from __future__ import annotations

from collections.abc import Callable

from maane.ops.doctor.expect import Expected, Judge
from maane.ops.doctor.jar import Kept
from maane.ops.doctor.judge import (
    Me,
    Prompts,
    read_first_business,
    read_me,
    read_prompts,
    request_id,
)
from maane.ops.doctor.layers import Fault, Outcome, Step
from maane.ops.doctor.origins import FOREIGN_ORIGIN, explain_refused_origin, likely_origins
from maane.ops.doctor.wire import CSRF_COOKIE, CSRF_HEADER, Answer, Wire, short

PROMPT = "/api/business/current/prompt"
STOP = "/api/admin/impersonate/stop"
LOGIN, LOGOUT = "/api/auth/login", "/api/auth/logout"


class Walk:
    """One run. ``out`` gets each step's line as soon as it is known."""

    def __init__(self, wire: Wire, email: str, password: str, out: Callable[[str], None]) -> None:
        self.steps: list[Step] = []
        self._wire = wire
        self._credentials = {"email": email, "password": password}
        self._out = out
        self._expected = Expected(wire)
        self._may_be_signed_in = False
        self._may_be_impersonating = False

    def run(self) -> None:
        """Every step in order. Raises ``Fault`` at the layer that fails."""
        try:
            self._reach()
            self._log_in()
            self._fetch_token()
            me = self._ask_who_am_i()
            self._write(me)
            self._log_out()
        except Fault as fault:
            if fault.layer == "database":
                self._ask_what_is_missing()
            clock = self._expected.clock
            if clock is not None and fault.layer != clock.layer:
                fault.advice += f" Beside that: {clock.advice}"
            raise
        if self._expected.clock is not None:
            self._record("compare the clocks", "", "more than 60 seconds apart", "fail")
            raise self._expected.clock

    def leave(self) -> None:
        """Ends what may still be there: the impersonation, then the session. Never a ``Fault``.

        It sends every cookie the server ever set, also those that a browser would drop: the
        sessions behind them exist all the same.
        """
        try:
            if self._may_be_impersonating:
                self._tidy("stop impersonating", STOP)
        finally:
            if self._may_be_signed_in:
                self._tidy("log out", LOGOUT)
            self._may_be_impersonating = self._may_be_signed_in = False

    def _reach(self) -> None:
        self._step("reach the server", "GET", "/version", self._expected.version)
        self._step("health", "GET", "/healthz", self._expected.health)

    def _log_in(self) -> None:
        def judged(answer: Answer) -> str:
            # From here on there is a session to end, whatever is wrong with its cookie.
            self._may_be_signed_in = self._may_be_signed_in or answer.status == 200
            return self._expected.login(answer)

        shown = "with e-mail and password"
        self._step("log in", "POST", LOGIN, judged, body=self._credentials, shown=shown)

    def _fetch_token(self) -> None:
        self._step("fetch the token", "GET", "/api/auth/csrf", self._expected.token_document)

    def _ask_who_am_i(self) -> Me:
        answer = self._step("come back as the same", "GET", "/api/auth/me", self._expected.me)
        return read_me(answer)

    def _write(self, me: Me) -> None:
        """Prompts and impersonation, in the order that this user needs."""
        if me.role == "business":
            self._work_on_prompts()
            self._skip("impersonate a business", "role business impersonates nobody, as it should")
            self._skip("stop impersonating", "nothing was started")
            self._preflight("/api/admin/businesses/1/impersonate", "POST")
        elif me.tenant_id is not None:
            self._work_on_prompts()
            self._start_impersonating(me)
            self._stop_impersonating()
        else:
            # Without a home business the prompts of a business can only be reached from inside it.
            self._start_impersonating(me)
            self._work_on_prompts()
            self._stop_impersonating()

    def _work_on_prompts(self) -> None:
        prompts = self._read_prompts("read the prompts")
        self._save("save the same prompts", prompts, self._expected.saved(prompts))
        self._preflight(PROMPT, "PUT")
        self._save(
            "save without the token",
            prompts,
            self._expected.refusal_without_token,
            has_token=False,
        )
        self._save(
            "save from a foreign origin",
            prompts,
            self._expected.refusal_of_foreign_origin,
            origin=FOREIGN_ORIGIN,
        )
        # Read again just before the write that passes, so that nobody's edit in between is undone.
        prompts = self._read_prompts("read the prompts again")
        try:
            self._save(
                "save from its own origin",
                prompts,
                self._expected.saved(prompts),
                origin=self._wire.origin,
            )
        except Fault as fault:
            if fault.layer != "origin_refused":
                raise
            raise self._find_expected_origin(prompts) from None

    def _read_prompts(self, name: str) -> Prompts:
        return read_prompts(self._step(name, "GET", PROMPT, self._expected.prompts))

    def _save(
        self,
        name: str,
        prompts: Prompts,
        judged_by: Judge,
        *,
        has_token: bool = True,
        origin: str | None = None,
        outcome: Outcome = "fail",
    ) -> Answer:
        headers = {"Origin": origin} if origin else {}
        if has_token:
            headers[CSRF_HEADER] = self._expected.token
        return self._step(
            name,
            "PUT",
            PROMPT,
            judged_by,
            body=prompts.body(),
            headers=headers,
            shown=f"{len(prompts.calls)} + {len(prompts.whatsapp)} characters",
            fails_as=outcome,
        )

    def _find_expected_origin(self, prompts: Prompts) -> Fault:
        """Its own origin was refused: tries the likely others, to name what is expected."""
        sends_hsts = False
        for origin in likely_origins(self._wire.origin):
            try:
                answer = self._save(
                    f"try the origin {origin}",
                    prompts,
                    self._expected.anything,
                    origin=origin,
                    outcome="note",
                )
            except Fault:
                continue
            sends_hsts = sends_hsts or "Strict-Transport-Security" in answer.headers
            if answer.status == 200:
                return explain_refused_origin(self._wire.origin, origin, sends_hsts=sends_hsts)
        return explain_refused_origin(self._wire.origin, None, sends_hsts=sends_hsts)

    def _start_impersonating(self, me: Me) -> None:
        answer = self._step(
            "list the businesses",
            "GET",
            "/api/admin/businesses?limit=50",
            self._expected.businesses,
        )
        business = read_first_business(answer) or me.tenant_id
        if business is None:
            self._record("impersonate a business", "", "there is no business to enter", "fail")
            raise Fault(
                "guard",
                "reason no_tenant: this user has no business to enter. Create one (maane business "
                "create --name NAME), or assign one to the manager, and run the doctor again.",
            )
        path = f"/api/admin/businesses/{business}/impersonate"
        self._preflight(path, "POST")
        # Set before the request: an answer that gets lost may still have started it.
        self._may_be_impersonating = True
        self._step(
            "impersonate a business",
            "POST",
            path,
            lambda answer: self._expected.impersonated(answer, business),
            headers={CSRF_HEADER: self._expected.token},
        )

    def _stop_impersonating(self) -> None:
        self._step(
            "stop impersonating",
            "POST",
            STOP,
            self._expected.stopped,
            headers={CSRF_HEADER: self._expected.token},
        )
        self._may_be_impersonating = False

    def _preflight(self, path: str, method: str) -> None:
        # A preflight comes from elsewhere by its nature, and bears no token.
        headers = {"Origin": FOREIGN_ORIGIN, "Access-Control-Request-Method": method}
        judged = self._expected.preflight
        self._step(f"preflight of {method}", "OPTIONS", path, judged, headers=headers)

    def _log_out(self) -> None:
        self._step("log out", "POST", LOGOUT, self._expected.signed_out)
        self._may_be_signed_in = False

    def _ask_what_is_missing(self) -> None:
        try:
            self._step(
                "what is missing", "GET", "/readyz", self._expected.readiness, fails_as="note"
            )
        except Fault:
            return

    def _step(
        self,
        name: str,
        method: str,
        path: str,
        judged_by: Judge,
        *,
        body: object = None,
        headers: dict[str, str] | None = None,
        shown: str = "",
        fails_as: Outcome = "fail",
    ) -> Answer:
        """Sends, judges, and prints the line either way. Raises the ``Fault`` of the judge."""
        wire = self._wire
        given = dict(headers or {})
        if method in ("POST", "PUT"):
            given["Content-Type"] = "application/json"
        # A preflight bears no cookies, in any browser.
        cookies = [] if method == "OPTIONS" else wire.jar.for_request(wire.url(path))
        extra = [shown, wire.describe(cookies, given)]
        sent = "; ".join(part for part in [f"{method} {path}", *extra] if part)
        passes_as: Outcome = "note" if fails_as == "note" else "pass"
        try:
            answer = wire.send(method, path, body=body, headers=given, cookies=cookies)
        except Fault as fault:
            self._record(name, sent, fault.seen or "no answer", fails_as)
            raise
        try:
            words = judged_by(answer)
        except Fault:
            self._record(name, sent, self._describe(answer), fails_as)
            raise
        self._record(name, sent, self._describe(answer, words), passes_as)
        return answer

    def _tidy(self, name: str, path: str) -> None:
        wire = self._wire
        cookies = wire.jar.everything_seen()
        token = next(
            (item.value for item in cookies if item.name == CSRF_COOKIE), self._expected.token
        )
        headers = {CSRF_HEADER: token, "Content-Type": "application/json"} if token else {}
        sent = f"POST {path}; {wire.describe(cookies, headers)}"
        try:
            answer = wire.send("POST", path, headers=headers, cookies=cookies)
            received = self._describe(answer)
        except Fault as fault:
            received = fault.seen or "no answer"
        self._record(f"{name}, to leave nothing behind", sent, received, "note")

    def _skip(self, name: str, why: str) -> None:
        self._record(name, "", f"skipped: {why}", "skip")

    def _record(self, name: str, sent: str, received: str, outcome: Outcome) -> None:
        step = Step(name, sent, received, outcome)
        self.steps.append(step)
        self._out(step.line())

    def _describe(self, answer: Answer, words: str = "") -> str:
        clean = self._wire.clean
        parts = [f"{answer.status} in {answer.elapsed_ms:.0f} ms", words]
        if answer.is_maane_error:
            refused = [answer.text("error"), answer.text("reason")]
            parts.append(clean(" ".join(word for word in refused if word)))
            parts.append(f"X-Request-ID {request_id(answer, clean)}")
        elif not words and not answer.is_json and answer.status != 204:
            parts.append(f"not JSON ({clean(answer.headers.get('Content-Type', 'no type'))})")
        parts += [self._describe_cookie(kept) for kept in answer.cookies]
        return "; ".join(part for part in parts if part)

    def _describe_cookie(self, kept: Kept) -> str:
        cookie, clean = kept.cookie, self._wire.clean
        fate = "" if kept.refusal is None else f", not kept: {kept.why}"
        name, rest = clean(cookie.name), clean(cookie.attributes() + fate, 200)
        return f"Set-Cookie {name}={short(cookie.value)} ({rest})"
