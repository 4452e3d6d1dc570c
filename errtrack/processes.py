"""What each process of the service does: web, worker and beat.

Importing this module imports all of the service, so that what is forked
afterwards shares its memory.
"""

import gc
import multiprocessing
import os
import resource
import signal
import socket
import sys
import warnings
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection

from celery.apps.worker import Worker
from celery.apps.worker import (  # type: ignore[attr-defined]  # The types lack it.
    install_worker_term_handler as install_term_handler,
)
from celery.beat import Scheduler, Service
from celery.signals import setup_logging
from celery.worker import WorkController
from django.conf import settings
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger

from errtrack import selfreport, trimming
from errtrack.asgi import application
from errtrack.celery import app
from errtrack.embedded import lifeline
from errtrack.forked import Forked
from errtrack.webworker import WebWorker
from ingest import attendance, beside, digest
from ingest.batches import Here
from ingest.browsers import client_of

# What each child would otherwise load for itself.
for _name in (
    "celery.concurrency.solo",
    "gunicorn.asgi.lifespan",
    "gunicorn.workers.gasgi",
    "kombu.transport.redis",
    "uvloop",
):
    import_module(_name)
app.loader.init_worker()
app.finalize()

# Objects made before the collector looks for cycles. Edge and digest make thousands
# for each event and hardly a cycle; at Python's 700 the looking took 25 µs of a
# request and 65 µs of an event in the digest.
_GC_THRESHOLD = 50_000

# What these prepare, the worker's one thread can just store.
_MAX_PREPARERS = 3

# How long a request under way may take when the service stops.
_WEB_GRACE_S = 4
# A web worker whose event loop stands still for so long is replaced.
_WEB_TIMEOUT_S = 60
# The most that the server allows: the oldest browser SDK sends events as addresses.
_REQUEST_LINE_BYTES = 8190
# Descriptors for everything but connections.
_OTHER_DESCRIPTORS = 100
# Longer than load balancers keep an idle connection, so that they close it.
_KEEPALIVE_S = 75


class _OurLogger(Logger):  # type: ignore[misc]  # gunicorn has no types.
    """Leaves gunicorn's messages to the log of all processes."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class _Web(BaseApplication):  # type: ignore[misc]  # gunicorn has no types.
    def __init__(self, listener: socket.socket) -> None:
        # gunicorn closes the descriptor and goes on with a copy.
        self._fd = listener.detach()
        super().__init__()

    def load_config(self) -> None:
        quiet = settings.LOG_LEVEL != "DEBUG"
        choices = {
            "bind": f"fd://{self._fd}",
            "worker_class": WebWorker,
            "workers": settings.WEB_WORKERS,
            "worker_connections": _connections(),
            "limit_request_line": _REQUEST_LINE_BYTES,
            "timeout": _WEB_TIMEOUT_S,
            "graceful_timeout": _WEB_GRACE_S,
            "keepalive": _KEEPALIVE_S,
            "loglevel": "warning" if quiet else "debug",
            "logger_class": _OurLogger,
            "control_socket_disable": True,
            "post_fork": _begin_web_worker,
        }
        for name, value in choices.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        return application


def _connections() -> int:
    """How many connections a web process takes at once, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.WEB_CONNECTIONS + _OTHER_DESCRIPTORS
    if resource.RLIM_INFINITY not in (soft, hard) and soft < wanted:
        soft = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return settings.WEB_CONNECTIONS
    return max(1, min(settings.WEB_CONNECTIONS, soft - _OTHER_DESCRIPTORS))


def _begin_web_worker(arbiter: Arbiter, _worker: WebWorker) -> None:
    lifeline.die_with(arbiter.pid, signal.SIGKILL)
    trimming.keep_large_apart()
    gc.set_threshold(_GC_THRESHOLD)
    selfreport.start("web")
    attendance.start()


def run_web(listener: socket.socket) -> None:
    """Serves pages, API and ingest on the listener until SIGTERM."""
    _Web(listener).run()


class _Worker(Worker):
    def install_platform_tweaks(self, worker: WorkController) -> None:
        """Celery's own, but that it says nothing on stdout about its end."""
        super().install_platform_tweaks(worker)
        install_term_handler(worker, verbose=False)


def load_for_worker() -> None:
    """Loads what only the worker needs, so that its first event does not wait.

    The rules of User-Agents take 8 MiB and 0.1 s.
    """
    client_of("")


def run_worker() -> None:
    """Runs tasks until SIGTERM, which lets the one under way finish."""
    setup_logging.connect(_keep_our_log)
    gc.set_threshold(_GC_THRESHOLD)
    _begin_preparing()
    selfreport.start("worker")
    trimming.begin_after_tasks()
    # The task messages are ours alone and carry JSON, so root is no risk here.
    warnings.filterwarnings("ignore", message=".*superuser privileges", append=False)
    worker = _Worker(
        app=app,
        pool="solo",
        concurrency=1,
        quiet=True,
        redirect_stdouts=False,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


def _begin_preparing() -> None:
    """Starts the processes that prepare the worker's batches."""
    here = Here(settings.SAMPLE_PER_HOUR)
    ends: list[Connection] = []
    for _ in range(min(_MAX_PREPARERS, os.cpu_count() or 1)):
        ours, theirs = multiprocessing.Pipe()
        ends.append(ours)
        serve = partial(_prepare_for, theirs, here)
        Forked("preparer", serve, close=[end.fileno() for end in ends]).start()
        theirs.close()
    digest.prepare_by(beside.Beside(ends, here))


def _prepare_for(worker: Connection, here: Here) -> None:
    selfreport.start("worker")
    beside.serve(worker, here, trimming.Trimmer().trim_in_turn)


def run_beat() -> None:
    """Sends what is due until SIGTERM; forgets at the end what it sent when."""
    signal.signal(signal.SIGTERM, lambda _signum, _frame: sys.exit(0))
    selfreport.start("beat")
    Service(app, scheduler_cls=Scheduler).start()


def _keep_our_log(**_details: object) -> None:
    """Tells Celery by its mere presence that logging is set up."""
