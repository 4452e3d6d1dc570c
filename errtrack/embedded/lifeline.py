"""Ties a child process to the life of the process that started it."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int, signum: signal.Signals) -> None:
    """Has the kernel send `signum` to this process when `parent` dies (Linux).

    Runs in the child, and after any change of user, which would undo it. The
    parent's starting thread must live as long as the parent: the kernel watches
    that thread. Elsewhere than on Linux the guardian (`errtrack.embedded.guardian`)
    does the same.
    """
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
