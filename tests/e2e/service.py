"""A whole errtrack under `errtrack up`, and its other commands, as tests drive them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

EMAIL = "owner@shop.example"
PASSWORD = "correct horse battery staple"
ERRTRACK = Path(sys.executable).with_name("errtrack")
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 10.0
# What the test run itself was given must not reach the service under test.
_OURS = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


@dataclass
class Service:
    """A started `errtrack up`; `log` is all that it has written."""

    process: subprocess.Popen[bytes]
    data: Path
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    @property
    def url(self) -> str:
        return self._said("errtrack runs at")

    @property
    def dsn(self) -> str:
        return self._said("DSN")

    def _said(self, label: str) -> str:
        found = re.search(rf"^  {label} +(\S+)", self.log, re.MULTILINE)
        assert found, self.log
        return found.group(1)

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def get(self, path: str) -> int:
        """The status of a GET."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def stop(self, signum: signal.Signals = signal.SIGTERM) -> float:
        """Stops it and gives how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(signum)
        self.process.wait(STOP_TIMEOUT_S + 5)
        return time.monotonic() - began


def environment(**changes: str) -> dict[str, str]:
    """This environment without what names the servers of the test run."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name not in _OURS and not name.startswith("ERRTRACK_")
    }
    return {**ours, **changes}


def run(
    *arguments: str, data: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs one errtrack command to its end."""
    return subprocess.run(
        [str(ERRTRACK), *arguments, "--data", str(data)],
        env=environment(**(env or {})),
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        check=False,
    )


def run_program(script: Path) -> None:
    """Runs a Python program to its end, which has to be a good one."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def started(
    data: Path,
    *,
    env: dict[str, str] | None = None,
    bind: str = "127.0.0.1:0",
    **options: Any,
) -> Iterator[Service]:
    """`errtrack up`, by default on a port of the kernel's choice; killed at the end."""
    data.parent.mkdir(parents=True, exist_ok=True)
    log_file = data.with_name(f"{data.name}.{time.monotonic_ns()}.log")
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [str(ERRTRACK), "up", "--bind", bind, "--data", str(data)],
            env=environment(**(env or {})),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **options,
        )
    service = Service(process, data, log_file)
    try:
        wait_for(
            lambda: "Ctrl-C stops" in service.log or process.poll() is not None,
            START_TIMEOUT_S,
        )
        assert process.poll() is None, service.log
        yield service
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(STOP_TIMEOUT_S + 5)


def wait_for(condition: Callable[[], bool], timeout_s: float = 15.0) -> None:
    """Returns as soon as the condition holds; fails at the timeout."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def alive(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; a zombie does not."""
    return [each for each in processes if _is_alive(each)]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
