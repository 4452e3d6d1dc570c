"""The supervisor's promises, kept to children that misbehave on purpose."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.e2e.service import alive, wait_for

pytestmark = pytest.mark.slow

_PROGRAM = """
import signal, sys, time
from pathlib import Path
from errtrack.embedded import guardian, leftovers
from errtrack.forked import Forked
from errtrack.supervisor import Supervisor

data, kind, guarded = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "guarded"

def child():
    if kind == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with (data / "starts").open("a") as starts:
        starts.write("x")
    if kind != "dying":
        time.sleep(600)

def record(children):
    started = [leftovers.describe(it.pid, it.child.kill_signal) for it in children]
    leftovers.record(data, started)

pipe = [guardian.start(data)] if guarded else []
if guarded:
    # As where the kernel does not tie children to their parent.
    sys.platform = "elsewhere"
supervisor = Supervisor(on_change=record, housekeeping=lambda: None)
try:
    supervisor.start([Forked(kind, child, close=pipe)], stop_timeout_s=30)
    supervisor.run()
finally:
    supervisor.stop()
"""


@contextmanager
def supervised(
    data: Path, kind: str, guarded: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor with one child of the kind, which has started at least once."""
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM, data, kind, guarded])
    try:
        wait_for(lambda: starts(data) > 0)
        yield process
    finally:
        process.kill()
        process.wait()


def starts(data: Path) -> int:
    file = data / "starts"
    return len(file.read_text()) if file.exists() else 0


def test_dying_child_is_started_again_and_again(tmp_path: Path) -> None:
    with supervised(tmp_path, "dying"):
        wait_for(lambda: starts(tmp_path) >= 4)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signal_stops_all(tmp_path: Path, name: str) -> None:
    with supervised(tmp_path, "polite") as supervisor:
        family = psutil.Process(supervisor.pid).children()
        supervisor.send_signal(signal.Signals[name])
        assert supervisor.wait(5) == 0
        assert alive(family) == []


def test_second_signal_kills_at_once(tmp_path: Path) -> None:
    with supervised(tmp_path, "deaf") as supervisor:
        family = psutil.Process(supervisor.pid).children()
        supervisor.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            supervisor.wait(0.5)
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(3) == 0
        assert alive(family) == []


def test_killed_supervisor_takes_its_children_along(tmp_path: Path) -> None:
    with supervised(tmp_path, "deaf") as supervisor:
        family = psutil.Process(supervisor.pid).children()
        supervisor.kill()
        wait_for(lambda: not alive(family))


def test_guardian_does_so_where_the_kernel_does_not(tmp_path: Path) -> None:
    with supervised(tmp_path, "deaf", "guarded") as supervisor:
        family = psutil.Process(supervisor.pid).children()
        assert len(family) == 2
        supervisor.kill()
        wait_for(lambda: not alive(family))


def test_ctrl_c_of_a_terminal_reaches_the_supervisor_alone(tmp_path: Path) -> None:
    with supervised(tmp_path, "polite") as supervisor:
        child = psutil.Process(supervisor.pid).children()[0]
        assert os.getsid(child.pid) == child.pid
