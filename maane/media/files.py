"""The files themselves: a folder for each business, and in it files that bear random names.

A file appears whole or not at all: it is written beside its place, forced to the disk, and renamed.
Every process that serves or downloads needs the same folder.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


class Files:
    """The files of all businesses, below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, business_id: int, key: str) -> Path:
        """Where a file lies, whether or not it is there. ``key`` is one that ``new_key`` made."""
        return self._folder / str(business_id) / key[:2] / key

    @contextmanager
    def writing(self, business_id: int, key: str) -> Iterator[IO[bytes]]:
        """A file to write into, which takes its place when the block ends without an error. Writing
        the same key again replaces it. Raises ``OSError`` where the disk does not take it."""
        place = self.path(business_id, key)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left_behind in place.parent.glob(f".{key}.*"):
            # Of a process that was killed: two jobs never write the same file at once.
            left_behind.unlink(missing_ok=True)
        part = place.with_name(f".{key}.{secrets.token_hex(4)}")
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w+b") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
            _sync(place.parent)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise

    def keys(self, business_id: int) -> Iterator[str]:
        """The keys of all files of a business, in no order; of a half-written one as well."""
        for place in (self._folder / str(business_id)).glob("*/*"):
            yield place.name.removeprefix(".").partition(".")[0]

    def remove(self, business_id: int, key: str) -> None:
        """Removes a file and what was half written of it, where it is there."""
        place = self.path(business_id, key)
        for one in (place, *place.parent.glob(f".{key}.*")):
            one.unlink(missing_ok=True)


def new_key() -> str:
    """A name that nobody can guess and that no other file has."""
    return secrets.token_hex(16)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
