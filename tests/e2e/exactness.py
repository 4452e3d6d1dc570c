"""Whether a service has each event that it accepted, and has counted it once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest import spoolfolder
from tests.bench.counts import Expected
from tests.bench.events import Sent
from tests.bench.load import Target
from tests.bench.probes import Store
from tests.e2e import service
from tests.e2e.apart import Apart
from tests.e2e.service import Service, wait_for

# The safety net wakes a shard every five seconds; then there is the digest's time.
_DIGESTED_TIMEOUT_S = 60.0


@contextmanager
def opened(data: Path) -> Iterator[Store]:
    store = Store(data)
    try:
        yield store
    finally:
        store.close()


def spooled_bytes(running: Apart | Service) -> int:
    """What the edges keep on disk, for the stream or as an empty file."""
    return spoolfolder.bytes_on_disk(running.data / "spool")


def assert_counted_once(
    running: Apart | Service, store: Store, target: Target, sent: list[Sent]
) -> None:
    """Waits until nothing is left to digest, then looks at every count."""
    wait_for(lambda: spooled_bytes(running) == 0, _DIGESTED_TIMEOUT_S)
    store.wait_until_digested(_DIGESTED_TIMEOUT_S)
    Expected.of(sent).check(store, target.project_id)
    env = running.environment if isinstance(running, Apart) else None
    done = service.run("repair", "--dry-run", "--json", data=running.data, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["differences"] == 0
