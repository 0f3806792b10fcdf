"""Every setting of a running Maane, read once from the environment (prefix ``MAANE_``).

A wrong or missing setting raises ``SettingsError`` with one line that names the variable; the
command line prints that line and stops. Nothing here is a default secret: on the embedded database
secrets are generated into the data folder with mode 600, elsewhere they are required.
"""

from __future__ import annotations

import os
import secrets
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from socket import gethostname
from time import monotonic, sleep
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, validate_email
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


class SettingsError(Exception):
    """One line for the operator: which setting is wrong and what it takes."""


class Settings(BaseSettings):
    """The environment, parsed. Build it with ``load_settings`` so that errors are one line."""

    model_config = SettingsConfigDict(env_prefix="MAANE_", extra="ignore", frozen=True)

    stage: Literal["deploy", "preview"] = "deploy"
    var_dir: Path = PROJECT_ROOT / "var"
    database_url: str = ""
    migration_database_url: str = ""
    secret_key: SecretStr = SecretStr("")
    public_url: str = ""
    proxy_hops: int = Field(default=0, ge=0, le=5)
    frame_ancestors: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    voice_port: int = Field(default=8001, ge=0, le=65535)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    web_workers: int = Field(default=0, ge=0, le=64)
    web_threads: int = Field(default=8, ge=1, le=256)
    workers: int = Field(default=0, ge=0, le=16)
    worker_id: str = Field(default=gethostname(), min_length=1, max_length=100)
    database_pool_size: int = Field(default=10, ge=1, le=200)
    client_dist: Path = PROJECT_ROOT / "client" / "dist"
    metrics_token: SecretStr = SecretStr("")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    model_base_url: str = ""
    model_name: str = ""
    model_api_key: SecretStr = SecretStr("")
    turn_time_s: float = Field(default=30, ge=1, le=300)
    turn_tokens: int = Field(default=40_000, ge=500, le=10_000_000)
    turn_tool_calls: int = Field(default=8, ge=1, le=100)
    turn_answer_tokens: int = Field(default=4_000, ge=100, le=1_000_000)
    whatsapp_api_url: str = "https://graph.facebook.com/v26.0"
    whatsapp_app_secret: SecretStr = SecretStr("")
    whatsapp_verify_token: SecretStr = SecretStr("")
    voice_url: str = ""
    call_minutes: float = Field(default=30, ge=0.05, le=240)
    call_turns: int = Field(default=150, ge=1, le=10_000)
    call_tokens: int = Field(default=400_000, ge=500, le=100_000_000)
    call_silence_s: float = Field(default=6, ge=0.5, le=60)
    outgoing_calls_per_day: int = Field(default=100, ge=0, le=1000)
    twilio_api_url: str = "https://api.twilio.com"
    twilio_content_api_url: str = "https://content.twilio.com"
    transcription_model: str = ""
    transcription_base_url: str = ""
    transcription_api_key: SecretStr = SecretStr("")
    media_dir: Path | None = None
    media_max_mb: int = Field(default=100, ge=1, le=100)
    media_business_mb: int = Field(default=10_000, ge=1, le=10_000_000)
    media_time_s: float = Field(default=120, ge=1, le=3600)
    media_origins: str = ""
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""

    @field_validator(
        "public_url",
        "model_base_url",
        "transcription_base_url",
        "whatsapp_api_url",
        "twilio_api_url",
        "twilio_content_api_url",
    )
    @classmethod
    def _is_http_url(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address like https://maane.example.com")
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        if value and (urlsplit(value).path or urlsplit(value).query):
            raise ValueError("must be an origin without a path, like https://maane.example.com")
        return value

    @field_validator("voice_url")
    @classmethod
    def _is_a_socket_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        is_one = (
            parts.scheme in ("ws", "wss") and parts.hostname and not (parts.path or parts.query)
        )
        if value and not is_one:
            raise ValueError("must be an origin without a path, like wss://maane.example.com")
        return value

    @field_validator("frame_ancestors", "media_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        for word in value.split():
            parts = urlsplit(word)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
                raise ValueError("takes origins with spaces between, like https://site.example")
        if set(value) & set(";,\r\n"):
            raise ValueError("takes origins with spaces between, like https://site.example")
        return value

    @field_validator("smtp_from")
    @classmethod
    def _is_a_sender(cls, value: str) -> str:
        if value:
            try:
                _, address = validate_email(value)
            except PydanticCustomError:
                raise ValueError(
                    "must be an address, like maane@example.com or Maane <maane@example.com>"
                ) from None
            if not address.isascii():
                raise ValueError("must be written in Latin letters")
        return value

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _is_a_known_database(cls, value: str) -> str:
        if not value:
            return value
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("is not a database address") from None
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise ValueError("takes sqlite:///file or postgresql://user@host/name")
        if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
            raise ValueError("needs a file: several processes share the database")
        return value

    @cached_property
    def database(self) -> URL:
        """The application's database; SQLite in the data folder when none is set."""
        if not self.database_url:
            return URL.create("sqlite", database=str(self.var_dir / "maane.db"))
        return _with_driver(make_url(self.database_url))

    @cached_property
    def migration_database(self) -> URL:
        """The database as its owner sees it; the application's own address when none is set."""
        if not self.migration_database_url:
            return self.database
        return _with_driver(make_url(self.migration_database_url))

    @property
    def is_embedded(self) -> bool:
        """True on SQLite, where one machine holds everything."""
        return self.database.get_backend_name() == "sqlite"

    @property
    def is_tls(self) -> bool:
        return self.tls_cert is not None

    @cached_property
    def own_origins(self) -> frozenset[str]:
        """The origins of Maane's own pages: ``PUBLIC_URL``, else the loopback names as served."""
        if self.public_url:
            return frozenset({origin_of(self.public_url)})
        scheme = "https" if self.is_tls else "http"
        return frozenset(origin_of(f"{scheme}://{name}:{self.port}") for name in LOOPBACK_NAMES)

    @property
    def socket_origin(self) -> str:
        """Where Twilio opens the sockets of calls: ``VOICE_URL``, else ``PUBLIC_URL``, where a proxy
        sends their path to ``maane voice``, else the loopback port of that."""
        if self.voice_url:
            return self.voice_url
        if self.public_url:
            return origin_of(self.public_url).replace("http", "ws", 1)
        return f"{'wss' if self.is_tls else 'ws'}://localhost:{self.voice_port}"

    @property
    def is_https(self) -> bool:
        """True when browsers reach Maane over https, here or at a proxy in front."""
        return self.is_tls or self.public_url.startswith("https://")

    @property
    def has_model(self) -> bool:
        return bool(self.model_base_url and self.model_name)

    @property
    def media_folder(self) -> Path:
        """Where the files of customers lie."""
        return self.media_dir or self.var_dir / "media"

    @property
    def transcription_url(self) -> str:
        """The base address of what hears voice notes: its own, else the model's."""
        return self.transcription_base_url or self.model_base_url

    @property
    def has_transcription(self) -> bool:
        return bool(self.transcription_model)

    @property
    def has_smtp(self) -> bool:
        return bool(self.smtp_host)

    def secret(self, name: str) -> bytes:
        """A key derived for one use, so that no two uses of ``SECRET_KEY`` share key material."""
        key = self.secret_key.get_secret_value().encode()
        return blake2b(key, person=name.encode()[:16], digest_size=32).digest()


def load_settings(**overrides: object) -> Settings:
    """Reads the environment. Raises ``SettingsError`` with one line per call, never a trace."""
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "MAANE_" + str(first["loc"][0]).upper() if first["loc"] else "MAANE settings"
        message = str(first["msg"]).removeprefix("Value error, ")
        raise SettingsError(f"{name}: {message}") from None
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise SettingsError("MAANE_TLS_CERT and MAANE_TLS_KEY: set both or neither")
    for name in ("tls_cert", "tls_key"):
        path = getattr(settings, name)
        if path is not None and not path.is_file():
            raise SettingsError(f"MAANE_{name.upper()}: no such file")
    if bool(settings.model_base_url) != bool(settings.model_name):
        raise SettingsError("MAANE_MODEL_BASE_URL and MAANE_MODEL_NAME: set both or neither")
    if settings.has_transcription and not settings.transcription_url:
        raise SettingsError(
            "MAANE_TRANSCRIPTION_BASE_URL: is required with MAANE_TRANSCRIPTION_MODEL, "
            "or MAANE_MODEL_BASE_URL is"
        )
    _check_smtp(settings)
    if settings.migration_database.get_backend_name() != settings.database.get_backend_name():
        raise SettingsError(
            "MAANE_MIGRATION_DATABASE_URL: must be the same database's, as its owner"
        )
    return _with_secret_key(settings)


def _check_smtp(settings: Settings) -> None:
    has_password = bool(settings.smtp_password.get_secret_value())
    if settings.has_smtp and not settings.smtp_from:
        raise SettingsError("MAANE_SMTP_FROM: is required with MAANE_SMTP_HOST")
    if bool(settings.smtp_username) != has_password:
        raise SettingsError("MAANE_SMTP_USERNAME and MAANE_SMTP_PASSWORD: set both or neither")
    if has_password and settings.smtp_security == "none":
        raise SettingsError("MAANE_SMTP_SECURITY: a password is not sent without starttls or tls")


def _with_secret_key(settings: Settings) -> Settings:
    given = settings.secret_key.get_secret_value()
    if given:
        if len(given) < 32:
            raise SettingsError("MAANE_SECRET_KEY: must have at least 32 characters")
        return settings
    if not settings.is_embedded:
        raise SettingsError(
            "MAANE_SECRET_KEY: is required with PostgreSQL, the same on every machine "
            "(make one with: openssl rand -hex 32)"
        )
    key = read_or_create_secret(settings.var_dir, "secret_key")
    return settings.model_copy(update={"secret_key": SecretStr(key)})


def read_or_create_secret(var_dir: Path, name: str) -> str:
    """A secret kept in the data folder with mode 600; two processes that race agree on one."""
    var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = var_dir / name
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_secret(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32))
    return _read_secret(path)


def _read_secret(path: Path) -> str:
    # The other process may stand between creating the file and writing it.
    deadline = monotonic() + 2
    while not (value := path.read_text().strip()) and monotonic() < deadline:
        sleep(0.01)
    if not value:
        raise SettingsError(f"{path.name} in the data folder is empty: delete it and start again")
    return value


def _with_driver(url: URL) -> URL:
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    return url


def origin_of(url: str) -> str:
    """``scheme://host[:port]`` as browsers write it: lower case, without the default port."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme.lower()}://{host}{port}"
