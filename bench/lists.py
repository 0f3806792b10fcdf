"""Two lists at ten thousand and at a million rows: the first page and a page far down."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench import load, serving
from bench.databases import Place, place
from bench.filling import MESSAGES_A_CONVERSATION, fill_inbox, fill_leads
from bench.saves import prepare
from bench.serving import ask, free_port, running, sign_in

SMALL, LARGE = 10_000, 1_000_000
CONNECTIONS = 4
PAGE = 50


@dataclass(frozen=True)
class Listing:
    """One list: where it is asked for, what of it is counted, and how a business gets so much of it.
    ``choice`` is what its page asks for when it is opened. The cursor that is answered by the row ``n``
    is ``(n + 1) * keys_a_row``."""

    name: str
    counted: str
    path: str
    rows_of: int
    keys_a_row: int
    fill: Callable[[Place, int], None]
    choice: str = ""


def compare(kind: str, listing: Listing, *, rounds: int, seconds: int) -> dict[str, Any]:
    """Interleaved rounds on a small and a large business. Returns a document for the results."""
    with place(kind, "small") as small, place(kind, "large") as large:
        for here, count in ((small, SMALL), (large, LARGE)):
            prepare(here, here.variables())
            listing.fill(here, count)
        ports = free_port(), free_port()
        command = [str(serving.MAANE), "web", "--port"]
        one = {"MAANE_WEB_WORKERS": "1"}
        with (
            running([*command, str(ports[0])], small.variables() | one, ports[0]),
            running([*command, str(ports[1])], large.variables() | one, ports[1]),
        ):
            return {
                "database": kind,
                "list": listing.name,
                "counted": listing.counted,
                "rows": [SMALL, LARGE],
                "first_page": _pages(listing, ports, (None, None), rounds, seconds),
                "deep_page": _pages(
                    listing,
                    ports,
                    (SMALL // listing.rows_of // 2, LARGE // listing.rows_of // 2),
                    rounds,
                    seconds,
                ),
            }


def _pages(
    listing: Listing,
    ports: tuple[int, int],
    after: tuple[int | None, int | None],
    rounds: int,
    seconds: int,
) -> dict[str, Any]:
    headers = [sign_in(port, "/api/auth/login", "X-CSRFToken", "XSRF-TOKEN") for port in ports]
    seen: list[list[load.Round]] = [[], []]
    for number in range(rounds + 1):
        for index in (0, 1):
            query = f"limit={PAGE}{listing.choice}"
            if (row := after[index]) is not None:
                cursor = str((row + 1) * listing.keys_a_row)
                key = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
                query += f"&after={key}"
            _check_page(listing, ports[index], headers[index], query, row)
            url = f"http://127.0.0.1:{ports[index]}{listing.path}?{query}"
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


def _check_page(
    listing: Listing, port: int, headers: dict[str, str], query: str, row: int | None
) -> None:
    """An empty page would be a fast one."""
    status, _, answer = ask(port, "GET", f"{listing.path}?{query}", headers=headers)
    if status != 200 or len(answer["items"]) != PAGE or answer["next"] is None:
        raise RuntimeError(f"a page of {listing.name} answered {status} and is not full")
    if row is not None and answer["items"][0]["id"] != row:
        raise RuntimeError("a deep page begins elsewhere")


LISTS = (
    Listing("leads", "leads", "/api/business/current/leads", 1, 1, fill_leads),
    Listing(
        "conversations",
        "messages",
        "/api/business/current/conversations",
        MESSAGES_A_CONVERSATION,
        MESSAGES_A_CONVERSATION,
        fill_inbox,
        choice="&status=open",
    ),
)
