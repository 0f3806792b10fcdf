"""The Flask application: ``create_app(settings)`` wires the rooms together, in one order.

Session configuration, then SeaSurf, then blueprints. A request passes: its id, OPTIONS,
cross-origin headers, SeaSurf, ``require_api_auth``, body, operation.
"""

from __future__ import annotations

import gc
import os

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from maane.appointments.routes import lead_routes as appointment_lead_routes
from maane.appointments.routes import routes as appointment_routes
from maane.auth import csrf
from maane.auth.routes import routes as auth_routes
from maane.auth.sessions import ServerSessions
from maane.channels.whatsapp.routes import routes as whatsapp_routes
from maane.channels.whatsapp.template_routes import routes as template_routes
from maane.conversations.routes import lead_routes as conversation_lead_routes
from maane.conversations.routes import routes as conversation_routes
from maane.facts.routes import routes as fact_routes
from maane.hours.routes import routes as hours_routes
from maane.jobs.queue import Jobs
from maane.kit.db import Database
from maane.kit.endpoint import Identifier
from maane.kit.http import install_edges
from maane.kit.logging import configure_logging
from maane.kit.turns import Turns
from maane.leads.routes import routes as lead_routes
from maane.media.routes import routes as media_routes
from maane.notifications.routes import routes as notification_routes
from maane.ops.health import routes as health_routes
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
    media_routes,
    whatsapp_routes,
    template_routes,
    notification_routes,
    privacy_routes,
    person_routes,
    health_routes,
)


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The application. Raises ``SettingsError`` when it would run without its protection."""
    database = database or Database(settings.database, pool_size=settings.database_pool_size)
    check_role(database)
    app = Flask("maane", static_folder=None)
    app.config["MAANE_STAGE"] = settings.stage
    app.extensions["maane.database"] = database
    app.extensions["maane.settings"] = settings
    app.extensions["maane.jobs"] = Jobs(database, settings.secret("partitions"))
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
    return app


GARBAGE_THRESHOLD = 20_000
"""Objects made and not freed before a look at the youngest ones; Python's own 700 is a few requests."""


def from_environment() -> Flask:
    """What a WSGI server calls in each of its workers."""
    settings = load_settings()
    configure_logging(settings.log_level, process=f"web:{os.getpid()}")
    app = create_app(settings)
    # Whatever exists now stays: looking for garbage in it would only lengthen some answers.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
    return app
