"""One log: JSON for machines, lines for people, and who asks for less gets less."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import django
import pytest
import structlog
from django.conf import settings

from errtrack import logs

Stderr = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """The process's log is afterwards as it was."""
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


def configure(*, level: str = "INFO", format_: str = "json") -> None:
    logs.configure({"level": level, "format": format_})


def lines(capsys: Stderr) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_our_lines_are_json_objects(capsys: Stderr) -> None:
    configure()
    structlog.get_logger("ingest.digest").info("batch stored", shard=0, events=200)
    (line,) = lines(capsys)
    assert line["event"] == "batch stored"
    assert (line["shard"], line["events"]) == (0, 200)
    assert (line["level"], line["logger"]) == ("info", "ingest.digest")
    assert line["timestamp"].endswith("Z")


def test_lines_of_libraries_are_alike(capsys: Stderr) -> None:
    configure()
    logging.getLogger("some.library").warning("took %d s", 3, extra={"host": "db"})
    (line,) = lines(capsys)
    assert (line["event"], line["level"]) == ("took 3 s", "warning")
    assert (line["logger"], line["host"]) == ("some.library", "db")


def test_an_exception_is_one_line_with_its_trace(capsys: Stderr) -> None:
    configure()
    try:
        raise ValueError("bad value")
    except ValueError:
        structlog.get_logger("ingest").exception("entry failed", entry="1-0")
    (line,) = lines(capsys)
    assert "ValueError: bad value" in line["exception"]
    assert line["entry"] == "1-0"


def test_below_the_level_nothing_is_said(capsys: Stderr) -> None:
    configure(level="WARNING")
    structlog.get_logger("ingest").info("quiet")
    logging.getLogger("django").info("quiet")
    assert capsys.readouterr().err == ""


def test_celery_does_not_tell_of_each_task(capsys: Stderr) -> None:
    configure()
    logging.getLogger("celery.app.trace").info("Task succeeded")
    assert capsys.readouterr().err == ""


def test_people_read_plain_lines(capsys: Stderr) -> None:
    configure(format_="console")
    structlog.get_logger("ingest").info("batch stored", events=200)
    told = capsys.readouterr().err
    assert "batch stored" in told
    assert "events=200" in told
    # Nobody's colours in a file.
    assert "\x1b" not in told


def test_auto_is_json_where_no_terminal_reads(capsys: Stderr) -> None:
    configure(format_="auto")
    logging.getLogger("ingest").info("hello")
    assert lines(capsys)[0]["event"] == "hello"


def test_django_takes_up_our_log() -> None:
    assert f"{logs.__name__}.configure" == settings.LOGGING_CONFIG
    django.setup()
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
    assert logging.getLogger("django").handlers == []
