"""Project keys on the edge's disk, for a process that begins while nobody can be asked.

    <folder>/<public key>   JSON of KeyInfo, rewritten whenever an edge learns news

Public keys are no secret, they stand in web pages; and what a file says is believed
only until Valkey or PostgreSQL can be asked again.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import msgspec

from projects import keys
from projects.keys import KeyInfo

_log = logging.getLogger(__name__)


class KeyFiles:
    """The folder of keys that all edge processes of a machine share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, public_key: str) -> KeyInfo | None:
        """The key as an edge knew it last; None if none did."""
        try:
            return keys.decode_mirror(self._path(public_key).read_bytes())
        except (OSError, msgspec.DecodeError):
            return None

    def note(self, public_key: str, info: KeyInfo | None) -> None:
        """Remembers the key, or that it is gone. Nobody depends on it: a failure is
        only logged."""
        try:
            if info is None:
                self._path(public_key).unlink(missing_ok=True)
            elif info != self.read(public_key):
                self._write(public_key, keys.encode_mirror(info))
        except OSError as error:
            _log.warning("a project key cannot be kept on disk: %s", error)

    def _write(self, public_key: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._folder / f".{public_key}.{os.getpid()}"
        unfinished.write_bytes(content)
        unfinished.replace(self._path(public_key))

    def _path(self, public_key: str) -> Path:
        # 32 hex digits, or it came to nobody's knowledge.
        return self._folder / public_key
