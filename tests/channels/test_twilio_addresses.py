"""The addresses that Twilio may have signed for one of ours."""

from __future__ import annotations

import pytest

from maane.channels.twilio import addresses


@pytest.mark.parametrize(
    ("origin", "found"),
    [
        ("https://a.example", ["https://a.example/x?y=1", "https://a.example:443/x?y=1"]),
        ("http://a.example", ["http://a.example/x?y=1", "http://a.example:80/x?y=1"]),
        ("wss://a.example", ["wss://a.example/x?y=1", "wss://a.example:443/x?y=1"]),
        ("ws://a.example", ["ws://a.example/x?y=1", "ws://a.example:80/x?y=1"]),
        ("wss://a.example:8443", ["wss://a.example/x?y=1", "wss://a.example:8443/x?y=1"]),
        ("https://[::1]", ["https://[::1]/x?y=1", "https://[::1]:443/x?y=1"]),
        ("https://user:pw@a.example", ["https://a.example/x?y=1", "https://a.example:443/x?y=1"]),
    ],
)
def test_the_port_is_left_out_or_the_usual_one_and_nobodys_password_is_signed(
    origin: str, found: list[str]
) -> None:
    assert addresses([origin], "/x", "y=1") == found
