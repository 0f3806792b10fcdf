"""Reads an answer and names the layer that spoke: here the doctor knows the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from maane.ops.doctor.jar import Kept
from maane.ops.doctor.layers import CSRF_ADVICE, GUARD_ADVICE, Fault
from maane.ops.doctor.wire import CSRF_COOKIE, NOT_MAANE_ADVICE, SESSION_COOKIE, Answer

LARGEST_CLOCK_DIFFERENCE_S = 60.0
ROLES = ("admin", "manager", "business")

Clean = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in: what the doctor needs of the contract's ``Me``."""

    role: str
    tenant_id: int | None
    impersonated_id: int | None
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Prompts:
    """The two texts as read, and the version they are."""

    calls: str
    whatsapp: str
    version: int

    def body(self) -> dict[str, str]:
        return {"calls_prompt": self.calls, "whatsapp_prompt": self.whatsapp}


def strange(what: str) -> Fault:
    """An answer that Maane never gives."""
    return Fault("not_maane", f"{what} {NOT_MAANE_ADVICE}")


def refusal(answer: Answer, clean: Clean) -> Fault:
    """The layer behind an answer that is not the wanted one."""
    status, error, reason = answer.status, answer.text("error"), answer.text("reason")
    if status in (502, 503, 504) and error != "unavailable":
        return Fault(
            "unreachable",
            "A proxy answers, and cannot reach Maane behind it: start Maane, or correct the "
            "address the proxy passes requests on to.",
        )
    if not answer.is_maane_error:
        return strange(f"An answer {status} came that is not Maane's JSON.")
    if status == 503:
        return Fault(
            "database",
            f"Maane says 503 unavailable ({clean(reason) or 'no reason'}). Start the database, "
            "check MAANE_DATABASE_URL, and ask GET /readyz what is missing.",
        )
    if status >= 500:
        return Fault(
            "server_error",
            f"Maane answered {status}. Its log says why, beside X-Request-ID "
            f"{request_id(answer, clean)}.",
        )
    if status == 429:
        return _throttled(answer, clean)
    if status == 401:
        return _unauthenticated(answer)
    if status == 403 and error == "csrf":
        return _csrf_refusal(answer, clean)
    if status == 403 and error == "forbidden":
        advice = GUARD_ADVICE.get(reason)
        return (
            Fault("guard", advice)
            if advice
            else strange("The guard refused for a reason outside the contract.")
        )
    words = clean(f"{error} {reason}".strip())
    return strange(f"Maane's contract has no {status} ({words}) here: another version, perhaps.")


def request_id(answer: Answer, clean: Clean) -> str:
    return clean(answer.headers.get("X-Request-ID", "")) or "(none)"


def _throttled(answer: Answer, clean: Clean) -> Fault:
    wait = clean(answer.headers.get("Retry-After", ""))
    return Fault(
        "login",
        "The login is throttled after failures with this account or from this address: wait "
        f"{wait + ' seconds' if wait.isdigit() else 'a minute'} and try again.",
    )


def _unauthenticated(answer: Answer) -> Fault:
    if answer.text("error") == "invalid_credentials":
        return Fault(
            "login",
            "The e-mail or the password is wrong, or the user is disabled. The password is read "
            "from the first line of standard input.",
        )
    if SESSION_COOKIE in answer.sent_cookies:
        return Fault(
            "cookie_not_sent_back",
            f"The doctor sent {SESSION_COOKIE} and the server does not know who it is. Either "
            "something between removes the Cookie header (let it pass unchanged on /api), or "
            "several processes answer that do not share MAANE_DATABASE_URL and MAANE_SECRET_KEY.",
        )
    return Fault("cookie_not_sent_back", f"No {SESSION_COOKIE} went with the request.")


def _csrf_refusal(answer: Answer, clean: Clean) -> Fault:
    reason = answer.text("reason")
    if reason not in CSRF_ADVICE:
        return strange(f"CSRF refused for a reason outside the contract ({clean(reason)}).")
    layer, advice = CSRF_ADVICE[reason]
    if answer.sent_token is None and reason != "cross_origin":
        return strange(f"The login or logout asks for a CSRF token ({reason}) and must be exempt.")
    return Fault(layer, advice)


