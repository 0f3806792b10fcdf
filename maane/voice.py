"""``maane voice``: the listener of the call sockets, a process of its own.

A call must not hold a thread and a page must not pay for a bridge, so sockets live here, on one event
loop for all calls of the process, and pages in ``maane web``. ``/healthz`` tells a watcher that the
process answers.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from maane import __version__
from maane.assistant.openai_client import client_of
from maane.channels.voice.relay.frames import LONGEST_FRAME
from maane.channels.voice.relay.keeping import Keeper
from maane.channels.voice.relay.socket import POLICY_VIOLATION, Sockets
from maane.jobs.queue import Jobs
from maane.kit import memory
from maane.kit.db import Database
from maane.ops.web import refuse_taken
from maane.settings import Settings

LOOKS = 100
"""Of the collector's, before one at the oldest objects: they live as long as their calls, and with 300 of
those such a look stopped all for 0.1 s (``memory.settle``)."""
SWITCH_S = 0.001
"""How long a thread that waits for the interpreter lets another have it. The threads that keep what was
said must not make the loop wait for the usual 5 ms, of which several fit into one turn."""


async def _health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def _version(request: Request) -> JSONResponse:
    return JSONResponse({"version": __version__})


async def _missing(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": "not_found"}, status_code=404)


async def _refuse(socket: WebSocket) -> None:
    await socket.close(POLICY_VIOLATION)


def create_voice_app(settings: Settings) -> Starlette:
    """The application; its database and its model live as long as its server."""
    opened: list[Sockets] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = Database(
            settings.database, pool_size=settings.database_pool_size, is_hurried=True
        )
        model = client_of(settings)
        keeper = Keeper(database, Jobs(database, settings.secret("partitions")))
        opened.append(Sockets(keeper, settings, model))
        memory.settle(oldest=LOOKS)
        yield
        if model is not None:
            await model.close()
        database.dispose()

    async def receive(socket: WebSocket) -> None:
        await opened[0].receive(socket)

    return Starlette(
        routes=[
            Route("/healthz", _health),
            Route("/livez", _health),
            Route("/version", _version),
            WebSocketRoute("/relay/{business_id:int}", receive),
            WebSocketRoute("/relay/{business_id:int}/", receive),
            WebSocketRoute("/{path:path}", _refuse),
        ],
        exception_handlers={404: _missing},
        lifespan=lifespan,
    )


def serve_voice(settings: Settings) -> None:
    """Serves until a signal."""
    refuse_taken(settings.host, settings.voice_port, "MAANE_VOICE_PORT")
    sys.setswitchinterval(SWITCH_S)
    uvicorn.run(
        create_voice_app(settings),
        host=settings.host,
        port=settings.voice_port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        ws="websockets-sansio",
        ws_max_size=LONGEST_FRAME,
        # A ping keeps a proxy from ending a quiet call. Whether Twilio answers it is not documented, so
        # nothing hangs on that.
        ws_ping_interval=20.0,
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
    )
