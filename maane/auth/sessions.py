"""Server-side sessions behind Flask's ``session``: revocable, rotating, listed per user.

One row a signed-in browser, read with one query the first time a request touches ``session`` and
never written by a read. Before login there is no row: the cookie then only carries a signed CSRF
token, so a crawler cannot fill the table. An identifier that the server did not issue is never
adopted. Why not Flask-Session: ``docs/decisions/0003-sessions.md``.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from flask import Flask, Request, Response, current_app, session
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadData, URLSafeTimedSerializer

from maane.kit.db import Database, Transaction, now
from maane.kit.prepared import Prepared
from maane.settings import Settings

COOKIE = "__Host-session"
LIFETIME = timedelta(days=14)
CSRF_KEY = "XSRF-TOKEN"

_SIGNED_IN, _ANONYMOUS = "s.", "a."


@dataclass(frozen=True, slots=True)
class Home:
    """What a session says of a business: enough for a page's frame and for the guard."""

    id: int
    name: str
    language: str
    timezone: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Impersonation:
    """The business entered, and until when. ``is_active`` is judged when the session is read."""

    business: Home
    started_at: datetime
    expires_at: datetime
    reason: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session and its user as they are in the database at this request."""

    session_id: int
    csrf_token: str
    user_id: int
    email: str
    name: str
    role: str
    tenant_id: int | None
    home: Home | None
    impersonation: Impersonation | None
    assigned: frozenset[int]


@dataclass(frozen=True, slots=True)
class SnapshotQuery:
    """The one query of a request. It also reads businesses, so ``tenancy`` writes it.

    ``statement`` takes ``token_hash`` and ``now``; ``read`` turns its row into a ``Snapshot``.
    """

    statement: Prepared
    read: Callable[[tuple[Any, ...]], Snapshot]


class ServerSession(SessionMixin):
    """``session``: loads on first use. Its keys are ``user``, ``impersonating``,
    ``impersonated_tenant_id`` and SeaSurf's token; other keys are refused: nothing keeps them."""

    def __init__(self, load: Callable[[], tuple[Snapshot | None, str | None]]) -> None:
        self._load = load
        self._loaded = False
        self._snapshot: Snapshot | None = None
        self._token: str | None = None
        self.cookie: str | None = None
        """The value of the cookie to set with this response: a new identifier."""
        self.is_anonymous_token_new = False
        self.modified = False
        # Flask sets this one itself, whenever anybody looks at ``session``.
        self.accessed = False

    @property
    def snapshot(self) -> Snapshot | None:
        if not self._loaded:
            self._loaded = True
            self._snapshot, self._token = self._load()
        return self._snapshot

    def __getitem__(self, key: str) -> Any:
        # SeaSurf asks for its token twice in a request; it need not pay for the whole dictionary.
        if key == CSRF_KEY and self.snapshot is not None:
            return self.snapshot.csrf_token
        return self._data()[key]

    def _data(self) -> dict[str, Any]:
        snapshot = self.snapshot
        data: dict[str, Any] = {}
        if snapshot is None:
            if self._token is not None:
                data[CSRF_KEY] = self._token
            return data
        data["user"] = {
            "id": snapshot.user_id,
            "email": snapshot.email,
            "name": snapshot.name,
            "role": snapshot.role,
            "tenant_id": snapshot.tenant_id,
        }
        data["impersonating"] = snapshot.impersonation is not None
        if snapshot.impersonation is not None:
            data["impersonated_tenant_id"] = snapshot.impersonation.business.id
        data[CSRF_KEY] = snapshot.csrf_token
        return data

    def adopt(self, snapshot: Snapshot, cookie: str) -> None:
        """This browser is now ``snapshot``; the answer carries the new identifier."""
        self._loaded, self._snapshot, self._token = True, snapshot, None
        self.cookie, self.modified = cookie, True
        self.is_anonymous_token_new = False

    def leave(self) -> None:
        """This browser is nobody again; SeaSurf gives it a new token right after."""
        self._loaded, self._snapshot, self._token = True, None, None
        self.cookie, self.modified = None, True

    def __iter__(self) -> Iterator[str]:
        return iter(self._data())

    def __len__(self) -> int:
        return len(self._data())

    def __setitem__(self, key: str, value: Any) -> None:
        if key != CSRF_KEY:
            self._refuse(key)
        if self.snapshot is not None:
            if value != self.snapshot.csrf_token:
                raise TypeError("a signed-in session's token changes at login and logout only")
            return
        self._token, self.modified, self.is_anonymous_token_new = value, True, True

    def __delitem__(self, key: str) -> None:
        self._refuse(key)

    @property
    def anonymous_token(self) -> str | None:
        return self._token

    @staticmethod
    def _refuse(key: str) -> NoReturn:
        raise TypeError(f"session[{key!r}] is decided by the server's row, not set by hand")


class ServerSessions(SessionInterface):
    """Opens and saves sessions. ``query`` is the look-up that ``tenancy`` wrote."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        query: SnapshotQuery,
        farewell: Callable[[Transaction, Snapshot, str], None],
    ) -> None:
        self._database = database
        self.farewell = farewell
        """Called in the transaction that ends a session, for whoever has something to record."""
        self._query = query
        self._signer = URLSafeTimedSerializer(settings.secret("anonymous"), salt="csrf")
        self._is_preview = settings.stage == "preview"

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        return ServerSession(lambda: self._load(request.cookies.get(COOKIE, "")))

    def _load(self, cookie: str) -> tuple[Snapshot | None, str | None]:
        if cookie.startswith(_SIGNED_IN):
            return self.find(cookie), None
        if cookie.startswith(_ANONYMOUS):
            try:
                token = self._signer.loads(
                    cookie.removeprefix(_ANONYMOUS), max_age=int(LIFETIME.total_seconds())
                )
            except BadData:
                return None, None
            return None, token if isinstance(token, str) else None
        return None, None

    def find(self, cookie: str) -> Snapshot | None:
        """The live session of a cookie's value, or None."""
        row = self._database.fetch_one(
            self._query.statement, {"token_hash": hash_token(cookie), "now": now()}
        )
        return None if row is None else self._query.read(row)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, ServerSession) or not session.accessed:
            return
        response.vary.add("Cookie")
        if session.cookie is not None:
            self._set_cookie(response, session.cookie)
        elif session.is_anonymous_token_new and session.anonymous_token is not None:
            signed = self._signer.dumps(session.anonymous_token)
            self._set_cookie(response, _ANONYMOUS + (signed if isinstance(signed, str) else ""))

    def _set_cookie(self, response: Response, value: str) -> None:
        response.set_cookie(
            COOKIE,
            value,
            max_age=LIFETIME,
            path="/",
            secure=True,
            httponly=True,
            samesite="None" if self._is_preview else "Lax",
            partitioned=self._is_preview,
        )


def new_cookie() -> str:
    """A fresh identifier of 256 bits, for the browser only."""
    return _SIGNED_IN + secrets.token_urlsafe(32)


def hash_token(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()


def current_sessions() -> ServerSessions:
    """The interface behind Flask's ``session``, by its real type."""
    value: ServerSessions = current_app.session_interface  # type: ignore[assignment]
    return value


def current_session() -> ServerSession:
    """Flask's ``session``, by its real type."""
    value: ServerSession = session._get_current_object()  # type: ignore[attr-defined]
    return value
