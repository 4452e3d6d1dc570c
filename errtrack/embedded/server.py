"""One private server: a child which dies with the process that started it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from errtrack.embedded import addresses, lifeline
from errtrack.embedded.privileges import ServerUser
from errtrack.errors import OperatorError


class Server:
    """A server of one data folder; each kind says how it is made, started, asked."""

    name: str
    stop_signal: signal.Signals
    """Ends it cleanly."""
    kill_signal: signal.Signals
    """Ends it and its own children at once, losing nothing that it answered."""
    longest_pause_s = 1.0
    """Between vain starts: they cost little, and everything else waits for it."""

    def __init__(self, data: Path, user: ServerUser) -> None:
        self.folder = data / self.name.lower()
        self.log = data / "logs" / f"{self.name.lower()}.log"
        self.sockets = addresses.socket_folder(data)
        self.user = user
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Makes what the server needs before its first start; repeatable."""
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether the started server answers."""
        raise NotImplementedError

    def clear_remains(self) -> None:
        """Removes what a killed server left; only safe when none runs here."""
        raise NotImplementedError

    def start(self) -> int:
        """Starts the server and gives its process id; `is_ready` says the rest."""
        self.clear_remains()
        with self.log.open("ab") as log:
            self.process = self._spawn(self.command(), self.kill_signal, log.fileno())
        return self.process.pid

    def poll(self) -> int | None:
        """None while it runs, else its exit code (negative: a signal)."""
        return self.process.poll() if self.process else 0

    def send_signal(self, signum: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signum)

    def run_tool(self, command: Sequence[str], *, text: str = "") -> None:
        """Runs one of the server's own tools to its end; its words go to the log."""
        with self.log.open("ab") as log:
            tool = self._spawn(command, signal.SIGKILL, log.fileno(), subprocess.PIPE)
            tool.communicate(text.encode())
        if tool.returncode != 0:
            raise OperatorError(f"{Path(command[0]).name} failed: {self.last_words()}")

    def last_words(self) -> str:
        """The last line the server wrote and where the others are."""
        lines = self.log.read_text(errors="replace").splitlines() or ["(nothing)"]
        return f"{lines[-1].strip()} (see {self.log})."

    def _spawn(
        self,
        command: Sequence[str],
        death_signal: signal.Signals,
        log: int,
        stdin: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command,
                stdin=stdin,
                stdout=log,
                stderr=log,
                cwd=self.folder.parent,
                # Neither PGOPTIONS nor a strange locale may reach the server.
                env={"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"},
                # A terminal's Ctrl-C is for the supervisor alone.
                start_new_session=True,
                preexec_fn=self._enter_child(death_signal),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise OperatorError(
                f"{self.name} cannot be started as user {self.user.uid}: {error}."
            ) from error

    def _enter_child(self, death_signal: signal.Signals) -> Callable[[], None]:
        parent = os.getpid()

        def enter() -> None:
            self.user.take_on()
            lifeline.die_with(parent, death_signal)

        return enter

    def make_folder(self, folder: Path) -> None:
        """Makes a folder that belongs to the server's user alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self.user.take_over(folder)

    def remake_folder(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.make_folder(folder)
