"""What a running service uses: processor time, memory and disk, by process group."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import redis

from errtrack.embedded import addresses

# As the supervisor records them, which is in the order of their start.
_STARTED = ("postgres", "valkey", "web", "worker", "beat")
# What an event costs: all but the supervisor, who only waits, and beat.
PIPELINE = ("web", "worker", "postgres", "valkey")
_POLL_S = 0.002


class Processes:
    """The process groups of one `errtrack up`."""

    def __init__(self, supervisor: int, data: Path) -> None:
        self._supervisor = psutil.Process(supervisor)
        recorded = json.loads((data / "processes.json").read_text())
        self._roots = {
            name: psutil.Process(row["pid"])
            for name, row in zip(_STARTED, recorded, strict=True)
        }
        for name in ("postgres", "valkey"):
            assert self._roots[name].name().startswith(name)

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds of each group so far, those of ended children included."""
        used = {name: sum(map(_cpu_s, _tree(it))) for name, it in self._roots.items()}
        own = self._supervisor.cpu_times()
        return {**used, "supervisor": own.user + own.system}

    def pss_mib(self) -> dict[str, float]:
        """Memory of each group, what processes share divided among them."""
        groups = {name: _tree(root) for name, root in self._roots.items()}
        groups["supervisor"] = [self._supervisor]
        return {
            name: sum(map(_pss_bytes, group)) / 2**20 for name, group in groups.items()
        }

    @contextmanager
    def paused(self, *names: str) -> Iterator[None]:
        """The groups stand still during the block."""
        halted = [each for name in names for each in _tree(self._roots[name])]
        for each in halted:
            each.suspend()
        try:
            yield
        finally:
            for each in halted:
                each.resume()


def _tree(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


def _cpu_s(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        # Its parent has counted it meanwhile; that shows at the next look.
        return 0.0
    return float(used.user + used.system + used.children_user + used.children_system)


def _pss_bytes(process: psutil.Process) -> int:
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes that the database holds, and that it has ever written to its log."""

    relations: int
    wal: int


_RELATIONS = """
SELECT sum(pg_table_size(c.oid) + pg_indexes_size(c.oid))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'm')
"""
_WAL = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"


class Store:
    """The service's PostgreSQL and Valkey, seen from beside it."""

    def __init__(self, data: Path) -> None:
        self.url = addresses.database_url(data)
        self._connection = psycopg.connect(self.url, autocommit=True)
        self._valkey = redis.Redis.from_url(addresses.redis_url(data))

    def close(self) -> None:
        self._connection.close()
        self._valkey.close()

    def number(self, query: str, *parameters: object) -> int:
        """The one number that the query gives."""
        row = self._connection.execute(query, parameters, prepare=True).fetchone()
        assert row
        return int(row[0] or 0)

    def disk(self) -> Disk:
        return Disk(relations=self.number(_RELATIONS), wal=self.number(_WAL))

    def events_of(self, project_id: int) -> int:
        return self.number(
            "SELECT count(*) FROM issues_event WHERE project_id = %s", project_id
        )

    def waiting(self) -> int:
        """Entries of the only shard's stream that are not digested."""
        return int(self._valkey.xlen("errtrack:stream:0"))

    def wait_until_digested(self, timeout_s: float = 120.0) -> None:
        wait_until(lambda: self.waiting() == 0, timeout_s)


def wait_until(condition: Callable[[], bool], timeout_s: float) -> None:
    """Returns as soon as the condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"did not happen within {timeout_s:.0f} s")
        time.sleep(_POLL_S)
