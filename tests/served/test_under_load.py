"""Parallel writes lose nothing; a database that is away is a 503; a kill leaves whole texts."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from maane.kit.db import Database
from maane.prompts.models import PromptVersion
from tests.people import PASSWORD, A, email_of
from tests.postgres import Cluster
from tests.serving import Server

PROMPT = "/api/business/current/prompt"


class Person:
    """A signed-in client on real sockets. httpx keeps no Secure cookie over http, so the two are
    sent by hand, as a browser would on localhost."""

    def __init__(self, base: str, name: str) -> None:
        self.base = base
        self.cookies: dict[str, str] = {}
        self.send("POST", "/api/auth/login", {"email": email_of(name), "password": PASSWORD})

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        headers["X-CSRFToken"] = self.cookies.get("XSRF-TOKEN", "")
        answer = httpx.request(method, self.base + path, json=body, headers=headers, timeout=30)
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.split(";")[0]
        return answer


def _texts(mark: str) -> dict[str, str]:
    return {"calls_prompt": f"calls {mark} " * 50, "whatsapp_prompt": f"whatsapp {mark} " * 50}


def test_two_hundred_parallel_saves_and_stops_lose_nothing(new_settings: Any) -> None:
    """Half of the threads save, half start and stop impersonations, all at once on one business.
    What was answered with 200 is in the history, once, without a gap in the versions."""
    settings = new_settings()
    with Server(settings) as server:
        savers = [Person(server.url, "owner_a") for _ in range(4)]
        admins = [Person(server.url, "admin") for _ in range(4)]

        def save(number: int) -> int:
            return savers[number % 4].send("PUT", PROMPT, _texts(str(number))).json()["version"]

        def enter_and_leave(number: int) -> list[int]:
            with locks[number % 4]:
                admin = admins[number % 4]
                return [
                    admin.send("POST", f"/api/admin/businesses/{A}/impersonate").status_code,
                    admin.send("PUT", PROMPT, _texts(f"admin {number}")).status_code,
                    admin.send("POST", "/api/admin/impersonate/stop").status_code,
                ]

        locks = [threading.Lock() for _ in range(4)]
        with ThreadPoolExecutor(24) as pool:
            saves = [pool.submit(save, number) for number in range(200)]
            stops = [pool.submit(enter_and_leave, number) for number in range(100)]
            versions = [future.result() for future in saves]
            assert {tuple(future.result()) for future in stops} == {(200, 200, 200)}
        assert len(set(versions)) == 200
    database = Database(settings.database)
    with database.transaction(A, writes=False) as tx:
        count, highest = tx.execute(select(func.count(), func.max(PromptVersion.version))).one()
        saved = set(tx.scalars(select(PromptVersion.calls_prompt)))
    database.dispose()
    assert count == highest == 301
    assert {_texts(str(n))["calls_prompt"] for n in range(200)} <= saved


def test_two_hundred_parallel_stops_of_one_session(new_settings: Any) -> None:
    """One of them stops; the others find the identifier dead and are told so, none is a 500."""
    with Server(new_settings()) as server:
        person = Person(server.url, "admin")
        assert person.send("POST", f"/api/admin/businesses/{A}/impersonate").status_code == 200
        cookies = dict(person.cookies)

        def stop(_: int) -> tuple[int, str]:
            headers = {
                "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items()),
                "X-CSRFToken": cookies["XSRF-TOKEN"],
            }
            answer = httpx.post(
                f"{server.url}/api/admin/impersonate/stop", headers=headers, timeout=30
            )
            return answer.status_code, answer.json().get("reason", "")

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(stop, range(200)))
        assert (200, "") in answers
        assert set(answers) <= {(200, ""), (403, "session_missing"), (401, "")}


@pytest.mark.parametrize("round_", range(3))
def test_killed_in_the_middle_of_a_save_the_prompt_is_whole(new_settings: Any, round_: int) -> None:
    settings = new_settings()
    server = Server(settings)
    server.start()
    person = Person(server.url, "owner_a")
    acknowledged: list[int] = []

    def save_for_ever() -> None:
        number = 0
        while True:
            number += 1
            try:
                answer = person.send("PUT", PROMPT, _texts(str(number)))
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                acknowledged.append(number)

    thread = threading.Thread(target=save_for_ever)
    thread.start()
    time.sleep(0.4 + 0.17 * round_)
    server.end(signal.SIGKILL)
    thread.join()
    assert acknowledged
    with Server(settings) as again:
        prompts = Person(again.url, "owner_a").send("GET", PROMPT).json()
    last = acknowledged[-1]
    whole = [_texts(str(number)) for number in (last, last + 1)]
    assert {key: prompts[key] for key in ("calls_prompt", "whatsapp_prompt")} in whole


def test_a_database_that_is_away_is_a_503_and_comes_back(
    new_settings: Any, cluster: Cluster | None, kind: str
) -> None:
    if kind == "sqlite":
        pytest.skip("a file cannot be away; the PostgreSQL run covers it")
    assert cluster is not None
    with Server(new_settings(), {"MAANE_WEB_WORKERS": "1"}) as server:
        person = Person(server.url, "owner_a")
        assert person.send("PUT", PROMPT, _texts("before")).status_code == 200
        cluster.stop()
        try:
            for method, path in (("PUT", PROMPT), ("GET", PROMPT), ("POST", "/api/auth/login")):
                answer = person.send(
                    method,
                    path,
                    _texts("away")
                    if method == "PUT"
                    else {"email": "x@example.com", "password": "x"}
                    if method == "POST"
                    else None,
                )
                assert answer.status_code == 503, (method, path, answer.text)
                assert answer.json() == {"error": "unavailable", "reason": "database"}
                assert answer.headers["Retry-After"] == "1"
            ready = person.send("GET", "/readyz")
            assert ready.status_code == 503
            assert "database" in ready.json()["missing"]
            assert person.send("GET", "/healthz").status_code == 200
        finally:
            cluster.start()
        assert person.send("PUT", PROMPT, _texts("after")).status_code == 200
        assert person.send("GET", "/readyz").status_code == 200
        assert person.send("GET", PROMPT).json()["version"] == 3


def test_a_locked_database_is_a_503_and_loses_nothing(new_settings: Any, kind: str) -> None:
    if kind == "postgresql":
        pytest.skip("PostgreSQL has no lock of the whole database; the SQLite run covers it")
    settings = new_settings()
    database = Database(settings.database)
    with Server(settings) as server:
        person = Person(server.url, "owner_a")
        with database.engine.execution_options(maane_begin="BEGIN IMMEDIATE").begin():
            answer = person.send("PUT", PROMPT, _texts("locked out"))
        assert answer.status_code == 503
        assert answer.json() == {"error": "unavailable", "reason": "database"}
        assert person.send("PUT", PROMPT, _texts("let in")).json()["version"] == 2
    database.dispose()
