"""What every caller of somebody else's HTTP service needs."""

from __future__ import annotations

import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx


@cache
def trust() -> SSLContext:
    """The certificates to trust. Reading them costs 20 ms; all connections share them."""
    return httpx.create_ssl_context()


def document_of(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object; an empty one where it is none."""
    try:
        document = answer.json()
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def asked_wait_s(answer: httpx.Response) -> float:
    """``Retry-After`` in seconds, given as such or as an instant; 0 where none is asked for."""
    asked = answer.headers.get("Retry-After", "")
    if asked.isascii() and asked.isdigit():
        return float(asked) if len(asked) < 6 else 0.0
    try:
        at = parsedate_to_datetime(asked)
    except ValueError:
        return 0.0
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0.0, at.timestamp() - time.time())
