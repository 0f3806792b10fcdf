"""``/metrics``: what the processes of ``maane web`` count, together, in Prometheus's text format."""

from __future__ import annotations

import hmac
import os
from typing import cast

from flask import Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from maane.kit.endpoint import Routes, public
from maane.kit.errors import NotFound, Unauthenticated
from maane.ops.counting import FOLDER
from maane.settings import Settings

routes = Routes("metrics", __name__)

BY_TOKEN = public("counts of the whole installation, for who brings the operator's own token")
READ_ONLY = "a plain read for a collector, which keeps no cookies"


@routes.declare("GET", "/metrics", access=BY_TOKEN, csrf_exempt=READ_ONLY, transaction=None)
def show_metrics() -> Response:
    """Raises ``NotFound`` where no token is set, and ``Unauthenticated`` for another one."""
    settings = cast("Settings", current_app.extensions["maane.settings"])
    ours = settings.metrics_token.get_secret_value()
    if not ours:
        raise NotFound
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), f"Bearer {ours}".encode()):
        raise Unauthenticated
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
