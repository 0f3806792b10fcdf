"""The Flask application: ``create_app(settings)`` wires the rooms together, in one order.

Session configuration, then SeaSurf, then blueprints. A request passes: its id, OPTIONS,
cross-origin headers, SeaSurf, ``require_api_auth``, body, operation.
"""

from __future__ import annotations

import os

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from maane.appointments.routes import lead_routes as appointment_lead_routes
from maane.appointments.routes import routes as appointment_routes
from maane.auth import csrf
from maane.auth.routes import routes as auth_routes
from maane.auth.sessions import ServerSessions
from maane.calls.routes import conversation_routes as conversation_call_routes
from maane.calls.routes import routes as call_routes
from maane.channels.voice.outgoing.routes import lead_routes as lead_call_routes
from maane.channels.voice.outgoing.routes import phone_routes as outgoing_routes
from maane.channels.voice.recordings.routes import routes as recording_routes
from maane.channels.voice.routes import routes as voice_routes
from maane.channels.voice.setup_routes import routes as phone_routes
from maane.channels.voice.simulator.calling import Simulator
from maane.channels.voice.simulator.routes import routes as simulated_call_routes
from maane.channels.voice.thinking import Thoughts
from maane.channels.whatsapp.routes import routes as whatsapp_routes
from maane.channels.whatsapp.template_routes import routes as template_routes
from maane.channels.whatsapp.writing_routes import routes as writing_routes
from maane.conversations.routes import lead_routes as conversation_lead_routes
from maane.conversations.routes import routes as conversation_routes
from maane.facts.routes import routes as fact_routes
from maane.hours.routes import routes as hours_routes
from maane.jobs.queue import Jobs
from maane.kit import memory
from maane.kit.db import Database
from maane.kit.endpoint import Identifier
from maane.kit.http import install_edges
from maane.kit.logging import configure_logging
from maane.kit.turns import Turns
from maane.leads.routes import routes as lead_routes
from maane.media.routes import routes as media_routes
from maane.notifications.routes import routes as notification_routes
from maane.ops.health import routes as health_routes
from maane.ops.metrics import routes as metrics_routes
from maane.ops.pages import install_pages
from maane.privacy.routes import person_routes
from maane.privacy.routes import routes as privacy_routes
from maane.prompts.routes import routes as prompt_routes
from maane.settings import Settings, load_settings
from maane.tenancy import impersonation
from maane.tenancy.access import require_api_auth
from maane.tenancy.database import check_role
from maane.tenancy.routes import routes as tenancy_routes
from maane.tenancy.snapshot import snapshot_query

ROUTES = (
    auth_routes,
    tenancy_routes,
    prompt_routes,
    lead_routes,
    fact_routes,
    appointment_routes,
    hours_routes,
    appointment_lead_routes,
    conversation_routes,
    conversation_lead_routes,
    call_routes,
    conversation_call_routes,
    media_routes,
    whatsapp_routes,
    template_routes,
    writing_routes,
    voice_routes,
    phone_routes,
    outgoing_routes,
    recording_routes,
    lead_call_routes,
    simulated_call_routes,
    notification_routes,
    privacy_routes,
    person_routes,
    health_routes,
    metrics_routes,
)


PAGE_THREADS = 3
"""So many of a process's threads never wait for a call's answer."""


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The application. Raises ``SettingsError`` when it would run without its protection."""
    database = database or Database(
        settings.database, pool_size=settings.database_pool_size, is_hurried=True
    )
    check_role(database)
    app = Flask("maane", static_folder=None)
    app.config["MAANE_STAGE"] = settings.stage
    app.extensions["maane.database"] = database
    app.extensions["maane.settings"] = settings
    jobs = Jobs(database, settings.secret("partitions"))
    app.extensions["maane.jobs"] = jobs
    # Each request that waits holds a thread; pages must find one all the same.
    most_waiting = max(1, settings.web_threads - PAGE_THREADS)
    app.extensions["maane.thoughts"] = Thoughts(database, jobs, settings, most_waiting=most_waiting)
    app.url_map.converters["id"] = Identifier
    app.session_interface = ServerSessions(
        settings, database, snapshot_query(), farewell=impersonation.record_farewell
    )
    csrf.configure_csrf(app, settings)

    install_edges(
        app,
        is_https=settings.is_https,
        frame_ancestors=settings.frame_ancestors if settings.stage == "preview" else "",
    )
    csrf.install_origin_check(app, settings)
    protection = csrf.Csrf(app)
    app.extensions["maane.csrf"] = protection
    app.before_request(require_api_auth)

    for routes in ROUTES:
        app.register_blueprint(routes)
    install_pages(app, settings)

    csrf.apply_declarations(app, protection)
    csrf.check_protection(app)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]
    app.extensions["maane.simulator"] = Simulator(database, settings, app.wsgi_app)
    return app


def from_environment() -> Flask:
    """What a WSGI server calls in each of its workers."""
    settings = load_settings()
    configure_logging(settings.log_level, process=f"web:{os.getpid()}")
    app = create_app(settings)
    if settings.has_model:
        # The first call after a start must not wait for libraries to be read.
        app.extensions["maane.thoughts"].prepare()
    memory.settle()
    return app
