"""Keeps a set of child processes running until it is told to stop."""

import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

_log = logging.getLogger(__name__)

HOUSEKEEPING_S = 60.0
_FIRST_PAUSE_S = 0.1
# A child that ran this long starts again without a growing pause.
_STEADY_S = 30.0
_KILL_TIMEOUT_S = 1.0
_POLL_S = 0.2


class Child(Protocol):
    """A process that can be started again: a server, or a fork of this one."""

    name: str

    @property
    def longest_pause_s(self) -> float:
        """To which the pause between vain starts grows."""
        ...

    @property
    def stop_signal(self) -> signal.Signals: ...
    @property
    def kill_signal(self) -> signal.Signals: ...
    def start(self) -> int: ...
    def poll(self) -> int | None: ...
    def send_signal(self, signum: signal.Signals) -> None: ...


@dataclass(slots=True)
class Watched:
    """A child as the supervisor knows it."""

    child: Child
    pid: int = 0
    started_at: float = 0.0
    pause_s: float = _FIRST_PAUSE_S
    restart_at: float | None = None


class Supervisor:
    """Starts groups of children, revives those that die, stops the last group first.

    Must be made and used in the main thread. SIGINT, SIGTERM and SIGHUP end `run`;
    while it has not begun they raise KeyboardInterrupt, and a second one makes
    `stop` kill instead of wait.
    """

    def __init__(
        self,
        *,
        on_change: Callable[[list[Watched]], None],
        housekeeping: Callable[[], None],
    ) -> None:
        """`on_change` gets all children whenever one has started."""
        self._groups: list[tuple[list[Watched], float]] = []
        self._on_change = on_change
        self._housekeeping = housekeeping
        self._stop_count = 0
        self._is_interruptible = True
        self._wakeup, writer = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _signum, _frame: None)
        # Also where a script that started us in the background has SIGINT ignored.
        signal.signal(signal.SIGINT, self._on_stop_signal)
        signal.signal(signal.SIGTERM, self._on_stop_signal)
        # nohup has the end of the terminal ignored, and means it.
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._on_stop_signal)

    def start(self, children: Sequence[Child], *, stop_timeout_s: float) -> None:
        """Starts a group of children, which later gets that long to stop cleanly."""
        group = [Watched(child) for child in children]
        self._groups.append((group, stop_timeout_s))
        for watched in group:
            self._start(watched)

    def ended(self) -> Watched | None:
        """The first child that does not run, if there is one."""
        down = (each for each in self._all() if each.child.poll() is not None)
        return next(down, None)

    def run(self) -> None:
        """Revives what dies, until a signal asks to stop."""
        self._is_interruptible = False
        next_housekeeping = 0.0
        while not self._stop_count:
            self._revive()
            if time.monotonic() >= next_housekeeping:
                self._housekeeping()
                next_housekeeping = time.monotonic() + HOUSEKEEPING_S
            self._sleep_until(min([next_housekeeping, *self._restarts()]))

    def stop(self) -> None:
        """Ends every group, the last first, each within its time; then kills."""
        self._is_interruptible = False
        while self._groups:
            group, timeout_s = self._groups.pop()
            self._signal(group, lambda child: child.stop_signal)
            self._wait_for(group, timeout_s, patience=1)
            self._signal(group, lambda child: child.kill_signal)
            self._wait_for(group, _KILL_TIMEOUT_S, patience=99)

    def _on_stop_signal(self, _signum: int, _frame: FrameType | None) -> None:
        self._stop_count += 1
        if self._is_interruptible:
            raise KeyboardInterrupt

    def _all(self) -> Iterator[Watched]:
        return (watched for group, _ in self._groups for watched in group)

    def _start(self, watched: Watched) -> None:
        watched.pid = watched.child.start()
        watched.started_at = time.monotonic()
        watched.restart_at = None
        self._on_change(list(self._all()))

    def _revive(self) -> None:
        for watched in self._all():
            code = watched.child.poll()
            if code is None:
                continue
            if watched.restart_at is None:
                self._plan_restart(watched, code)
            elif time.monotonic() >= watched.restart_at:
                self._start(watched)

    def _plan_restart(self, watched: Watched, code: int) -> None:
        now = time.monotonic()
        if now - watched.started_at > _STEADY_S:
            watched.pause_s = _FIRST_PAUSE_S
        watched.restart_at = now + watched.pause_s
        _log.error(
            "%s (process %d) ended with code %d and starts again in %.1f s",
            watched.child.name,
            watched.pid,
            code,
            watched.pause_s,
        )
        watched.pause_s = min(2 * watched.pause_s, watched.child.longest_pause_s)

    def _restarts(self) -> list[float]:
        return [each.restart_at for each in self._all() if each.restart_at is not None]

    def _signal(
        self, group: list[Watched], choose: Callable[[Child], signal.Signals]
    ) -> None:
        for watched in group:
            watched.child.send_signal(choose(watched.child))

    def _wait_for(
        self, group: list[Watched], timeout_s: float, *, patience: int
    ) -> None:
        """Returns when the group has ended, at the timeout, or at the next signal."""
        deadline = time.monotonic() + timeout_s
        while any(watched.child.poll() is None for watched in group):
            if time.monotonic() > deadline or self._stop_count > patience:
                return
            self._sleep_until(min(deadline, time.monotonic() + _POLL_S))

    def _sleep_until(self, deadline: float) -> None:
        """Sleeps until then, or until a signal comes."""
        pause_s = max(0.0, deadline - time.monotonic())
        select.select([self._wakeup], [], [], pause_s)
        with suppress(BlockingIOError):
            os.read(self._wakeup, 4096)
