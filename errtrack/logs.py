"""One log of all processes: JSON lines for machines, plain lines on a terminal."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# Libraries that say at INFO what only their authors want to know.
_QUIET = (
    "celery.app.trace",
    "celery.apps.worker",
    "celery.beat",
    "celery.worker.consumer",
    "celery.worker.strategy",
    "kombu",
    "amqp",
    "asyncio",
)


# What any sender of odd headers could have them say, with a traceback each time.
_SILENT = ("django.security.DisallowedHost",)

# Django has given these handlers and levels of their own by now.
_DJANGO = ("django", "django.server")


def configure(choices: dict[str, str]) -> None:
    """Sends every logger of the process to stderr.

    Called as LOGGING_CONFIG with the setting LOGGING: level and format.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(choices["format"]),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(choices["level"])
    for name in _DJANGO:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
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


def _renderers(format_: str) -> list[Processor]:
    if format_ == "json" or (format_ == "auto" and not sys.stderr.isatty()):
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
