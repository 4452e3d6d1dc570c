"""The private servers of a data folder as one thing: made, started, stopped."""

import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from errtrack.embedded import addresses, leftovers, postgres, privileges, valkey
from errtrack.embedded.postgres import Postgres
from errtrack.embedded.server import Server
from errtrack.embedded.valkey import Valkey
from errtrack.errors import OperatorError

START_TIMEOUT_S = 120.0  # Long enough to replay a gigabyte of log after a crash.
STOP_TIMEOUT_S = 3.0
_POLL_S = 0.02


def make_servers(data: Path, kinds: Sequence[type[Server]]) -> list[Server]:
    """The servers of `kinds`, ready to be started in the data folder."""
    if not kinds:
        return []
    user = privileges.choose(
        [data / kind.name.lower() for kind in (Postgres, Valkey)],
        [postgres.binary("postgres"), valkey.binary()],
    )
    servers = [kind(data, user) for kind in kinds]
    (data / "logs").mkdir(mode=0o700, exist_ok=True)
    _make_socket_folder(addresses.socket_folder(data), user)
    for server in servers:
        server.prepare()
    return servers


def _make_socket_folder(folder: Path, user: privileges.ServerUser) -> None:
    """Makes the folder of the sockets, which no other user may enter."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Below a shared temporary folder somebody else may have been there first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), user.uid):
        raise OperatorError(f"{folder} belongs to somebody else: remove it.")
    folder.chmod(0o700)
    user.take_over(folder)


def wait_until_ready(servers: Sequence[Server]) -> None:
    """Returns when every server answers; raises OperatorError when one ends instead."""
    deadline = time.monotonic() + START_TIMEOUT_S
    for server in servers:
        while not server.is_ready():
            if server.poll() is not None:
                raise OperatorError(f"{server.name} stopped: {server.last_words()}")
            if time.monotonic() > deadline:
                raise OperatorError(f"{server.name} does not answer; see {server.log}.")
            time.sleep(_POLL_S)


def stop(servers: Sequence[Server]) -> None:
    """Ends the servers cleanly, and those which take too long at once."""
    for server in servers:
        server.send_signal(server.stop_signal)
    if _wait_until_ended(servers, STOP_TIMEOUT_S):
        return
    for server in servers:
        server.send_signal(server.kill_signal)
    _wait_until_ended(servers, STOP_TIMEOUT_S)


def _wait_until_ended(servers: Sequence[Server], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while any(server.poll() is None for server in servers):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def wait_for_others(data: Path, kinds: Sequence[type[Server]]) -> None:
    """Returns when the servers that another process runs in the folder answer."""
    deadline = time.monotonic() + START_TIMEOUT_S
    user = privileges.ServerUser(os.geteuid(), os.getegid())
    for server in [kind(data, user) for kind in kinds]:
        while not server.is_ready():
            if time.monotonic() > deadline:
                raise OperatorError(f"The {server.name} of {data} does not answer.")
            time.sleep(_POLL_S)


@contextmanager
def running(data: Path, kinds: Sequence[type[Server]]) -> Iterator[None]:
    """Servers of `kinds` that run as long as the block."""
    servers = make_servers(data, kinds)
    try:
        leftovers.record(data, [_started(server) for server in servers])
        wait_until_ready(servers)
        yield
    finally:
        stop(servers)
        leftovers.record(data, [])


def _started(server: Server) -> leftovers.Started:
    return leftovers.describe(server.start(), server.kill_signal)
