"""Keeps the private servers' logs small."""

import os
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 4 * 2**20
_KEPT_BYTES = 2**20


def trim(data: Path) -> None:
    """Cuts every log that has grown too long; its end stays readable beside it.

    The servers append, so that a file may be emptied below them.
    """
    for log in (data / "logs").glob("*.log"):
        if log.stat().st_size <= MAX_BYTES:
            continue
        with suppress(OSError), log.open("rb") as file:
            # On a full disk the end is lost: room matters more.
            file.seek(-_KEPT_BYTES, os.SEEK_END)
            log.with_suffix(".log.old").write_bytes(file.read())
        os.truncate(log, 0)
