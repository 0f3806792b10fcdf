"""A Flask handler that runs the SQL of a save and commits: no session, no CSRF, no validation.

The statements are those that Maane sends, session look-up included. ``BENCH_LAYER`` chooses how:
``core`` through SQLAlchemy Core with its pool, as Maane's own data layer does, or ``driver`` through the
database's driver alone, with one connection a thread.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
from flask import Flask, Response, request
from sqlalchemy import create_engine, event, text

URL = os.environ["BENCH_DATABASE_URL"]
IS_SQLITE = URL.startswith("sqlite")

SESSION = """
SELECT s.id, s.csrf_token, u.id, u.email, u.name, u.role, u.tenant_id,
  h.id, h.name, h.language, h.timezone, h.status, i.id, i.name, i.language, i.timezone, i.status,
  s.impersonation_started_at, s.impersonation_expires_at, s.impersonation_reason,
  (SELECT {aggregate}(CAST(a.business_id AS TEXT), ',') FROM assignments a WHERE a.user_id = u.id)
FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN businesses h ON h.id = u.tenant_id
LEFT JOIN businesses i ON i.id = s.impersonated_tenant_id
WHERE s.token_hash = :token_hash AND s.expires_at > :now AND u.disabled_at IS NULL
""".format(aggregate="group_concat" if IS_SQLITE else "string_agg")
BEGIN = "BEGIN IMMEDIATE" if IS_SQLITE else "BEGIN; SELECT set_config('maane.tenant', '{}', true)"
LOCK = "SELECT status FROM businesses WHERE id = :business" + (
    "" if IS_SQLITE else " FOR NO KEY UPDATE"
)
LATEST = """
SELECT id, version, calls_prompt, whatsapp_prompt, created_by, created_by_name, impersonating,
  created_at, business_id FROM prompt_versions WHERE business_id = :business
ORDER BY version DESC LIMIT 1
"""
INSERT = """
INSERT INTO prompt_versions (version, calls_prompt, whatsapp_prompt, created_by, created_by_name,
  impersonating, created_at, business_id)
VALUES (:version, :calls, :whatsapp, 1, 'bench', false, :now, :business)
"""
AUDIT = """
INSERT INTO audit_events (business_id, actor_user_id, actor_email, actor_name, actor_role,
  impersonating, action, subject, reason, request_id, at)
VALUES (:business, 1, 'bench@example.com', 'bench', 'business', false, 'prompts.replaced', :subject,
  NULL, 'bench', :now)
"""
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "cache_size = -16000",
)

app = Flask(__name__)


def _now() -> Any:
    at = datetime.now(UTC)
    return at.replace(tzinfo=None).isoformat(sep=" ") if IS_SQLITE else at


class Driver:
    """One connection a thread, straight from the driver."""

    def __init__(self) -> None:
        self._local = threading.local()

    def connection(self) -> Any:
        found = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = self._connect()
        return found

    def _connect(self) -> Any:
        if IS_SQLITE:
            connection = sqlite3.connect(
                URL.removeprefix("sqlite:///"), timeout=5, isolation_level=None
            )
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            return connection
        return psycopg.connect(URL, autocommit=True)

    def save(self, token_hash: str, calls: str, whatsapp: str) -> int:
        cursor = self.connection().cursor()
        session = _one(cursor, SESSION, {"token_hash": token_hash, "now": _now()})
        cursor.execute(BEGIN.format(session[6]))
        try:
            version = _write(
                lambda sql, values: _one(cursor, sql, values), session[6], calls, whatsapp
            )
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")
        return version


class Core:
    """SQLAlchemy Core with text statements and its pool."""

    def __init__(self) -> None:
        if IS_SQLITE:
            self._engine = create_engine(
                URL,
                pool_size=32,
                connect_args={"timeout": 5, "isolation_level": None, "check_same_thread": False},
            )
            event.listen(self._engine, "connect", _set_pragmas)
        else:
            self._engine = create_engine(
                URL.replace("postgresql:", "postgresql+psycopg:"),
                pool_size=16,
                isolation_level="AUTOCOMMIT",
            )
        event.listen(self._engine, "begin", _begin)
        self._alone = self._engine.execution_options(bench_begin="")
        self._texts = {sql: text(sql) for sql in (SESSION, LOCK, LATEST, INSERT, AUDIT)}

    def save(self, token_hash: str, calls: str, whatsapp: str) -> int:
        with self._alone.connect() as connection:
            values = {"token_hash": token_hash, "now": _now()}
            session: Any = connection.execute(self._texts[SESSION], values).first()
        begin = BEGIN.format(session[6])
        with (
            self._engine.connect().execution_options(bench_begin=begin) as connection,
            connection.begin(),
        ):

            def run(sql: str, values: dict[str, Any]) -> Any:
                result = connection.execute(self._texts[sql], values)
                return result.first() if result.returns_rows else None

            return _write(run, session[6], calls, whatsapp)


def _set_pragmas(connection: sqlite3.Connection, _: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    if begin := connection.get_execution_options()["bench_begin"]:
        connection.exec_driver_sql(begin)


def _write(run: Any, business: int, calls: str, whatsapp: str) -> int:
    run(LOCK, {"business": business})
    latest = run(LATEST, {"business": business})
    version = 1 if latest is None else latest[1] + 1
    values = {
        "version": version,
        "calls": calls,
        "whatsapp": whatsapp,
        "now": _now(),
        "business": business,
    }
    run(INSERT, values)
    run(AUDIT, {"business": business, "subject": f"prompts:{version}", "now": _now()})
    return version


_PYFORMAT = {
    sql: sql.replace(":token_hash", "%(token_hash)s")
    .replace(":business", "%(business)s")
    .replace(":version", "%(version)s")
    .replace(":calls", "%(calls)s")
    .replace(":whatsapp", "%(whatsapp)s")
    .replace(":subject", "%(subject)s")
    .replace(":now", "%(now)s")
    for sql in (SESSION, LOCK, LATEST, INSERT, AUDIT)
}


def _one(cursor: Any, sql: str, values: dict[str, Any]) -> Any:
    cursor.execute(sql if IS_SQLITE else _PYFORMAT[sql], values)
    return cursor.fetchone() if cursor.description else None


_DATA: Driver | Core = Driver() if os.environ["BENCH_LAYER"] == "driver" else Core()


@app.put("/api/business/current/prompt")
def save() -> Response:
    body = json.loads(request.get_data())
    token = request.cookies["session"].encode()
    version = _DATA.save(
        hashlib.sha256(token).hexdigest(), body["calls_prompt"], body["whatsapp_prompt"]
    )
    answer = {**body, "version": version}
    return Response(json.dumps(answer, ensure_ascii=False), mimetype="application/json")
