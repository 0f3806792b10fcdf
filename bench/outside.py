"""The model and the provider, in a process of their own: prints their two addresses, ends with stdin."""

from __future__ import annotations

import sys

from tests.fakes import FakeGraph, FakeModel

with FakeModel() as model, FakeGraph() as graph:
    model.delay_s = float(sys.argv[1])
    print(model.url, graph.url, flush=True)
    sys.stdin.read()
