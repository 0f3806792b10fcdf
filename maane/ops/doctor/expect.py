"""What each answer must be. A judge says in a few words what it holds, or raises the ``Fault``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from maane.ops.doctor import judge
from maane.ops.doctor.judge import Prompts
from maane.ops.doctor.layers import CSRF_ADVICE, Fault
from maane.ops.doctor.wire import CSRF_COOKIE, Answer, Wire, short

Judge = Callable[[Answer], str]

# Looser than the 64 hex digits of today's tokens, but nothing that a header cannot carry.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")


@dataclass
class Expected:
    """The judges, and what they learn on the way: the stage, the token, the clock's difference."""

    wire: Wire
    stage: str = "deploy"
    token: str = ""
    clock: Fault | None = None

    def version(self, answer: Answer) -> str:
        self._require(answer)
        version, stage = answer.text("version"), answer.text("stage")
        if not version or stage not in ("deploy", "preview"):
            raise judge.strange("GET /version does not answer as Maane does.")
        self.stage = stage
        theirs = judge.date_of(answer)
        self.clock = judge.clock_fault(theirs, answer.at)
        clock = "no Date header"
        if theirs is not None:
            clock = f"clock {(theirs - answer.at).total_seconds():+.0f} s"
        return f"Maane {self.wire.clean(version)}, stage {stage}, {clock}"

    def health(self, answer: Answer) -> str:
        self._require(answer)
        if answer.text("status") != "ok":
            raise judge.strange("GET /healthz does not answer as Maane does.")
        return "ok"

    def login(self, answer: Answer) -> str:
        if answer.status in (400, 422) and answer.is_maane_error:
            raise Fault("login", "The server does not take this e-mail and password as such.")
        self._require(answer)
        words = self.me(answer)
        judge.require_session_cookie(answer, self.stage, self.wire.clean, clock=self.clock)
        return words

    def me(self, answer: Answer) -> str:
        self._require(answer)
        me = judge.read_me(answer)
        business = "no business" if me.tenant_id is None else f"business {me.tenant_id}"
        return f"role {me.role}, {business}"

    def token_document(self, answer: Answer) -> str:
        self._require(answer)
        token, wire = answer.text("csrfToken"), self.wire
        if not _TOKEN.fullmatch(token):
            raise judge.strange("GET /api/auth/csrf answers without a csrfToken to send.")
        wire.secrets.add(token)
        kept = answer.cookie(CSRF_COOKIE)
        judge.require_cookie(kept, CSRF_COOKIE, self.stage, wire.clean, clock=self.clock)
        if kept is not None and kept.cookie.value != token:
            raise Fault(
                "token_mismatch",
                f"The body says {short(token)} and the cookie {short(kept.cookie.value)}. A cache "
                "answers GET /api/auth/csrf with somebody else's token, or something rewrites "
                "cookies: never cache /api.",
            )
        if len(wire.jar.named(CSRF_COOKIE)) > 1:
            raise Fault(
                "token_mismatch",
                f"There are several {CSRF_COOKIE} cookies with other paths or domains, and the "
                "page cannot tell which is right. Let only Maane set a cookie of that name.",
            )
        self.token = token
        return f"token {short(token)}, the same in body and cookie"

    def prompts(self, answer: Answer) -> str:
        self._require(answer)
        return f"version {judge.read_prompts(answer).version}"

    def saved(self, prompts: Prompts) -> Judge:
        """The judge of a save of exactly these texts, which must change nothing."""

        def judged(answer: Answer) -> str:
            self._require(answer)
            saved = judge.read_prompts(answer)
            if saved.body() != prompts.body():
                raise judge.strange("The answer to the save has other texts than were sent.")
            if saved.version == prompts.version:
                return f"version {saved.version}, unchanged"
            if prompts.version == 0:
                return f"version {saved.version}, the first of this business, of the same texts"
            return (
                f"version {prompts.version} became {saved.version}, though the texts are the same: "
                "did somebody else save at this moment?"
            )

        return judged

    def refusal_without_token(self, answer: Answer) -> str:
        if answer.status < 300:
            raise Fault(
                "csrf_off",
                "A write without X-CSRFToken passed, so any page on the web could write as its "
                "visitors. Do not use this server: it does not check tokens (CSRF_DISABLE, TESTING "
                "or an exemption), or something before it adds the header to every request.",
            )
        error, reason = answer.text("error"), answer.text("reason")
        if answer.status == 403 and error == "forbidden":
            raise Fault(
                "guard",
                "The guard refused a write without a token before CSRF did, and so hides the cause "
                "of refusals. The order must be OPTIONS, cross-origin headers, CSRF, guard.",
            )
        if answer.status == 403 and error == "csrf":
            if reason != "header_missing" and reason in CSRF_ADVICE:
                raise Fault(*CSRF_ADVICE[reason])
            if reason == "header_missing":
                return "refused, as it should be"
        raise judge.refusal(answer, self.wire.clean)

    def refusal_of_foreign_origin(self, answer: Answer) -> str:
        if answer.status < 300:
            raise Fault(
                "csrf_off",
                "A write with a foreign Origin passed. Either the check of cross-origin headers is "
                "off, or something before Maane removes or rewrites Origin: let it pass unchanged.",
            )
        is_csrf = answer.status == 403 and answer.text("error") == "csrf"
        if is_csrf and answer.text("reason") == "cross_origin":
            return "refused, as it should be"
        raise judge.refusal(answer, self.wire.clean)

    def businesses(self, answer: Answer) -> str:
        self._require(answer)
        first = judge.read_first_business(answer)
        return "none to enter" if first is None else f"the first to enter is {first}"

    def impersonated(self, answer: Answer, business: int) -> str:
        self._require(answer)
        me = judge.read_me(answer)
        if me.impersonated_id != business:
            raise judge.strange("The answer does not say that the business was entered.")
        # The program's own clock, where Date may be a proxy's.
        self.clock = self.clock or judge.clock_fault(me.started_at, answer.at)
        return f"acting on business {business}, still role {me.role}"

    def stopped(self, answer: Answer) -> str:
        words = self.me(answer)
        if judge.read_me(answer).impersonated_id is not None:
            raise judge.strange("The impersonation goes on after it was stopped.")
        return words

    def preflight(self, answer: Answer) -> str:
        if answer.status == 204:
            return "open, as it should be"
        if answer.status in (401, 403) and answer.is_maane_error:
            raise Fault(
                "guard",
                f"OPTIONS was refused ({self.wire.clean(answer.text('error'))}): CSRF or the guard "
                "caught a preflight. OPTIONS must be answered 204 before either of them.",
            )
        if answer.status >= 500 or answer.is_maane_error:
            raise judge.refusal(answer, self.wire.clean)
        raise judge.strange(
            f"OPTIONS came back {answer.status} and not 204: something answers it in Maane's place."
        )

    def signed_out(self, answer: Answer) -> str:
        self._require(answer)
        if (answer.document or {}).get("signed_out") is not True:
            raise judge.strange("The logout is not confirmed.")
        return "signed out"

    def readiness(self, answer: Answer) -> str:
        missing = (answer.document or {}).get("missing")
        return f"missing: {self.wire.clean(str(missing))}"

    def anything(self, answer: Answer) -> str:
        """For what is only tried, to look for a cause."""
        return "accepted" if answer.status == 200 else "refused"

    def _require(self, answer: Answer) -> None:
        if answer.status != 200:
            raise judge.refusal(answer, self.wire.clean)
