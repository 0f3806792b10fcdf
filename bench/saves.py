"""Saving prompts: Maane, Django with REST framework, and a bare Flask handler, in turns.

All three run on Granian with the same workers and threads, write the same rows, and are checked to
have written them: what was answered with 2xx is counted in both tables after each server's rounds.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench import load, serving
from bench.databases import Place, place
from bench.serving import ROOT, ask, email_of, free_port, maane, running, sign_in

PATH = "/api/business/current/prompt"
CONNECTIONS = 16
PEOPLE = 16
"""Owners of as many businesses, who save in turn: saves of one business wait for each other."""

TEXTS = {"calls_prompt": "c", "whatsapp_prompt": "w"}


@dataclass
class Peer:
    """One server under load, and what its rounds saw."""

    name: str
    port: int
    people: list[dict[str, str]]
    place: Place
    tables: tuple[str, str]
    group: int
    rounds: list[load.Round] = field(default_factory=list)
    processor_ms: list[float] = field(default_factory=list)
    """Of the server's own processes, a save; neither wrk nor PostgreSQL is in it."""

    def play(self, seconds: int, mark: str) -> None:
        url = f"http://127.0.0.1:{self.port}{PATH}"
        before, used = self.rows(), serving.processor_seconds(self.group)
        seen = load.run(
            url, "PUT", self.people, seconds=seconds, connections=CONNECTIONS, mark=mark
        )
        used = serving.processor_seconds(self.group) - used
        # wrk stops counting before the last answers arrive; those were written all the same.
        for before_, after in zip(before, self.rows(), strict=True):
            if not 0 <= after - before_ - seen.requests <= CONNECTIONS:
                raise RuntimeError(f"{self.name}: {seen.requests} answers, {after - before_} rows")
        self.rounds.append(seen)
        self.processor_ms.append(used * 1000 / seen.requests)

    def rows(self) -> list[int]:
        return [
            int(self.place.execute(f"SELECT count(*) FROM {table}")[0][0]) for table in self.tables
        ]


def compare(kind: str, *, synchronous: bool, rounds: int, seconds: int) -> dict[str, Any]:
    """Interleaved rounds on one kind of database. Returns a document for the results."""
    workers = 1 if kind == "sqlite" else 2
    with ExitStack() as stack:
        peers = [
            stack.enter_context(opened(kind, workers, synchronous))
            for opened in (_maane, _django, _bare_core, _bare_driver)
        ]
        for peer in peers:
            load.run(
                f"http://127.0.0.1:{peer.port}{PATH}",
                "PUT",
                peer.people,
                seconds=1,
                connections=CONNECTIONS,
                mark="warm",
            )
        for number in range(rounds):
            # Nobody always comes after the same one, nor pays for what that one left to be written.
            first = number % len(peers)
            for peer in peers[first:] + peers[:first]:
                peer.place.settle()
                peer.play(seconds, f"round {number}")
    return _document(kind, synchronous, workers, seconds, peers)


def _document(
    kind: str, synchronous: bool, workers: int, seconds: int, peers: list[Peer]
) -> dict[str, Any]:
    speed = {p.name: median(r.per_second for r in p.rounds) for p in peers}
    tail = {p.name: median(r.p99_ms for r in p.rounds) for p in peers}
    over_django = [
        ours.per_second / theirs.per_second
        for ours, theirs in zip(peers[0].rounds, peers[1].rounds, strict=True)
    ]
    over_bare = [
        ours.per_second / theirs.per_second
        for ours, theirs in zip(peers[0].rounds, peers[2].rounds, strict=True)
    ]
    tails = [
        ours.p99_ms / theirs.p99_ms
        for ours, theirs in zip(peers[0].rounds, peers[1].rounds, strict=True)
    ]
    return {
        "database": kind,
        "waits_for_disk": synchronous,
        "workers": workers,
        "threads": serving.THREADS,
        "connections": CONNECTIONS,
        "seconds_a_round": seconds,
        "peers": {
            p.name: {
                "per_second": round(speed[p.name], 1),
                "p99_ms": round(tail[p.name], 2),
                "processor_ms": round(median(p.processor_ms), 3),
                "rounds": [
                    load.as_dict(r) | {"processor_ms": round(used, 3)}
                    for r, used in zip(p.rounds, p.processor_ms, strict=True)
                ],
            }
            for p in peers
        },
        "ratios": {
            "over_django": _ratio(over_django, 2.5),
            "over_bare_flask": _ratio(over_bare, 0.6),
            "over_bare_driver": {"median": round(speed["maane"] / speed["bare flask, driver"], 3)},
            "p99_to_django": {
                "median": round(median(tails), 3),
                "lowest": round(min(tails), 3),
                "highest": round(max(tails), 3),
                "target": "< 1",
                "met": median(tails) < 1,
            },
        },
    }


def _ratio(values: list[float], target: float) -> dict[str, Any]:
    middle = median(values)
    return {
        "median": round(middle, 3),
        "lowest": round(min(values), 3),
        "highest": round(max(values), 3),
        "target": f">= {target}",
        "met": middle >= target,
    }


