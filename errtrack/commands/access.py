"""The servers a command works with: named ones, a running service's, or its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from errtrack import env
from errtrack.embedded import datafolder, leftovers, servers
from errtrack.embedded.datafolder import Purpose
from errtrack.embedded.postgres import Postgres
from errtrack.embedded.server import Server
from errtrack.embedded.valkey import Valkey
from errtrack.errors import OperatorError


def missing_kinds() -> list[type[Server]]:
    """The servers that the environment does not name."""
    kinds: list[type[Server]] = []
    if not env.text("DATABASE_URL"):
        kinds.append(Postgres)
    if not env.text("REDIS_URL"):
        kinds.append(Valkey)
    return kinds


def prepare(data: Path) -> None:
    """Makes or checks the folder, and takes over the address of a service there.

    Must precede the settings. What our own environment says has priority.
    """
    datafolder.prepare(data)
    for name, value in (datafolder.environment_of_service(data) or {}).items():
        os.environ.setdefault(name, value)


@contextmanager
def available_servers(data: Path) -> Iterator[None]:
    """Servers for the time of the block: private ones only where none runs."""
    prepare(data)
    kinds = missing_kinds()
    if not kinds:
        yield
        return
    with datafolder.claimed(data, Purpose.COMMAND) as is_ours:
        if is_ours:
            leftovers.clear(data)
            with servers.running(data, kinds):
                yield
        else:
            servers.wait_for_others(data, kinds)
            yield


def require_running(data: Path) -> None:
    """Raises OperatorError unless the servers are named, or a service runs here."""
    kinds = missing_kinds()
    if kinds and datafolder.environment_of_service(data) is None:
        raise OperatorError(
            f"No errtrack runs on {data}: start it with `errtrack up`, or name your "
            "servers by DATABASE_URL and REDIS_URL."
        )
    prepare(data)
    servers.wait_for_others(data, kinds)
