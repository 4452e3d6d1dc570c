"""`errtrack up`: the whole service under one supervisor."""

from __future__ import annotations

import gc
import os
import socket
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import django

from errtrack import env
from errtrack import listener as listeners
from errtrack.commands.access import missing_kinds
from errtrack.commands.console import say
from errtrack.embedded import datafolder, guardian, leftovers, logfiles, servers
from errtrack.embedded.datafolder import Purpose
from errtrack.embedded.server import Server
from errtrack.errors import OperatorError
from errtrack.forked import Forked, call_in_child
from errtrack.supervisor import Supervisor, Watched

# What other commands on the same data must know of us.
_TOLD = ("ERRTRACK_BIND", "ERRTRACK_URL")
# Together well within the ten seconds that a stop may take.
_PROCESSES_STOP_S = 5.0
_SERVERS_STOP_S = 2.5
_WEB_START_S = 60.0
_POLL_S = 0.05


def up(data: Path, bind: str) -> None:
    """Runs the service until SIGINT or SIGTERM; raises OperatorError if it cannot."""
    with listeners.listen(bind) as listener:
        os.environ["ERRTRACK_BIND"] = listeners.name(listener)
        datafolder.prepare(data)
        told = {name: value for name in _TOLD if (value := env.text(name))}
        with datafolder.claimed(data, Purpose.SERVICE, told) as is_ours:
            if not is_ours:
                raise OperatorError(
                    f"errtrack already runs on {data}: stop it first, or choose "
                    "another folder with --data."
                )
            leftovers.clear(data)
            _supervise(data, listener)


def _supervise(data: Path, listener: socket.socket) -> None:
    supervisor = Supervisor(
        on_change=lambda children: _record(data, children),
        housekeeping=lambda: logfiles.trim(data),
    )
    try:
        _start(supervisor, data, listener)
        supervisor.run()
    except KeyboardInterrupt:
        say("Interrupted while starting.")
    finally:
        listener.close()
        say("Stopping …")
        supervisor.stop()
        leftovers.record(data, [])


def _record(data: Path, children: list[Watched]) -> None:
    running = [each for each in children if each.pid]
    leftovers.record(
        data, [leftovers.describe(it.pid, it.child.kill_signal) for it in running]
    )


def _start(supervisor: Supervisor, data: Path, listener: socket.socket) -> None:
    """Brings everything up in order, telling of each step."""
    say(f"errtrack {version('errtrack')} with its data in {data}")
    guard = guardian.start_where_needed(data)
    kinds = missing_kinds()
    private = servers.make_servers(data, kinds)
    supervisor.start(private, stop_timeout_s=_SERVERS_STOP_S)
    django.setup()
    servers.wait_until_ready(private)
    say(f"{_names(kinds)} ready" if kinds else "Using the servers you named")
    first = call_in_child("preparation", _prepare)
    say("Database, static files and first project ready")
    _start_processes(supervisor, listener, guard)
    _wait_until_serving(supervisor, listeners.name(listener))
    say("Web, worker and beat ready")
    _welcome(first)


def _names(kinds: list[type[Server]]) -> str:
    return " and ".join(kind.name for kind in kinds)


def _prepare() -> dict[str, Any]:
    # Here, so that what only preparation needs stays out of the other processes.
    from errtrack.commands.preparation import prepare

    return prepare()


def _start_processes(
    supervisor: Supervisor, listener: socket.socket, guard: list[int]
) -> None:
    """Imports the service once and forks its processes."""
    # Only now: the pages' static files are looked up while they are imported.
    from errtrack import processes

    processes.load_for_worker()
    not_web = [*guard, listener.fileno()]
    gc.collect()
    gc.freeze()
    supervisor.start(
        [
            Forked("web", lambda: processes.run_web(listener), close=guard),
            Forked("worker", processes.run_worker, close=not_web),
            Forked("beat", processes.run_beat, close=not_web),
        ],
        stop_timeout_s=_PROCESSES_STOP_S,
    )


def _wait_until_serving(supervisor: Supervisor, bind: str) -> None:
    deadline = time.monotonic() + _WEB_START_S
    while not listeners.is_serving(bind):
        ended = supervisor.ended()
        if ended is not None:
            raise OperatorError(f"{ended.child.name} ended while starting; see above.")
        if time.monotonic() > deadline:
            raise OperatorError(f"Nothing answers on {bind}; see above.")
        time.sleep(_POLL_S)


def _welcome(first: dict[str, Any]) -> None:
    password = first["password"] or "(the password of the first start)"
    say(
        f"""
  errtrack runs at   {first["url"]}
  Sign in            {first["email"]}   {password}
  DSN                {first["dsn"]}

  Try it:

    import sentry_sdk
    sentry_sdk.init("{first["dsn"]}")
    1 / 0

  Ctrl-C stops everything."""
    )
