"""`errtrack web`, `worker` and `beat`: one process each, in the foreground."""

import gc
import os
from contextlib import nullcontext
from pathlib import Path

from errtrack import listener as listeners
from errtrack.commands.access import require_running


def run(command: str, data: Path, bind: str) -> None:
    """Runs `web` on `bind`, `worker` or `beat` until SIGTERM."""
    with listeners.listen(bind) if command == "web" else nullcontext() as listener:
        require_running(data)
        if listener is not None:
            os.environ["ERRTRACK_BIND"] = listeners.name(listener)
        # Only now: the import reads the settings and whether servers are there.
        from errtrack import processes

        gc.freeze()
        if listener is not None:
            processes.run_web(listener)
        elif command == "worker":
            processes.run_worker()
        else:
            processes.run_beat()
