"""``maane web``: the Flask application on Granian, in one or more worker processes."""

from __future__ import annotations

import os
import socket

from granian import Granian
from granian.constants import Interfaces

from maane.settings import Settings, SettingsError

WORKERS_EMBEDDED = 1
STOP_S = 5


def serve_web(settings: Settings) -> None:
    """Serves until a signal. Raises ``SettingsError`` when the address cannot be had."""
    refuse_taken(settings.host, settings.port, "MAANE_PORT")
    Granian(
        "maane.app:from_environment",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers or default_workers(settings),
        blocking_threads=settings.web_threads,
        backpressure=max(64, settings.web_threads * 8),
        ssl_cert=settings.tls_cert,
        ssl_key=settings.tls_key,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
        log_access=False,
        log_level="error",  # type: ignore[arg-type]
    ).serve()


def default_workers(settings: Settings) -> int:
    """SQLite has one writer, so a second process would only wait for it."""
    return WORKERS_EMBEDDED if settings.is_embedded else max(1, min(4, os.cpu_count() or 1))


def refuse_taken(host: str, port: int, setting: str) -> None:
    """Says in one line that an address is taken, before a server says it in many."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise SettingsError(f"{setting}: {host}:{port} cannot be had: {error.strerror}") from None
