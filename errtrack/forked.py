"""A child process that goes on with what its parent has imported."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from errtrack.embedded import lifeline
from errtrack.errors import OperatorError


class Forked:
    """Runs a function in a child of its own session, started as often as needed."""

    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL
    longest_pause_s = 10.0

    def __init__(
        self, name: str, run: Callable[[], None], *, close: Sequence[int] = ()
    ) -> None:
        """`close` are the parent's descriptors that the child must not hold open."""
        self.name = name
        self._run = run
        self._close = close
        self._pid = 0
        self._exit_code: int | None = 0

    def start(self) -> int:
        """Forks the child and gives its process id."""
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        self._exit_code = None
        self._pid = os.fork()
        if self._pid == 0:
            self._be_child(parent)
        return self._pid

    def poll(self) -> int | None:
        """None while it runs, else its exit code (negative: a signal)."""
        if self._exit_code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._exit_code = os.waitstatus_to_exitcode(status)
        return self._exit_code

    def wait(self) -> int:
        """The exit code, once it has ended."""
        if self._exit_code is None:
            _, status = os.waitpid(self._pid, 0)
            self._exit_code = os.waitstatus_to_exitcode(status)
        return self._exit_code

    def send_signal(self, signum: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self._pid, signum)

    def _be_child(self, parent: int) -> None:
        """Never returns: the stack below this call belongs to the parent."""
        code: object = 1
        try:
            self._leave_parent(parent)
            self._run()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        except BaseException:  # noqa: BLE001 - nothing above is left to report it.
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code if isinstance(code, int) else 1)

    def _leave_parent(self, parent: int) -> None:
        # A terminal's Ctrl-C is for the supervisor alone.
        os.setsid()
        signal.set_wakeup_fd(-1)
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(signum, signal.SIG_DFL)
        for fd in self._close:
            os.close(fd)
        lifeline.die_with(parent, self.kill_signal)


def call_in_child(name: str, function: Callable[[], Any]) -> Any:
    """What `function` gives, as JSON carries it, from a child that is then gone.

    Nothing that it imports or connects to stays in this process. Raises the
    child's OperatorError, and one of our own if the child fails otherwise.
    """
    reader, writer = os.pipe()

    def run() -> None:
        with open(writer, "w") as answer:
            try:
                json.dump({"given": function()}, answer)
            except OperatorError as error:
                json.dump({"refused": str(error)}, answer)

    child = Forked(name, run, close=[reader])
    child.start()
    os.close(writer)
    with open(reader) as answer:
        text = answer.read()
    if child.wait() != 0:
        raise OperatorError(f"The {name} failed; see above.")
    outcome = json.loads(text)
    if "refused" in outcome:
        raise OperatorError(outcome["refused"])
    return outcome["given"]
