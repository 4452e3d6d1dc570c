"""Ends a killed supervisor's children where the kernel has no such service (macOS)."""

import os
import signal
import sys
from pathlib import Path

from errtrack.embedded import leftovers


def start_where_needed(data: Path) -> list[int]:
    """Starts the guardian unless the kernel ties children to us (Linux).

    Gives the descriptors that the other children must close: the guardian sees
    that we are gone by the end of a pipe which only we hold open.
    """
    return [] if sys.platform == "linux" else [start(data)]


def start(data: Path) -> int:
    """Forks the guardian of what is on record in `data`; see `start_where_needed`."""
    reader, writer = os.pipe()
    if os.fork():
        os.close(reader)
        return writer
    try:
        os.setsid()
        os.close(writer)
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_IGN)
        os.read(reader, 1)
        leftovers.clear(data)
    finally:
        os._exit(0)
