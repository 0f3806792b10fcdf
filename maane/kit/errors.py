"""Errors as part of the contract: a status, a code and a reason that the client translates.

An operation raises a ``Problem``; the edge turns it into JSON. The codes are words of the API and
stay stable; ``docs/errors.md`` explains each one to people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar


class Problem(Exception):
    """A refusal that the caller may see.

    ``status`` is the HTTP status, ``error`` the code, ``reason`` a finer word where one code has
    several causes, ``details`` the places of a wrong body, ``retry_after`` seconds.
    """

    status: ClassVar[int] = 500
    error: ClassVar[str] = "internal"

    def __init__(
        self,
        reason: str | None = None,
        *,
        details: Sequence[dict[str, Any]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(reason or self.error)
        self.reason = reason
        self.details = details
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The JSON document of this refusal."""
        body: dict[str, Any] = {"error": self.error}
        if self.reason is not None:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = list(self.details)
        return body


class MalformedJson(Problem):
    status, error = 400, "malformed_json"


class Unauthenticated(Problem):
    status, error = 401, "unauthenticated"


class InvalidCredentials(Problem):
    status, error = 401, "invalid_credentials"


class CsrfRefused(Problem):
    status, error = 403, "csrf"


class Forbidden(Problem):
    status, error = 403, "forbidden"


class InvalidSignature(Problem):
    status, error = 403, "signature"


class NotFound(Problem):
    status, error = 404, "not_found"


class Conflict(Problem):
    status, error = 409, "conflict"


class TooLarge(Problem):
    status, error = 413, "too_large"


class UnsupportedMediaType(Problem):
    status, error = 415, "unsupported_media_type"


class Invalid(Problem):
    status, error = 422, "invalid"

    @classmethod
    def field(cls, name: str, kind: str, message: str) -> Invalid:
        """One wrong field, found by an operation rather than by the shape."""
        return cls(details=[{"path": [name], "type": kind, "message": message}])


class Throttled(Problem):
    status, error = 429, "throttled"


class Unavailable(Problem):
    status, error = 503, "unavailable"
