"""``/healthz`` and ``/livez`` speak of the process, ``/readyz`` of what it needs."""

from __future__ import annotations

from typing import cast

from flask import Response, current_app, jsonify

from maane import __version__
from maane.jobs.queue import Jobs
from maane.kit.endpoint import Routes, database, public

routes = Routes("health", __name__)

WATCHED = public("a watcher signs in nowhere; it shows no data")
READ_ONLY = "a plain read for watchers, which keep no cookies"


@routes.declare("GET", "/healthz", access=WATCHED, csrf_exempt=READ_ONLY, transaction=None)
def healthz() -> Response:
    """The process answers."""
    return jsonify({"status": "ok"})


@routes.declare("GET", "/livez", access=WATCHED, csrf_exempt=READ_ONLY, transaction=None)
def livez() -> Response:
    """The process answers; the name that orchestrators use."""
    return jsonify({"status": "ok"})


@routes.declare("GET", "/readyz", access=WATCHED, csrf_exempt=READ_ONLY, transaction=None)
def readyz() -> Response:
    """200 when the database and the job queue can be used; else 503 with what is missing."""
    missing = [] if database().is_reachable() else ["database"]
    jobs = cast("Jobs", current_app.extensions["maane.jobs"])
    if missing or not jobs.is_reachable():
        missing.append("queue")
    response = jsonify({"status": "unavailable" if missing else "ready", "missing": missing})
    response.status_code = 503 if missing else 200
    return response


@routes.declare("GET", "/version", access=WATCHED, csrf_exempt=READ_ONLY, transaction=None)
def version() -> Response:
    """Which Maane this is."""
    return jsonify({"version": __version__, "stage": current_app.config["MAANE_STAGE"]})
