"""What the processes of a server count is one number, for who has the token."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.people import Browser, World
from tests.serving import Server

TOKEN = "t0ken-of-the-operator"
WEBHOOK = "/webhook/twilio/voice"
UNKNOWN = re.compile(r"^maane_voice_unknown_number_total (\d+)\.0$", re.MULTILINE)


def test_without_a_token_of_its_own_there_is_no_such_page(world: World) -> None:
    answer = Browser(world.app).get("/metrics", headers={"Authorization": "Bearer "})
    assert (answer.status_code, answer.json["error"]) == (404, "not_found")  # type: ignore[index]


def test_all_processes_count_together_for_who_has_the_token(new_settings: Any) -> None:
    settings = new_settings()
    variables = {"MAANE_METRICS_TOKEN": TOKEN, "MAANE_WEB_WORKERS": "2"}
    with Server(settings, variables) as server:
        url = server.url
        for given in (
            {"Accept": "*/*"},
            {"Authorization": "Bearer another"},
            {"Authorization": TOKEN},
        ):
            answer = httpx.get(f"{url}/metrics", headers=given)
            assert (answer.status_code, answer.json()["error"]) == (401, "unauthenticated")
        ring = {"CallSid": "CA1", "To": "+97239999999", "From": "+972501234567"}
        for _ in range(20):
            httpx.post(f"{url}{WEBHOOK}", data=ring, headers={"X-Twilio-Signature": "x"})
        for _ in range(5):
            told = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
            assert told.headers["Content-Type"].startswith("text/plain")
            assert UNKNOWN.findall(told.text) == ["20"]
