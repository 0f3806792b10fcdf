"""A wrong or missing setting is one clear line, and secrets are made with care."""

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from maane.settings import SettingsError, load_settings, origin_of, read_or_create_secret
from tests.serving import START_S, environment

KEY = "k" * 32


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"stage": "production"}, "MAANE_STAGE: "),
        ({"port": "99999"}, "MAANE_PORT: "),
        ({"port": "x"}, "MAANE_PORT: "),
        ({"public_url": "maane.example.com"}, "MAANE_PUBLIC_URL: must be an address"),
        ({"public_url": "https://m.example/path"}, "MAANE_PUBLIC_URL: must be an origin"),
        ({"public_url": "ftp://m.example"}, "MAANE_PUBLIC_URL: must be an address"),
        ({"database_url": "mysql://x/y"}, "MAANE_DATABASE_URL: takes"),
        ({"database_url": "nonsense"}, "MAANE_DATABASE_URL: is not"),
        ({"database_url": "sqlite://"}, "MAANE_DATABASE_URL: needs a file"),
        ({"database_url": "postgresql://u@h/d"}, "MAANE_SECRET_KEY: is required with PostgreSQL"),
        ({"secret_key": "short"}, "MAANE_SECRET_KEY: must have"),
        ({"tls_cert": "/none", "tls_key": "/none"}, "MAANE_TLS_CERT: no such file"),
        ({"tls_cert": __file__}, "MAANE_TLS_CERT and MAANE_TLS_KEY"),
        ({"model_base_url": "http://m/v1"}, "MAANE_MODEL_BASE_URL and MAANE_MODEL_NAME"),
        ({"frame_ancestors": "https://a.example; script-src *"}, "MAANE_FRAME_ANCESTORS: takes"),
        ({"frame_ancestors": "*"}, "MAANE_FRAME_ANCESTORS: takes"),
        ({"proxy_hops": "-1"}, "MAANE_PROXY_HOPS: "),
    ],
)
def test_a_wrong_setting_is_one_line(
    tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(**({"var_dir": tmp_path} | options))
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_the_command_line_prints_that_line_and_no_trace(tmp_path: Path) -> None:
    settings = load_settings(var_dir=tmp_path)
    for command in (["web"], ["serve"], ["worker"], ["voice"], ["migrate"], ["routes"]):
        done = subprocess.run(
            [sys.executable, "-m", "maane", *command],
            env=environment(settings, MAANE_STAGE="production"),
            capture_output=True,
            text=True,
            timeout=START_S,
        )
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith("maane: MAANE_STAGE: ")
        assert done.stderr.count("\n") == 1


def test_the_generated_key_is_private_kept_and_the_same_for_all(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: read_or_create_secret(tmp_path / "v", "key"), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert stat.S_IMODE((tmp_path / "v" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "v").stat().st_mode) == 0o700


def test_no_secret_shows_in_a_representation(tmp_path: Path) -> None:
    settings = load_settings(var_dir=tmp_path, secret_key=KEY, whatsapp_app_secret="hush-hush")
    assert KEY not in repr(settings)
    assert "hush-hush" not in repr(settings)


def test_the_own_origin(tmp_path: Path) -> None:
    assert load_settings(var_dir=tmp_path, port=8000).own_origins == {
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
    }
    public = load_settings(var_dir=tmp_path, public_url="https://Maane.Example.com:443/")
    assert public.own_origins == {"https://maane.example.com"}
    assert public.is_https


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTPS://A.example:443/x?y#z", "https://a.example"),
        ("http://a.example:80", "http://a.example"),
        ("http://a.example:8080/", "http://a.example:8080"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin
