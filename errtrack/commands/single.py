"""`errtrack web`, `worker` and `beat`: one process each, in the foreground."""

import gc
import os
from contextlib import nullcontext
from pathlib import Path

import django

from errtrack import listener as listeners
from errtrack.commands.access import require_running
from errtrack.forked import call_in_child


def run(command: str, data: Path, bind: str) -> None:
    """Runs `web` on `bind`, `worker` or `beat` until SIGTERM."""
    with listeners.listen(bind) if command == "web" else nullcontext() as listener:
        require_running(data)
        if listener is not None:
            os.environ["ERRTRACK_BIND"] = listeners.name(listener)
            call_in_child("collection of static files", _collect_static_files)
        # Only now: the import reads the settings and whether servers are there.
        from errtrack import processes

        if command == "worker":
            processes.load_for_worker()
        gc.freeze()
        if listener is not None:
            processes.run_web(listener)
        elif command == "worker":
            processes.run_worker()
        else:
            processes.run_beat()


def _collect_static_files() -> None:
    django.setup()
    # Not at the top: it reads the settings.
    from errtrack.staticfiles import collect_if_changed

    collect_if_changed()
