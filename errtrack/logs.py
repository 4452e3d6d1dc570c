"""One log of all processes: JSON lines for machines, plain lines on a terminal."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from django.conf import settings
from structlog.typing import Processor

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# Libraries that say at INFO what only their authors want to know.
_QUIET = ("celery.app.trace", "celery.worker.strategy", "kombu", "amqp", "asyncio")


def configure(_logging: dict[str, Any]) -> None:
    """Sends every logger of the process to stderr; called as LOGGING_CONFIG."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.LOG_LEVEL)
    for name in _QUIET:
        logging.getLogger(name).setLevel(
            max(logging.WARNING, logging.getLevelName(settings.LOG_LEVEL))
        )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _renderers() -> list[Processor]:
    if _is_json():
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


def _is_json() -> bool:
    if settings.LOG_FORMAT == "auto":
        return not sys.stderr.isatty()
    return bool(settings.LOG_FORMAT == "json")
