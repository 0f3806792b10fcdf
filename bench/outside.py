"""The model and the provider, in a process of their own: prints their two addresses, ends with stdin,
and then says when it was asked to send to whom (``{"97250…": [seconds of the system's clock]}``)."""

from __future__ import annotations

import json
import sys
from collections import defaultdict

from tests.fakes import FakeGraph, FakeModel

with FakeModel() as model, FakeGraph() as graph:
    model.delay_s = float(sys.argv[1])
    print(model.url, graph.url, flush=True)
    sys.stdin.read()
    asked: dict[str, list[float]] = defaultdict(list)
    for request in graph.requests:
        asked[request["body"]["to"]].append(request["at"])
    print(json.dumps(asked))