def require_cookie(
    kept: Kept | None, name: str, stage: str, clean: Clean, *, clock: Fault | None
) -> None:
    """Raises ``Fault`` unless that cookie was set as the contract and browsers want it."""
    if kept is None:
        raise Fault(
            "cookie_not_set",
            f"No Set-Cookie of {name} came. Something between removes Set-Cookie headers, or a "
            "cache answers: let them pass, and never cache /api.",
        )
    cookie, expected = kept.cookie, "None" if stage == "preview" else "Lax"
    if kept.refusal in ("path", "domain") or cookie.path != "/":
        why = clean(kept.why or f"its Path is {cookie.path or 'not given'} and must be /")
        raise Fault(
            "cookie_not_sent_back",
            f"{name} is set, but a browser does not send it with every request: {why}. Look for a "
            "rule of the proxy that rewrites cookies (proxy_cookie_path, proxy_cookie_domain).",
        )
    if kept.refusal == "secure":
        raise Fault(
            "cookie_not_set",
            f"A browser does not keep {name}: {clean(kept.why)}. Use https (a proxy with TLS, or "
            "--tls-cert and --tls-key), or http://localhost on the machine itself.",
        )
    if kept.refusal == "expired" and cookie.is_dated and clock is not None:
        raise clock
    if kept.refusal is not None:
        raise Fault("cookie_not_set", f"A browser does not keep {name}: {clean(kept.why)}.")
    wrong = []
    is_session = name == SESSION_COOKIE
    if cookie.is_http_only != is_session:
        wrong.append("lacks HttpOnly" if is_session else "is HttpOnly, so the page cannot read it")
    if not cookie.is_secure:
        wrong.append("lacks Secure")
    if (cookie.same_site or "none given").lower() != expected.lower():
        given = clean(cookie.same_site or "not given")
        wrong.append(f"has SameSite {given}, not {expected}")
    if stage == "preview" and not cookie.is_partitioned:
        wrong.append("lacks Partitioned, so a browser drops it inside a frame")
    if wrong:
        raise Fault(
            "cookie_not_set",
            f"{name} {', and '.join(wrong)} (stage {stage}). Maane sets it right: look for a rule "
            "of the proxy that rewrites cookies, or a wrong MAANE_STAGE.",
        )


def require_session_cookie(
    answer: Answer, stage: str, clean: Clean, *, clock: Fault | None
) -> None:
    """As ``require_cookie``; and recognizes a session cookie under a weaker name."""
    kept = answer.cookie(SESSION_COOKIE)
    others = [item.cookie.name for item in answer.cookies if item.cookie.name != CSRF_COOKIE]
    if kept is None and "session" in others:
        raise Fault(
            "cookie_not_set",
            f"The session cookie lacks the __Host- prefix: it must be named {SESSION_COOKIE}.",
        )
    require_cookie(kept, SESSION_COOKIE, stage, clean, clock=clock)


def clock_fault(theirs: datetime | None, ours: datetime) -> Fault | None:
    """The fault of clocks too far apart; None when they agree or the server names no time."""
    if theirs is None:
        return None
    seconds = (theirs - ours).total_seconds()
    if abs(seconds) <= LARGEST_CLOCK_DIFFERENCE_S:
        return None
    direction = "ahead of" if seconds > 0 else "behind"
    return Fault(
        "clock",
        f"The server's clock is {abs(seconds):.0f} seconds {direction} this machine's. Sessions, "
        "cookies and impersonations end by the clock: set both by NTP.",
    )


def date_of(answer: Answer) -> datetime | None:
    """The ``Date`` header; None when there is none to read."""
    try:
        at = parsedate_to_datetime(answer.headers.get("Date", ""))
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def read_me(answer: Answer) -> Me:
    """The signed-in user of an answer. Raises ``Fault`` when it is no ``Me``."""
    user = _object(answer.document, "user")
    tenant = (answer.document or {}).get("tenant")
    if user is None or user.get("role") not in ROLES:
        raise strange("The answer does not say who is signed in.")
    impersonation = _object(answer.document, "impersonation")
    business = _object(impersonation, "business")
    return Me(
        role=str(user["role"]),
        tenant_id=_id(tenant),
        impersonated_id=_id(business),
        started_at=_time((impersonation or {}).get("started_at")),
    )


def read_prompts(answer: Answer) -> Prompts:
    """The two prompts of an answer. Raises ``Fault`` when they are not there."""
    document = answer.document or {}
    calls, whatsapp = document.get("calls_prompt"), document.get("whatsapp_prompt")
    version = document.get("version")
    if not (isinstance(calls, str) and isinstance(whatsapp, str) and isinstance(version, int)):
        raise strange("The answer has not the two prompts and their version.")
    return Prompts(calls, whatsapp, version)


def read_first_business(answer: Answer) -> int | None:
    """The id of the first business of a list that may be entered; None for an empty list."""
    items = (answer.document or {}).get("items")
    if not isinstance(items, list):
        raise strange("The answer is no list of businesses.")
    businesses = [(item.get("status"), _id(item)) for item in items if isinstance(item, dict)]
    # A suspended business cannot be entered, so the first active one stands for the first.
    active = [number for status, number in businesses if status == "active" and number is not None]
    return active[0] if active else None


def _object(parent: object, key: str) -> dict[str, Any] | None:
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else None


def _id(value: object) -> int | None:
    number = value.get("id") if isinstance(value, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
