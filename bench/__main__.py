"""Runs everything and writes the results. ``--quick`` for a look, ``--only saves|lists|client``."""

from __future__ import annotations

import argparse
import shutil
import sys

from bench import lists, report, saves
from bench.databases import has_postgresql


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=["saves", "lists", "client"])
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("missing: wrk (apt-get install wrk)")
    rounds, seconds = (2, 2) if options.quick else (5, 4)
    kinds = [options.database] if options.database else ["sqlite", "postgresql"]
    if "postgresql" in kinds and not has_postgresql():
        kinds.remove("postgresql")
        print("SKIPPED  postgresql (no server at BENCH_POSTGRESQL)")
    for kind in kinds:
        if options.only in (None, "saves"):
            for synchronous in (True,) if kind == "sqlite" else (True, False):
                done = saves.compare(kind, synchronous=synchronous, rounds=rounds, seconds=seconds)
                report.write(f"saves-{kind}{'' if synchronous else '-no-disk-wait'}", done)
                for peer, seen in done["peers"].items():
                    print(f"{kind} {peer}: {seen['per_second']}/s, p99 {seen['p99_ms']} ms")
                print(f"{kind} {done['ratios']}")
        if options.only in (None, "lists"):
            done = lists.compare(kind, rounds=rounds, seconds=max(2, seconds // 2))
            report.write(f"lists-{kind}", done)
            print(f"{kind} lists {done['first_page']} {done['deep_page']}")
    if options.only in (None, "client") and (size := report.client_size()) is not None:
        report.write("client", size)
        print(f"client {size}")
    report.update_page()


main()
