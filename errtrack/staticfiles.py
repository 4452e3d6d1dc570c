"""The pages' static files: collected, hashed and compressed once a version."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class GzipManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names files by their content, and compresses them by gzip alone.

    Brotli at its best level takes the first start ten seconds instead of one, for
    the sake of a stylesheet that a browser loads once.
    """

    def create_compressor(self, **options: Any) -> Compressor:
        return Compressor(use_brotli=False, **options)


def collect_if_changed() -> None:
    """Collects the static files unless that was done for just these files.

    Must precede the import of the pages, which looks the files up. What earlier
    versions collected stays for pages that are still open.
    """
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".collected").open("a+") as stamp:
        fcntl.flock(stamp, fcntl.LOCK_EX)
        state = _state_of_sources()
        stamp.seek(0)
        if stamp.read() == state:
            return
        call_command("collectstatic", verbosity=0, interactive=False)
        stamp.truncate(0)
        stamp.write(state)


def _state_of_sources() -> str:
    """A digest that changes when a static file appears, disappears or changes."""
    digest = hashlib.sha256()
    for path in sorted(_source_files()):
        stat = path.stat()
        digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for finder in get_finders():
        for name, storage in finder.list(None):
            yield Path(storage.path(name))
