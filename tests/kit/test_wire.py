"""How long another service asks to wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, formatdate

import httpx
import pytest

from maane.kit.wire import asked_wait_s


def _asked(value: str) -> float:
    return asked_wait_s(httpx.Response(429, headers={"Retry-After": value}))


def test_seconds() -> None:
    assert _asked("7") == 7


def test_an_instant_is_as_many_seconds_as_are_left_to_it() -> None:
    """RFC 9110: a server may give either."""
    at = formatdate(time.time() + 60, usegmt=True)
    assert at.endswith("GMT")
    assert 55 < _asked(at) <= 60
    assert 55 < _asked(format_datetime(datetime.now(UTC) + timedelta(seconds=60))) <= 60


@pytest.mark.parametrize(
    "value",
    ["", "soon", "-5", "1e9", "9" * 20, "٣", formatdate(0, usegmt=True), "Fri, 99 Nov 2026"],
)
def test_what_is_past_or_makes_no_sense_is_no_wait(value: str) -> None:
    answer = httpx.Response(429, headers=[(b"Retry-After", value.encode())])
    assert asked_wait_s(answer) == 0
    assert asked_wait_s(httpx.Response(429)) == 0
