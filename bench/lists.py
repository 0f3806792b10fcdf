"""The list of leads at ten thousand and at a million rows: the first page and a page far down."""

from __future__ import annotations

import base64
import sqlite3
from statistics import median
from typing import Any

import psycopg

from bench import load, serving
from bench.databases import Place, place
from bench.saves import prepare
from bench.serving import ask, free_port, running, sign_in

SMALL, LARGE = 10_000, 1_000_000
CONNECTIONS = 4
PATH = "/api/business/current/leads"
PAGE = 50
COLUMNS = "business_id, name, phone, note, status, source, created_at, updated_at"


def compare(kind: str, *, rounds: int, seconds: int) -> dict[str, Any]:
    """Interleaved rounds on a small and a large business. Returns a document for the results."""
    with place(kind, "small") as small, place(kind, "large") as large:
        for here, count in ((small, SMALL), (large, LARGE)):
            prepare(here, here.variables())
            _fill(here, count)
        ports = free_port(), free_port()
        command = [str(serving.MAANE), "web", "--port"]
        one = {"MAANE_WEB_WORKERS": "1"}
        with (
            running([*command, str(ports[0])], small.variables() | one, ports[0]),
            running([*command, str(ports[1])], large.variables() | one, ports[1]),
        ):
            return {
                "database": kind,
                "rows": [SMALL, LARGE],
                "first_page": _pages(ports, (None, None), rounds, seconds),
                "deep_page": _pages(ports, (SMALL // 2, LARGE // 2), rounds, seconds),
            }


def _pages(
    ports: tuple[int, int], after: tuple[int | None, int | None], rounds: int, seconds: int
) -> dict[str, Any]:
    headers = [sign_in(port, "/api/auth/login", "X-CSRFToken", "XSRF-TOKEN") for port in ports]
    seen: list[list[load.Round]] = [[], []]
    for number in range(rounds + 1):
        for index in (0, 1):
            query = f"limit={PAGE}"
            if (cursor := after[index]) is not None:
                key = base64.urlsafe_b64encode(str(cursor).encode()).decode().rstrip("=")
                query += f"&after={key}"
            _check_page(ports[index], headers[index], query, cursor)
            url = f"http://127.0.0.1:{ports[index]}{PATH}?{query}"
            done = load.run(url, "GET", [headers[index]], seconds=seconds, connections=CONNECTIONS)
            if number:
                seen[index].append(done)
    ratios = [large.p95_ms / small.p95_ms for small, large in zip(seen[0], seen[1], strict=True)]
    return {
        "p95_ms": [round(median(r.p95_ms for r in rounds_), 3) for rounds_ in seen],
        "ratio": {
            "median": round(median(ratios), 3),
            "lowest": round(min(ratios), 3),
            "highest": round(max(ratios), 3),
            "target": "< 1.5",
            "met": median(ratios) < 1.5,
        },
    }


def _check_page(port: int, headers: dict[str, str], query: str, cursor: int | None) -> None:
    """An empty page would be a fast one."""
    status, _, answer = ask(port, "GET", f"{PATH}?{query}", headers=headers)
    if status != 200 or len(answer["items"]) != PAGE or answer["next"] is None:
        raise RuntimeError(f"a page of leads answered {status} and is not full")
    if cursor is not None and answer["items"][0]["id"] != cursor - 1:
        raise RuntimeError("a deep page begins elsewhere")


def _fill(here: Place, count: int) -> None:
    if here.is_sqlite:
        with sqlite3.connect(here.owner_url.removeprefix("sqlite:///")) as connection:
            connection.executemany(
                f"INSERT INTO leads ({COLUMNS}) VALUES (1, ?, ?, 'note', 'new', 'manual', "
                "'2026-01-01 00:00:00', '2026-01-01 00:00:00')",
                ((f"Lead {n}", f"+97250{n:07d}") for n in range(count)),
            )
        return
    with psycopg.connect(here.owner_url, autocommit=True) as connection:
        connection.execute(
            f"INSERT INTO leads ({COLUMNS}) SELECT 1, 'Lead ' || n, '+97250' || n, 'note', 'new', "
            f"'manual', now(), now() FROM generate_series(1, {count}) n"
        )
        connection.execute("ANALYZE leads")
