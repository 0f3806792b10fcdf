"""Runs everything and writes the results: ``--quick`` for a look, ``--only`` for one part."""

from __future__ import annotations

import argparse
import shutil
import sys
from typing import Any

from bench import lists, relay, report, saves, webhook
from bench.databases import has_postgresql

MESSAGES_A_SECOND = {"sqlite": 5, "postgresql": 20}
FLOOD_A_SECOND = 200


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="a short look; keeps nothing")
    parser.add_argument("--only", choices=["saves", "lists", "webhook", "flood", "relay", "client"])
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("missing: wrk (apt-get install wrk)")
    rounds, seconds = (2, 2) if options.quick else (5, 4)
    kinds = [options.database] if options.database else ["sqlite", "postgresql"]
    if "postgresql" in kinds and not has_postgresql():
        kinds.remove("postgresql")
        print("SKIPPED  postgresql (no server at BENCH_POSTGRESQL)")
    keep = not options.quick
    # Once and first: later the load would be the benchmark's own, and the commit may move.
    around = report.surroundings()
    for kind in kinds:
        if options.only in (None, "saves"):
            for synchronous in (True,) if kind == "sqlite" else (True, False):
                done = saves.compare(kind, synchronous=synchronous, rounds=rounds, seconds=seconds)
                for peer, seen in done["peers"].items():
                    print(
                        f"{kind} {peer}: {seen['per_second']}/s, p99 {seen['p99_ms']} ms, "
                        f"{seen['processor_ms']} ms of processor"
                    )
                print(f"{kind} {done['ratios']}")
                name = f"saves-{kind}{'' if synchronous else '-no-disk-wait'}"
                _conclude(name, around, done, keep)
        if options.only in (None, "lists"):
            for listing in lists.LISTS:
                done = lists.compare(kind, listing, rounds=rounds, seconds=max(2, seconds // 2))
                print(f"{kind} {listing.name} {done['first_page']} {done['deep_page']}")
                _conclude(f"lists-{listing.name}-{kind}", around, done, keep)
        if options.only in (None, "webhook"):
            rate = MESSAGES_A_SECOND[kind]
            long = 5 if options.quick else 30
            for name, pause_s in (("webhook", webhook.PAUSE_S), ("webhook-no-pause", 0.0)):
                done = webhook.answers(kind, rate=rate, seconds=long, pause_s=pause_s)
                print(f"{kind} {name} {done['answer_ms']} {done['overhead_ms']}")
                _conclude(f"{name}-{kind}", around, done, keep)
        if options.only in (None, "flood") and kind == "postgresql":
            done = webhook.flood(kind, rate=FLOOD_A_SECOND, seconds=5 if options.quick else 60)
            print(f"{kind} flood {done['flood']}")
            _conclude(f"flood-{kind}", around, done, keep)
        if options.only in (None, "relay"):
            done = relay.calls(kind, seconds=8 if options.quick else 40)
            print(f"{kind} relay {done}")
            _conclude(f"relay-{kind}", around, done, keep)
    if options.only in (None, "client"):
        if (size := report.client_size()) is None:
            print("SKIPPED  size of the client (it is not built)")
        else:
            print(f"client {size}")
            _conclude("client", around, size, keep)
    if keep:
        report.update_page()


def _conclude(name: str, around: dict[str, Any], done: dict[str, Any], keep: bool) -> None:
    """A missed target is said and is no failure of the run. A quick look is never kept: two short
    rounds are no result."""
    for line in report.shortfalls(name, done):
        print(line)
    if keep:
        report.write(name, around, done)


main()
