"""Where the processes of a server count together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus-client's own name. It looks for the folder when it is imported."""


@contextmanager
def together() -> Iterator[None]:
    """Whatever is started inside counts into one folder, which is begun anew. Entered before anything
    that counts is imported."""
    with TemporaryDirectory(prefix="maane-metrics-") as folder:
        os.environ[FOLDER] = folder
        yield
