"""Many requests arrive, and one runs at a time.

A thread belongs to a request from its first byte, so that somebody who sends slowly holds a thread and
nothing else: the body is read whole before the request takes its turn. Without turns the threads of a
process contend for Python's interpreter, since a driver gives it away at each call; that cost a third
of all saves on SQLite (``docs/performance.md``). Turns are for speed alone: who waited ``PATIENCE_S``
behind something slow goes on beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BytesIO
from threading import RLock, local
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Meta delivers up to a thousand events at once, in at most 3 MB."""
MAX_DRAIN_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
PATIENCE_S = 0.25
"""Far above what a busy process makes a request wait: once the queue outlasts this, all run at once,
which is slower, which keeps the queue long."""


TURN = "maane.turn"
"""The key of the request's turn in its environ."""


class Turn:
    """What one request at a time has. Taken twice by a thread whose request calls the webhook from within
    (the simulator): a thread does not wait for itself."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._mine = local()

    def take(self) -> None:
        """Goes on without it where it was not had within ``PATIENCE_S``."""
        if self._lock.acquire(timeout=PATIENCE_S):
            self._mine.depth = self.depth + 1

    def leave(self) -> None:
        """Gives it back where this thread has it."""
        if self.depth:
            self._mine.depth = self.depth - 1
            self._lock.release()

    @property
    def depth(self) -> int:
        """How often this thread has taken it."""
        return getattr(self._mine, "depth", 0)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Inside, others run. After it this thread goes on in its turn, or without one as above."""
        depth = self.depth
        for _ in range(depth):
            self.leave()
        try:
            yield
        finally:
            for _ in range(depth):
                self.take()


def resting(environ: WSGIEnvironment) -> AbstractContextManager[None]:
    """For a request that waits for something outside: inside, others run in its turn. It must hold no
    transaction then."""
    turn: Turn | None = environ.get(TURN)
    return nullcontext() if turn is None else turn.resting()


class Turns:
    """WSGI: reads bodies at once, gives requests their turns, and drains what nobody read.

    A server that answers before the body is in must close the connection, and a client or proxy that
    sends its next request there sees a broken connection instead of the reason. Above
    ``MAX_DRAIN_BYTES`` the connection is closed all the same, and says so.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._turn = Turn()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        stream: IO[bytes] = environ["wsgi.input"]
        length = _content_length(environ)
        is_chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if length > MAX_DRAIN_BYTES:
            start_response = _closing(environ, start_response)
        elif length <= MAX_BODY_BYTES and (length or is_chunked):
            body = _read(stream, length or MAX_BODY_BYTES + 1)
            environ["wsgi.input"] = BytesIO(body)
            # What was cut off must be refused for its length, by every route.
            is_whole = len(body) <= MAX_BODY_BYTES
            environ["CONTENT_LENGTH"] = str(len(body) if is_whole else MAX_DRAIN_BYTES)
            environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ[TURN] = self._turn
        had = self._turn.depth
        self._turn.take()
        try:
            answer = self._app(environ, start_response)
        finally:
            if self._turn.depth > had:
                self._turn.leave()
        if length <= MAX_DRAIN_BYTES and (length > MAX_BODY_BYTES or is_chunked):
            _drain(stream)
        return answer


def _content_length(environ: WSGIEnvironment) -> int:
    given = environ.get("CONTENT_LENGTH") or "0"
    return int(given) if given.isascii() and given.isdigit() else 0


def _read(stream: IO[bytes], limit: int) -> bytes:
    parts, left = [], limit
    while left > 0 and (part := stream.read(min(left, CHUNK_BYTES))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _drain(stream: IO[bytes]) -> None:
    left = MAX_DRAIN_BYTES
    while left > 0 and (part := stream.read(min(left, CHUNK_BYTES))):
        left -= len(part)


def _closing(environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
    """HTTP/2 has no such header: there a stream ends alone."""
    if not environ.get("SERVER_PROTOCOL", "").startswith("HTTP/1"):
        return start_response

    def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
        return start_response(status, [*headers, ("Connection", "close")], error)

    return start
