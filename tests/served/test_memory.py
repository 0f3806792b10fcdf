"""What serves for long tells Python's collector so, once it has started."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from maane import app
from maane.voice import create_voice_app
from tests.conftest import MakeSettings


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """The test run's own collector, as it was."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_web_looks_seldom_and_not_at_what_stays(
    new_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, frozen = new_settings(), gc.get_freeze_count()
    monkeypatch.setattr(app, "load_settings", lambda: settings)
    served = app.from_environment()
    assert (gc.get_freeze_count() > frozen, gc.get_threshold()) == (True, (20_000, 10, 10))
    served.extensions["maane.database"].dispose()


def test_voice_looks_at_its_calls_more_seldom_still(new_settings: MakeSettings) -> None:
    settings, frozen = new_settings(), gc.get_freeze_count()

    async def begin_and_end() -> None:
        voice = create_voice_app(settings)
        async with voice.router.lifespan_context(voice):
            assert (gc.get_freeze_count() > frozen, gc.get_threshold()) == (True, (20_000, 10, 100))

    asyncio.run(begin_and_end())
