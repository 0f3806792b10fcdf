"""Django for production: DEBUG off, persistent connections, only the middleware that a save needs.

Sessions are in the database, as Maane's are: a session that is revoked must be dead at once.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

_url = os.environ["BENCH_DATABASE_URL"]
_parts = urlsplit(_url)

SECRET_KEY = os.environ.get("BENCH_SECRET_KEY", "k" * 50)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "bench.peers.django_peer.urls"
WSGI_APPLICATION = "bench.peers.django_peer.wsgi.application"
USE_TZ = True
USE_I18N = False
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "django_peer.User"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "rest_framework",
    "bench.peers.django_peer.apps.Peer",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
_database: dict[str, Any] = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False}
if _parts.scheme == "sqlite":
    _database |= {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _url.removeprefix("sqlite:///"),
        "OPTIONS": {
            "timeout": 5,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;"
            ),
        },
    }
else:
    _database |= {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _parts.path.lstrip("/"),
        "USER": _parts.username,
        "PASSWORD": _parts.password or "",
        "HOST": _parts.hostname,
        "PORT": _parts.port or 5432,
        # Parameters bound and statements prepared by the server, as SQLAlchemy's driver does.
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 5},
    }
DATABASES = {"default": _database}
