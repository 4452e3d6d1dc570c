"""The service as separate processes, each of which a test can kill and start again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from errtrack.embedded import addresses, servers
from errtrack.embedded.postgres import Postgres
from errtrack.embedded.server import Server
from errtrack.embedded.valkey import Valkey
from tests.e2e import service
from tests.e2e.service import ERRTRACK, START_TIMEOUT_S, wait_for

_KINDS: tuple[type[Server], ...] = (Postgres, Valkey)
_END_TIMEOUT_S = 15.0


class Apart:
    """PostgreSQL, Valkey, and any number of web, worker and beat processes.

    Processes go by a name that begins with their kind: "worker", "worker-2".
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        data.mkdir(mode=0o711)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "DATABASE_URL": addresses.database_url(data),
            "REDIS_URL": addresses.redis_url(data),
            "ERRTRACK_URL": self.url,
        }
        self._servers = {one.name: one for one in servers.make_servers(data, _KINDS)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._logs = ExitStack()

    def start(self, *names: str) -> None:
        """Starts servers and processes, and waits until the servers and web answer."""
        for name in names:
            if name in self._servers:
                self._start_server(self._servers[name])
            else:
                self._start_process(name)
        if "web" in names:
            wait_for(self.is_serving, START_TIMEOUT_S)

    def kill(self, name: str) -> None:
        """SIGKILL, to it alone; returns when it and its children are gone."""
        root = psutil.Process(self.pid(name))
        children = root.children(recursive=True)
        root.kill()
        if name in self._servers:
            self._reap(self._servers[name].process)
        else:
            self._reap(self._processes.pop(name))
        psutil.wait_procs(children, timeout=_END_TIMEOUT_S)
        assert not service.alive(children)

    def reap(self, name: str) -> None:
        """To be called once it has ended by itself."""
        self._reap(self._processes.pop(name))

    def send_signal(self, name: str, signum: signal.Signals) -> None:
        os.kill(self.pid(name), signum)

    def pid(self, name: str) -> int:
        process: subprocess.Popen[bytes] | None
        if name in self._servers:
            process = self._servers[name].process
        else:
            process = self._processes[name]
        assert process is not None
        return process.pid

    def command(self, *arguments: str) -> str:
        """What an errtrack command prints; it must succeed."""
        done = service.run(*arguments, data=self.data, env=self.environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def first(self) -> dict[str, Any]:
        """What `errtrack init --json` tells."""
        first: dict[str, Any] = json.loads(self.command("init", "--json"))
        return first

    def is_serving(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        for name in list(self._processes):
            self.kill(name)
        servers.stop(list(self._servers.values()))
        self._logs.close()

    def _start_server(self, server: Server) -> None:
        server.start()
        servers.wait_until_ready([server])

    def _start_process(self, name: str) -> None:
        kind = name.partition("-")[0]
        arguments = ["--bind", f"127.0.0.1:{self.port}"] if kind == "web" else []
        log = self._logs.enter_context((self.data / f"{name}.log").open("ab"))
        self._processes[name] = subprocess.Popen(
            [str(ERRTRACK), kind, *arguments, "--data", str(self.data)],
            env=service.environment(**self.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    def _reap(self, process: subprocess.Popen[bytes] | None) -> None:
        assert process is not None
        process.wait(_END_TIMEOUT_S)


@contextmanager
def apart(data: Path) -> Iterator[Apart]:
    """The servers, prepared for the first event; the processes are the test's."""
    running = Apart(data)
    try:
        running.start(Postgres.name, Valkey.name)
        yield running
    finally:
        running.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
