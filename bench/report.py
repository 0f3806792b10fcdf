"""Writes the results: JSON beside each other, and one table in docs/performance.md."""

from __future__ import annotations

import gzip
import json
import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from bench.databases import SERVER, has_postgresql
from bench.serving import MAANE, ROOT

RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "performance.md"
NEEDED_BY_LOGIN = ("src/features/auth/login-page.tsx", "src/i18n/he.json")
"""Loaded on demand, yet the login page cannot do without them."""
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
LARGEST_SCRIPT_KB = 200
SHARED = ("flask", "granian", "psycopg", "sqlalchemy", "websockets")
"""What the product and its peers must have in the same version, or the ratio measures that."""


def surroundings() -> dict[str, Any]:
    """The machine and the versions, without which a number says nothing."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = {name: version(name) for name in (*SHARED, "django", "djangorestframework")}
    if (product := _versions_of_product()) != {name: versions[name] for name in SHARED}:
        raise RuntimeError(f"the product runs on {product}, its peers on {versions}")
    versions |= {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    if has_postgresql():
        with psycopg.connect(SERVER) as connection:
            versions["postgresql"] = str(connection.info.server_version)
    commit = _git("rev-parse", "--short", "HEAD")
    # Numbers of changed code must not be taken for those of the commit.
    if _git("status", "--porcelain", "--", "maane", "migrations", "bench/*.py", "bench/peers"):
        commit += "-changed"
    return {
        "machine": {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(memory, 1)},
        "versions": versions,
        "commit": commit,
        # What the machine was doing before: neighbours at work widen the spread.
        "load_before": round(os.getloadavg()[0], 2),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _versions_of_product() -> dict[str, str]:
    """The product has an environment of its own, so it is asked there."""
    program = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"
    done = subprocess.run(
        [MAANE.with_name("python"), "-c", program, *SHARED],
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(SHARED, done.stdout.split(), strict=True))


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def client_size() -> dict[str, Any] | None:
    """Compressed JavaScript until the login page is usable: the entry, the page, one language, and
    everything these import before they can start."""
    file = ROOT / "client" / "dist" / ".vite" / "manifest.json"
    if not file.is_file():
        return None
    manifest: dict[str, Any] = json.loads(file.read_text())
    waiting = [key for key, chunk in manifest.items() if chunk.get("isEntry")]
    waiting += NEEDED_BY_LOGIN
    seen: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting += manifest[key].get("imports", [])
    files = {manifest[key]["file"] for key in seen if manifest[key]["file"].endswith(".js")}
    size = sum(
        len(gzip.compress((ROOT / "client" / "dist" / name).read_bytes(), 9)) for name in files
    )
    return {
        "kilobytes": round(size / 1000, 1),
        "target": f"<= {LARGEST_SCRIPT_KB}",
        "met": size <= LARGEST_SCRIPT_KB * 1000,
    }


def write(name: str, around: dict[str, Any], document: Any) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**around, "result": document}, indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def update_page() -> None:
    """Puts a table of all results between the marks of docs/performance.md."""
    lines = ["| what | measured | target | met |", "|---|---|---|---|"]
    around: list[str] = []
    for file in sorted(RESULTS.glob("*.json")):
        stored = json.loads(file.read_text(encoding="utf-8"))
        lines += [f"| {' | '.join(row)} |" for row in _rows(file.stem, stored["result"])]
        machine, versions = stored["machine"], stored["versions"]
        line = (
            f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB; "
            + ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
            + f"; commit {stored['commit']}, {stored['at'][:10]}."
            # Neighbours at work spoil a run, so the page says how busy the machine was before it.
            f" Load before the run: {_load(stored)}."
        )
        # Results of several runs may stand together; each says where it comes from.
        if line not in around:
            around.append(line)
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    table, notes = "\n".join(lines), "\n\n".join(around)
    PAGE.write_text(f"{head}{BEGIN}\n{table}\n\n{notes}\n{END}{tail}", encoding="utf-8")


def _rows(name: str, result: dict[str, Any]) -> list[list[str]]:
    if name == "client":
        return [
            [
                "JavaScript before the login page, compressed",
                f"{result['kilobytes']} KB",
                result["target"],
                _yes(result["met"]),
            ]
        ]
    if "answer_ms" in result:
        seen, own = result["answer_ms"], result["overhead_ms"]
        paused = "" if result["pause_s"] else ", without a pause"
        return [
            [
                f"{result['database']}: answer to a webhook, {result['messages_a_second']} new "
                f"customers a second{paused}, worker at work, p99",
                f"{seen['p99']} ms (p50 {seen['p50']}, highest {seen['highest']})",
                f"{seen['target']} ms",
                _yes(seen["met"]),
            ],
            [
                f"{result['database']}: Maane's own time in a turn, {result['messages_a_second']} "
                f"turns a second{paused}, p95",
                f"{own['p95']} ms (p50 {own['p50']}, highest {own['highest']})",
                f"{own['target']} ms",
                _yes(own["met"]),
            ],
        ]
    if "flood" in result:
        return [
            [
                f"{result['database']}: {result['messages_a_second']} messages a second for "
                f"{result['seconds']} s, {words}, p99 of the answer",
                f"{seen['p99']} ms (p50 {seen['p50']}, highest {seen['highest']}); {seen['stored']} "
                f"stored, {seen['answered']} answered once within {seen['answered_within_s']} s",
                f"{seen['target']} ms",
                _yes(seen["met"]),
            ]
            for words, seen in (
                ("alone", result["flood"]["alone"]),
                ("beside as many forged ones", result["flood"]["beside_forged"]),
            )
        ]
    if "measures" in result:
        return [
            [
                f"{result['database']}, calls over sockets: {words}",
                f"{seen}",
                f"< {most}",
                _yes(seen < most),
            ]
            for words, seen, most in result["measures"]
        ]
    if "first_page" in result:
        return [
            [
                f"{result['database']}: {words} of {result['list']}, p95 at 1,000,000 "
                f"{result['counted']} over 10,000",
                f"{part['ratio']['median']} ({part['ratio']['lowest']} to {part['ratio']['highest']}; "
                f"{part['p95_ms'][1]} ms over {part['p95_ms'][0]} ms)",
                part["ratio"]["target"],
                _yes(part["ratio"]["met"]),
            ]
            for words, part in (
                ("first page", result["first_page"]),
                ("deep page", result["deep_page"]),
            )
        ]
    where = result["database"] + ("" if result["waits_for_disk"] else ", not waiting for the disk")
    rows = []
    for key, words, other in (
        ("over_django", "saves over Django + REST framework", "django"),
        ("over_bare_flask", "saves over bare Flask, SQLAlchemy Core", "bare flask, core"),
        ("over_bare_driver", "saves over bare Flask, driver alone", "bare flask, driver"),
    ):
        ratio = result["ratios"][key]
        spread = f" ({ratio['lowest']} to {ratio['highest']})" if "lowest" in ratio else ""
        ours, theirs = result["peers"]["maane"], result["peers"][other]
        rows.append(
            [
                f"{where}: {words}",
                f"{ratio['median']}{spread}; {ours['per_second']}/s over {theirs['per_second']}/s",
                ratio.get("target", "shown"),
                _yes(ratio["met"]) if "met" in ratio else "",
            ]
        )
    tail = result["ratios"]["p99_to_django"]
    ours, theirs = result["peers"]["maane"], result["peers"]["django"]
    used = {name: peer.get("processor_ms", "?") for name, peer in result["peers"].items()}
    words = ", ".join(f"{name} {milliseconds}" for name, milliseconds in used.items())
    rows.append([f"{where}: the server's processor time for a save, ms", words, "shown", ""])
    rows.append(
        [
            f"{where}: p99 to Django's",
            f"{tail['median']} ({tail.get('lowest', '?')} to {tail.get('highest', '?')}); "
            f"{ours['p99_ms']} ms to {theirs['p99_ms']} ms",
            tail["target"],
            _yes(tail["met"]),
        ]
    )
    return rows


def _load(stored: dict[str, Any]) -> str:
    load: float | None = stored.get("load_before")
    if load is None:
        return "not recorded"
    return f"{load:.1f} on {stored['machine']['cores']} cores"


def shortfalls(name: str, document: dict[str, Any]) -> list[str]:
    """The rows of a result that miss their target, in words."""
    return [f"NOT MET  {row[0]}: {row[1]}" for row in _rows(name, document) if "NOT" in row[3]]


def _yes(met: bool) -> str:
    return "yes" if met else "**NOT MET**"
