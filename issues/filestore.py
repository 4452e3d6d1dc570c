"""The bytes of attachments: in a Django storage, once per project under their hash.

What arrives is first written beside it, to the folder `incoming` of the data folder,
so that neither a large file nor many of them are held in memory. The digest moves a
file to the storage before it commits the row that names it: whoever dies in between
leaves a file without a row, which `sweep` removes, and never a row without a file.
Files are removed under the shard's lock, when no digest can be about to name them.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages

from issues.locks import shard_lock
from issues.models import Attachment

if TYPE_CHECKING:
    BytesFile = File[bytes]
else:
    # Generic to the type checker only.
    BytesFile = File

_log = logging.getLogger(__name__)

# Older ones in `incoming` were left by a process that was killed.
_ABANDONED_S = 3600

# Left free on the disk whatever is sent: a batch of a few megabytes may inflate to
# gigabytes, and PostgreSQL may be on the same disk.
_DISK_RESERVE_BYTES = 512 * 2**20

# Files removed under one hold of a shard's lock, while its digest waits.
_AT_ONCE = 100


class StorageFailed(Exception):
    """The storage did not take the file; what it said is in the log."""


class Incoming:
    """A file that has arrived and is not kept yet; it goes when this is forgotten.

    Raises StorageFailed where the disk does not take it.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        self.size = len(data)
        self.sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        self.sha256 = hashlib.sha256(data).hexdigest()
        try:
            self.path = _new_file(self.size)
            self._answer_for_file()
            self.path.write_bytes(data)
        except OSError as error:
            raise StorageFailed(str(error)) from error

    def __getstate__(self) -> tuple[int, str, str, Path]:
        """For another process, which answers for the file from then on."""
        self._ending.detach()
        return self.size, self.sha1, self.sha256, self.path

    def __setstate__(self, state: tuple[int, str, str, Path]) -> None:
        self.size, self.sha1, self.sha256, self.path = state
        self._answer_for_file()

    def _answer_for_file(self) -> None:
        self._ending = weakref.finalize(self, self.path.unlink, missing_ok=True)


def keep(project_id: int, incoming: Incoming) -> None:
    """Moves the file to the storage, unless the project has it already.

    The caller holds the shard's lock. Raises StorageFailed.
    """
    name = name_of(project_id, incoming.sha256)
    try:
        if _has(name, incoming.size):
            return
        # There is no more than a piece of it: a copy was cut short.
        _storage().delete(name)
        with _Arrived(incoming.path) as file:
            _storage().save(name, file)
    except Exception as error:
        _log.exception("an attachment could not be stored: %s", name)
        raise StorageFailed(str(error)) from error


def open_file(project_id: int, sha256: str) -> BytesFile:
    """The file to read. Raises FileNotFoundError where it is gone."""
    file: BytesFile = _storage().open(name_of(project_id, sha256))
    return file


def exists(project_id: int, sha256: str) -> bool:
    return _storage().exists(name_of(project_id, sha256))


def release(project_id: int, hashes: Iterable[str]) -> int:
    """Removes the files that no row names any more; gives how many."""
    removed = 0
    for some in _chunks(sorted(set(hashes))):
        with shard_lock(project_id % settings.SHARDS, wait=True):
            for sha256 in _unnamed(project_id, some):
                _storage().delete(name_of(project_id, sha256))
                removed += 1
    return removed


def sweep() -> int:
    """Removes what killed processes left: files that no row names; gives how many."""
    removed = _sweep_incoming()
    for project_id in projects():
        for some in _chunks(hashes_of(project_id)):
            if unnamed := _unnamed(project_id, some):
                removed += release(project_id, unnamed)
    return removed


def projects() -> list[int]:
    """The ids of the projects that have files."""
    return sorted(int(name) for name in _list("")[0] if name.isdigit())


def hashes_of(project_id: int) -> list[str]:
    """What files the project has."""
    return _list(str(project_id))[1]


def name_of(project_id: int, sha256: str) -> str:
    """What the storage calls the file."""
    return f"{project_id}/{sha256}"


class _Arrived(BytesFile):
    """The arrived file, which a storage on the same disk moves instead of copying."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open("rb"))
        # What is committed must be on the disk, whatever happens to the machine.
        os.fsync(self.fileno())
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def _new_file(size: int) -> Path:
    """An empty file with room for so many bytes. Raises OSError."""
    folder = _incoming_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free - size < _DISK_RESERVE_BYTES:
        raise OSError(errno.ENOSPC, "the disk is nearly full", str(folder))
    descriptor, name = tempfile.mkstemp(dir=folder)
    os.close(descriptor)
    return Path(name)


def _storage() -> Storage:
    return storages["attachments"]


def _incoming_folder() -> Path:
    return Path(settings.DATA_DIR) / "incoming"


def _has(name: str, size: int) -> bool:
    storage = _storage()
    return storage.exists(name) and storage.size(name) == size


def _list(folder: str) -> tuple[list[str], list[str]]:
    """Folders and files; nothing where the folder is not made yet."""
    try:
        return _storage().listdir(folder)
    except FileNotFoundError:
        return [], []


def _unnamed(project_id: int, hashes: Sequence[str]) -> list[str]:
    rows = Attachment.objects.filter(project=project_id, sha256__in=hashes)
    named = set(rows.values_list("sha256", flat=True))
    return [sha256 for sha256 in hashes if sha256 not in named]


def _sweep_incoming() -> int:
    oldest = time.time() - _ABANDONED_S
    removed = 0
    for path in _incoming_folder().glob("*"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            # Its process was alive after all, and has just forgotten it.
            continue
    return removed


def _chunks(hashes: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(hashes)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
