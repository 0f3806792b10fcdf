"""Structured logs on standard error: one JSON object a line, or coloured lines on a terminal.

Customer words never enter a log message; ids and marked attributes only. JSON escapes control
characters, so a newline inside a path cannot forge a second line.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

LOG: structlog.stdlib.BoundLogger = structlog.get_logger("maane")


def configure_logging(level: str = "INFO", process: str = "") -> None:
    """Sends structlog and the standard library's loggers through one formatter."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: Any = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "alembic", "dbos"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if process:
        structlog.contextvars.bind_contextvars(process=process)
