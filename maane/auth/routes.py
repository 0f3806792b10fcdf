"""``/api/auth``: the token, login, logout, who am I, my sessions."""

from __future__ import annotations

from flask import current_app, request

from maane.auth import contract, operations
from maane.auth.csrf import csrf_of
from maane.auth.sessions import Snapshot, current_session, current_sessions
from maane.kit.db import Transaction
from maane.kit.endpoint import SIGNED_IN, Routes, database, public, tx
from maane.kit.errors import Unauthenticated
from maane.kit.http import request_id

routes = Routes("auth", __name__, url_prefix="/api/auth")


@routes.declare(
    "GET",
    "/csrf",
    access=public("the page needs a token before it can say who it is"),
    returns=contract.CsrfToken,
    transaction=None,
    sets_csrf_cookie=True,
)
def issue_csrf_token() -> contract.CsrfToken:
    """The caller's CSRF token, and the cookie with the same value."""
    return contract.CsrfToken(csrfToken=csrf_of(current_app).token())


@routes.declare(
    "POST",
    "/login",
    access=public("nobody is signed in yet"),
    csrf_exempt="there is no session to hold a token yet; the origin check covers it",
    body=contract.Credentials,
    returns=contract.Me,
    transaction=None,
    sets_csrf_cookie=True,
)
def log_in(body: contract.Credentials) -> contract.Me:
    """Signs in: a new session, a new token."""
    browser = _browser()
    user_id = operations.authenticate(database(), body.email, body.password, browser)
    session = current_session()
    # A session that this browser had before ends here, so that login always rotates.
    previous = session.snapshot
    session.leave()
    csrf_of(current_app).generate_new_token()
    with database().transaction() as transaction:
        if previous is not None:
            _end(transaction, previous)
        cookie = operations.open_session(transaction, user_id, session["XSRF-TOKEN"], browser)
    return contract.me_of(continue_as(cookie))


@routes.declare(
    "POST",
    "/logout",
    access=public("ending a session must always work"),
    csrf_exempt="it only ever ends the caller's own session; the origin check covers it",
    returns=contract.SignedOut,
    sets_csrf_cookie=True,
)
def log_out() -> contract.SignedOut:
    """Ends the session on the server; 200 also when there was none."""
    session = current_session()
    if session.snapshot is not None:
        _end(tx(), session.snapshot)
    session.leave()
    csrf_of(current_app).generate_new_token()
    return contract.SignedOut()


@routes.declare("GET", "/me", access=SIGNED_IN, returns=contract.Me, transaction=None)
def who_am_i() -> contract.Me:
    """The user, the business acted on, and the impersonation if there is one."""
    return contract.me_of(signed_in())


@routes.declare("GET", "/sessions", access=SIGNED_IN, returns=contract.SessionList)
def list_sessions() -> contract.SessionList:
    """The caller's own live sessions, newest first."""
    me = signed_in()
    return contract.SessionList(
        items=[
            contract.SessionItem(
                id=row.id,
                created_at=row.created_at,
                expires_at=row.expires_at,
                user_agent=row.user_agent,
                remote_address=row.remote_address,
                is_current=row.id == me.session_id,
            )
            for row in operations.list_sessions(tx(), me.user_id)
        ]
    )


@routes.declare("DELETE", "/sessions/<id:session_id>", access=SIGNED_IN, returns=contract.Revoked)
def revoke_session(session_id: int) -> contract.Revoked:
    """Ends one of the caller's own sessions."""
    operations.end_session(tx(), session_id, signed_in().user_id)
    return contract.Revoked(id=session_id)


def signed_in() -> Snapshot:
    """The session of a request that passed the guard."""
    snapshot = current_session().snapshot
    if snapshot is None:
        raise Unauthenticated
    return snapshot


def continue_as(cookie: str) -> Snapshot:
    """Gives this browser the session that a committed transaction made, and reads it back."""
    snapshot = current_sessions().find(cookie)
    if snapshot is None:
        raise Unauthenticated
    current_session().adopt(snapshot, cookie)
    return snapshot


def _end(transaction: Transaction, session: Snapshot) -> None:
    current_sessions().farewell(transaction, session, request_id())
    operations.end_session_if_live(transaction, session.session_id, session.user_id)


def _browser() -> operations.Browser:
    return operations.Browser(
        user_agent=request.headers.get("User-Agent", ""), address=request.remote_addr or ""
    )
