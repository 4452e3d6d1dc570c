"""What a piece of work costs: time that passed, and time that processors worked."""

from __future__ import annotations

import time
from pathlib import Path

from django.db import connection


def server_ms() -> float:
    """Processor time that PostgreSQL's process has had for this connection."""
    if connection.connection is None:
        return 0.0
    pid = connection.connection.info.backend_pid
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def busy_ms() -> float:
    """That of PostgreSQL's process and of this one: what is measured says the same on
    a busy machine."""
    return server_ms() + time.process_time() * 1000
