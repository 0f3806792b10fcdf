"""Log in, log out, list and revoke sessions, create users."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from maane.auth import store
from maane.auth.models import ROLES, LoginSession, User
from maane.auth.passwords import hash_password, verify_password
from maane.auth.sessions import LIFETIME, hash_token, new_cookie
from maane.kit.db import Database, now
from maane.kit.errors import (
    Conflict,
    Invalid,
    InvalidCredentials,
    NotFound,
    Throttled,
    Unauthenticated,
)

FREE_FAILURES_PER_ACCOUNT = 5
FREE_FAILURES_PER_ADDRESS = 50
LONGEST_WAIT_S = 60
FORGET_FAILURES_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Browser:
    """What a login remembers of where it came from, for the user's own list of sessions."""

    user_agent: str
    address: str


def authenticate(database: Database, email: str, password: str, browser: Browser) -> int:
    """The id of the user whose password this is.

    The failure is counted before the password is looked at and taken back when it was right, so
    parallel guesses cannot outrun the count. Waits grow to a minute and never lock an account.
    Raises ``Throttled`` with ``retry_after`` seconds, or ``InvalidCredentials``, which does not
    tell an unknown address from a wrong password.
    """
    email = normal_email(email)
    keys = {
        f"account:{_digest(email)}": FREE_FAILURES_PER_ACCOUNT,
        f"address:{_digest(browser.address)}": FREE_FAILURES_PER_ADDRESS,
    }
    with database.transaction() as tx:
        wait = max(_seconds_to_wait(tx, key, free) for key, free in keys.items())
        if wait > 0:
            raise Throttled(retry_after=wait)
        at = now()
        for key in sorted(keys):
            store.count_failure(tx, key, at, at - FORGET_FAILURES_AFTER)
        user = store.find_user(tx, email)
    is_right = verify_password(user.password_hash if user is not None else None, password)
    if user is None or not is_right or user.disabled_at is not None:
        raise InvalidCredentials
    with database.transaction() as tx:
        store.forget_failures(tx, sorted(keys))
    return user.id


def _seconds_to_wait(tx: Session, key: str, free: int) -> int:
    throttle = store.find_throttle(tx, key)
    if throttle is None or throttle.failures < free:
        return 0
    delay = min(2 ** (throttle.failures - free), LONGEST_WAIT_S)
    return max(
        0, round((throttle.last_failed_at + timedelta(seconds=delay) - now()).total_seconds())
    )


def open_session(tx: Session, user_id: int, csrf_token: str, browser: Browser) -> str:
    """A new session. Returns the cookie's value, which is stored nowhere. Old ones are swept."""
    at = now()
    cookie = new_cookie()
    store.delete_expired(tx, at)
    store.add_session(
        tx,
        LoginSession(
            token_hash=hash_token(cookie),
            user_id=user_id,
            csrf_token=csrf_token,
            user_agent=browser.user_agent[:200],
            remote_address=browser.address,
            created_at=at,
            expires_at=at + LIFETIME,
        ),
    )
    return cookie


def rotate(tx: Session, session_id: int, **values: object) -> str:
    """Gives a session a new identifier, with the change that called for it, in one statement.

    Returns the new cookie. Raises ``Unauthenticated`` when the session ended in the meantime.
    """
    cookie = new_cookie()
    if not store.rotate_session(tx, session_id, {"token_hash": hash_token(cookie), **values}):
        raise Unauthenticated
    return cookie


def end_session(tx: Session, session_id: int, user_id: int) -> None:
    """Ends one session of a user. Raises ``NotFound`` for one that is not theirs."""
    if not store.delete_session(tx, session_id, user_id):
        raise NotFound


def end_session_if_live(tx: Session, session_id: int, user_id: int) -> None:
    """Ends a session that may have ended already."""
    store.delete_session(tx, session_id, user_id)


def list_sessions(tx: Session, user_id: int) -> Sequence[LoginSession]:
    """The live sessions of a user, newest first."""
    return store.list_sessions(tx, user_id, now())


def names_of(tx: Session, user_ids: Collection[int]) -> dict[int, str]:
    """The names of these users, by their ids."""
    if not user_ids:
        return {}
    return {user.id: user.name for user in store.find_users(tx, user_ids)}


def list_users_of(tx: Session, business_id: int) -> Sequence[User]:
    """Those who are at home in a business and can sign in, by name; at most 200."""
    return store.list_users_of(tx, business_id, limit=200)


def create_user(
    tx: Session, *, email: str, name: str, role: str, password: str, tenant_id: int | None
) -> User:
    """A new user. Raises ``Invalid`` for a wrong field and ``Conflict`` for an address in use."""
    email = normal_email(email)
    if role not in ROLES:
        raise Invalid.field("role", "enum", f"takes one of {', '.join(ROLES)}")
    if "@" not in email or len(email) > 320:
        raise Invalid.field("email", "email", "is not an e-mail address")
    if role == "business" and tenant_id is None:
        raise Invalid.field("business", "missing", "a business user needs a business")
    user = User(
        email=email,
        name=name or email.split("@", 1)[0],
        password_hash=hash_password(password),
        role=role,
        tenant_id=tenant_id,
        created_at=now(),
    )
    tx.add(user)
    try:
        tx.flush()
    except IntegrityError as error:
        if "email" in str(error.orig):
            raise Conflict("email_taken") from None
        raise Invalid.field("business", "unknown", "there is no such business") from None
    return user


def generate_password() -> str:
    return secrets.token_urlsafe(12)


def normal_email(email: str) -> str:
    """One spelling per address: trimmed and in lower case."""
    return email.strip().lower()


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:32]
