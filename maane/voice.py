"""``maane voice``: the listener of the call sockets, a process of its own.

A call must not hold a thread and a page must not pay for a bridge, so sockets live here, on an
event loop, and pages in ``maane web``. Until a business can choose the socket engine, every socket
is refused before it is accepted; ``/healthz`` tells a watcher that the process answers.
"""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from maane import __version__
from maane.ops.web import refuse_taken
from maane.settings import Settings

POLICY_VIOLATION = 1008


async def _health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def _version(request: Request) -> JSONResponse:
    return JSONResponse({"version": __version__})


async def _missing(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": "not_found"}, status_code=404)


async def _refuse(socket: WebSocket) -> None:
    await socket.close(POLICY_VIOLATION)


def create_voice_app() -> Starlette:
    return Starlette(
        routes=[
            Route("/healthz", _health),
            Route("/livez", _health),
            Route("/version", _version),
            WebSocketRoute("/{path:path}", _refuse),
        ],
        exception_handlers={404: _missing},
    )


def serve_voice(settings: Settings) -> None:
    """Serves until a signal."""
    refuse_taken(settings.host, settings.voice_port, "MAANE_VOICE_PORT")
    uvicorn.run(
        create_voice_app(),
        host=settings.host,
        port=settings.voice_port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