@contextmanager
def _maane(kind: str, workers: int, synchronous: bool) -> Iterator[Peer]:
    with place(kind, "maane", synchronous=synchronous) as here:
        variables = here.variables() | {"MAANE_WEB_WORKERS": str(workers)}
        prepare(here, variables)
        port = free_port()
        with running([str(serving.MAANE), "web", "--port", str(port)], variables, port) as group:
            people = _sign_all_in(port, "/api/auth/login", "XSRF-TOKEN")
            _check_refusals(port, people[0], "X-CSRFToken")
            yield Peer("maane", port, people, here, ("prompt_versions", "audit_events"), group)


@contextmanager
def _django(kind: str, workers: int, synchronous: bool) -> Iterator[Peer]:
    with place(kind, "django", synchronous=synchronous) as here:
        variables = {"BENCH_DATABASE_URL": here.owner_url, "BENCH_PASSWORD": serving.PASSWORD}
        subprocess.run(
            [sys.executable, "-m", "bench.peers.django_peer.prepare"],
            env=serving.clean_environment() | variables,
            cwd=ROOT,
            check=True,
        )
        multiply(here, "django_peer_business", "django_peer_user")
        port = free_port()
        target = "bench.peers.django_peer.wsgi:application"
        with running(serving.peer_command(target, port, workers), variables, port) as group:
            people = _sign_all_in(port, "/login", "csrftoken")
            _check_refusals(port, people[0], "X-CSRFToken")
            tables = ("django_peer_promptversion", "django_peer_auditevent")
            yield Peer("django", port, people, here, tables, group)


def _bare_core(kind: str, workers: int, synchronous: bool) -> Any:
    return _bare(kind, workers, synchronous, "core")


def _bare_driver(kind: str, workers: int, synchronous: bool) -> Any:
    return _bare(kind, workers, synchronous, "driver")


@contextmanager
def _bare(kind: str, workers: int, synchronous: bool, layer: str) -> Iterator[Peer]:
    with place(kind, f"bare_{layer}", synchronous=synchronous) as here:
        prepare(here, here.variables())
        for number in range(1, PEOPLE + 1):
            here.execute(
                "INSERT INTO sessions (token_hash, user_id, csrf_token, user_agent, "
                "remote_address, created_at, expires_at) "
                f"VALUES ('{_hash(number)}', {number}, 'x', '', '', "
                "'2026-01-01 00:00:00', '2099-01-01 00:00:00')"
            )
        port = free_port()
        variables = {
            "BENCH_DATABASE_URL": here.app_url,
            "BENCH_LAYER": layer,
        }
        target = "bench.peers.bare_flask:app"
        with running(serving.peer_command(target, port, workers), variables, port) as group:
            people = [
                {"Content-Type": "application/json", "Cookie": f"session={number}"}
                for number in range(1, PEOPLE + 1)
            ]
            tables = ("prompt_versions", "audit_events")
            yield Peer(f"bare flask, {layer}", port, people, here, tables, group)


def _hash(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _sign_all_in(port: int, path: str, csrf_cookie: str) -> list[dict[str, str]]:
    return [
        sign_in(port, path, "X-CSRFToken", csrf_cookie, number) for number in range(1, PEOPLE + 1)
    ]


def prepare(here: Place, variables: dict[str, str]) -> None:
    """A migrated database with the businesses and their owners."""
    maane(variables, "migrate")
    maane(variables, "business", "create", "--name", "Bench")
    maane(
        variables,
        *("user", "create", "--email", email_of(1), "--role", "business"),
        *("--business", "1", "--password-stdin"),
        stdin=serving.PASSWORD + "\n",
    )
    multiply(here, "businesses", "users")


def multiply(here: Place, businesses: str, users: str) -> None:
    """Copies the first business and its owner, password included."""
    for table, own in ((businesses, {}), (users, {"email": "email", "tenant_id": "tenant"})):
        columns = here.columns(table)
        for number in range(2, PEOPLE + 1):
            values = [
                f"'{email_of(number)}'"
                if own.get(name) == "email"
                else str(number)
                if name in ("id", *own)
                else name
                for name in columns
            ]
            here.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) "
                f"SELECT {', '.join(values)} FROM {table} WHERE id = 1"
            )


def _check_refusals(port: int, headers: dict[str, str], csrf_header: str) -> None:
    """Nobody is fast by leaving the work out."""
    bare = {name: value for name, value in headers.items() if name != csrf_header}
    if (status := ask(port, "PUT", PATH, TEXTS, bare)[0]) != 403:
        raise RuntimeError(f"a save without the CSRF header answered {status}")
    stranger = {name: value for name, value in headers.items() if name != "Cookie"}
    if (status := ask(port, "PUT", PATH, TEXTS, stranger)[0]) not in (401, 403):
        raise RuntimeError(f"a save without a session answered {status}")
    wrong: list[Any] = [{"calls_prompt": "c"}, TEXTS | {"more": 1}, []]
    for body in wrong:
        if (status := ask(port, "PUT", PATH, body, headers)[0]) not in (400, 422):
            raise RuntimeError(f"a wrong body answered {status}")
    if (status := ask(port, "PUT", PATH, TEXTS, headers)[0]) != 200:
        raise RuntimeError(f"a right save answered {status}")
