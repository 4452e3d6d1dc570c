"""Finds and ends what a killed run left running in a data folder."""

import json
import logging
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from errtrack.embedded import postgres
from errtrack.embedded.endings import await_end
from errtrack.embedded.postgres import Postgres

_log = logging.getLogger(__name__)

_FILE = "processes.json"
# The clock may have been set since: a process id is rarely used twice that soon.
_SAME_START_S = 2.0


@dataclass(frozen=True, slots=True)
class Started:
    """A child on record: which it was, and the signal that ends it at once."""

    pid: int
    started_at: float
    kill_signal: int


def describe(pid: int, kill_signal: signal.Signals) -> Started:
    """The record of a child just started."""
    try:
        started_at = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        started_at = 0.0
    return Started(pid, started_at, kill_signal)


def record(data: Path, children: list[Started]) -> None:
    """Writes down what runs now, for the next start to clear if we are killed.

    A full disk must not end the service: it goes on without.
    """
    draft = data / f".{_FILE}"
    try:
        draft.write_text(json.dumps([asdict(child) for child in children]))
        draft.replace(data / _FILE)
    except OSError as error:
        _log.warning("What runs cannot be written down: %s", error)


def clear(data: Path) -> None:
    """Ends what an earlier run left; only safe for the one who claimed the folder."""
    backends = postgres.quit_backends(data / Postgres.name.lower())
    await_end([*_recorded(data), *backends])
    (data / _FILE).unlink(missing_ok=True)


def _recorded(data: Path) -> Iterator[psutil.Process]:
    """What is on record and still runs, told to end."""
    try:
        rows = json.loads((data / _FILE).read_text())
    except (FileNotFoundError, ValueError):
        return
    for row in rows:
        child = Started(**row)
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(child.pid)
            if abs(process.create_time() - child.started_at) < _SAME_START_S:
                process.send_signal(child.kill_signal)
                yield process
