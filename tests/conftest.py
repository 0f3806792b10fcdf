"""Fixtures: one database kind a run (``--database``), a fresh world for each test that asks.

The schema and the cast are made once and copied: a file on SQLite, a template on PostgreSQL.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from maane.app import create_app
from maane.kit.db import Database
from maane.ops.migrate import migrate
from maane.settings import Settings, load_settings
from tests.people import World, populate
from tests.postgres import Cluster

APP_ROLE = "maane_test"
_numbers = count(1)

# A developer's own settings must not reach a test.
for _name in [name for name in os.environ if name.startswith("MAANE_")]:
    del os.environ[_name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite")


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--database')}"


@pytest.fixture(scope="session")
def kind(request: pytest.FixtureRequest) -> str:
    """The database of this run."""
    value: str = request.config.getoption("--database")
    return value


@pytest.fixture(scope="session")
def cluster(kind: str) -> Iterator[Cluster | None]:
    """The tests' own PostgreSQL server, in a run on PostgreSQL."""
    if kind == "sqlite":
        yield None
        return
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="session")
def template(kind: str, cluster: Cluster | None, tmp_path_factory: Any) -> Settings:
    """A migrated database with the cast in it, to copy from."""
    folder = tmp_path_factory.mktemp("template")
    settings = _settings(folder, cluster, "maane_template")
    if cluster is not None:
        _administer(cluster, "CREATE DATABASE maane_template")
    migrate(settings)
    database = Database(settings.database)
    populate(database)
    database.dispose()
    # What the run has loaded by now stays to its end. Each test looks for what it left behind itself
    # (``new_world``), and to look through all of that again took half of the processor's time.
    gc.collect()
    gc.freeze()
    return settings


MakeSettings = Callable[..., Settings]


@pytest.fixture
def new_settings(
    template: Settings, cluster: Cluster | None, tmp_path: Path
) -> Iterator[MakeSettings]:
    """Makes settings of a fresh copy of the template; options override them."""
    with _copying(template, cluster, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def new_module_settings(
    template: Settings, cluster: Cluster | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeSettings]:
    """The same, for what the tests of a module share because it is slow to start."""
    with _copying(template, cluster, tmp_path_factory.mktemp("module")) as make:
        yield make


@contextmanager
def _copying(template: Settings, cluster: Cluster | None, parent: Path) -> Iterator[MakeSettings]:
    made: list[str] = []

    def make(**options: Any) -> Settings:
        number = next(_numbers)
        folder = parent / str(number)
        name = f"maane_{number}"
        if cluster is None:
            folder.mkdir()
            for file in template.var_dir.glob("maane.db*"):
                shutil.copy(file, folder / file.name)
        else:
            _administer(cluster, f"CREATE DATABASE {name} TEMPLATE maane_template")
            made.append(name)
        return _settings(folder, cluster, name, **options)

    yield make
    for name in made:
        _administer(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def new_world(new_settings: MakeSettings) -> Iterator[Callable[..., World]]:
    """Makes worlds with settings of their own."""
    worlds: list[World] = []

    def make(**options: Any) -> World:
        settings = new_settings(**options)
        world = World(settings, create_app(settings))
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.database.dispose()
    gc.collect()


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A fresh world."""
    return new_world()


def _settings(folder: Path, cluster: Cluster | None, name: str, **options: Any) -> Settings:
    base: dict[str, Any] = {
        "var_dir": folder,
        "secret_key": "a key of the tests that is long enough",
        "client_dist": folder / "dist",
    }
    if cluster is not None:
        base["database_url"] = cluster.url(name, APP_ROLE)
        base["migration_database_url"] = cluster.url(name)
    return load_settings(**(base | options))


def _administer(cluster: Cluster | None, statement: str) -> None:
    assert cluster is not None
    engine = create_engine(
        cluster.url("postgres").replace("postgresql", "postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
