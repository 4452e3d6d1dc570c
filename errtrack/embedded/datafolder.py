"""The data folder: made, checked, and claimed by one process at a time."""

import fcntl
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from errtrack.embedded import postgres
from errtrack.embedded.postgres import Postgres
from errtrack.errors import OperatorError

VERSION = "1"
_LOCK = "lock"
_COMMAND_TIMEOUT_S = 300.0
_POLL_S = 0.1
# Commands are short: only a longer wait is worth a word.
_PATIENCE_S = 1.0


class Purpose(StrEnum):
    """What the holder of the lock runs its servers for."""

    SERVICE = "service"
    COMMAND = "command"


def prepare(data: Path) -> None:
    """Makes the folder, or checks that it is one that we can use.

    Raises OperatorError: not a folder, not writable, of another version.
    """
    try:
        _make(data)
    except FileExistsError:
        raise OperatorError(f"{data} is not a folder.") from None
    except OSError as error:
        raise OperatorError(
            f"The data folder {data} cannot be made: {error.strerror}."
        ) from None
    if not os.access(data, os.W_OK | os.X_OK):
        raise OperatorError(f"The data folder {data} is not writable for this user.")
    _check_version(data)
    _keep_secret_key(data)


def _make(data: Path) -> None:
    # As root the servers' ordinary user has to come through, and no further.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    data.parent.mkdir(parents=True, exist_ok=True)
    data.mkdir(mode=mode, exist_ok=True)


def _check_version(data: Path) -> None:
    found = _first_line(data / "VERSION")
    if found is None:
        _write_new(data / "VERSION", VERSION)
    elif found != VERSION:
        raise OperatorError(
            f"The data folder {data} is of version {found}, this errtrack reads "
            f"version {VERSION}: install the errtrack that made it, or choose another "
            "folder with --data."
        )
    major = _first_line(data / Postgres.name.lower() / "PG_VERSION")
    if major not in (None, postgres.MAJOR):
        raise OperatorError(
            f"The data folder {data} was made by PostgreSQL {major}, this errtrack "
            f"brings {postgres.MAJOR}: dump it with the errtrack that made it, or "
            "choose another folder with --data."
        )


def _keep_secret_key(data: Path) -> None:
    """Makes the key that signs sessions once, unless the environment gives one."""
    if {"ERRTRACK_SECRET_KEY", "ERRTRACK_SECRET_KEY_FILE"} & os.environ.keys():
        return
    _write_new(data / "secret_key", secrets.token_urlsafe(50))


def _write_new(path: Path, line: str) -> None:
    """Writes a file that only we may read, whole or not at all, if there is none."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(line + "\n")
    # Unlike a rename, a link never replaces what another process has just made.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _first_line(path: Path) -> str | None:
    try:
        return path.read_text().partition("\n")[0].strip()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise OperatorError(
            f"{path} belongs to another user: run errtrack as the user who started "
            "it first, or as root."
        ) from None


@contextmanager
def claimed(
    data: Path, purpose: Purpose, environment: Mapping[str, str] | None = None
) -> Iterator[bool]:
    """Whether this process alone may run servers in the folder during the block.

    False says that a service runs there. Waits for commands, which are short.
    `environment` is what `environment_of_service` tells others meanwhile. The claim
    is a lock of the kernel's on an open file: it ends with the process whatever
    kills it, and children do not inherit it.
    """
    with (data / _LOCK).open("a+") as file:
        is_ours = _lock(file.fileno(), data)
        if is_ours:
            file.truncate(0)
            json.dump({"purpose": purpose, "environment": environment or {}}, file)
            file.flush()
        yield is_ours


def environment_of_service(data: Path) -> dict[str, str] | None:
    """What the service that runs in the folder was claimed with; None if none runs."""
    if not os.access(data / _LOCK, os.W_OK):
        return None
    with claimed(data, Purpose.COMMAND) as is_ours:
        return None if is_ours else _holder(data)["environment"]


def _lock(fd: int, data: Path) -> bool:
    began = time.monotonic()
    is_told = False
    while not _try_lock(fd):
        if _holder(data).get("purpose") == Purpose.SERVICE:
            return False
        waited_s = time.monotonic() - began
        if waited_s > _COMMAND_TIMEOUT_S:
            raise OperatorError(f"Another errtrack command does not leave {data}.")
        if waited_s > _PATIENCE_S and not is_told:
            sys.stderr.write(f"Waiting for another errtrack command on {data} …\n")
            is_told = True
        time.sleep(_POLL_S)
    return True


def _try_lock(fd: int) -> bool:
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _holder(data: Path) -> dict[str, Any]:
    """What the lock's holder wrote about itself, empty while it is writing."""
    try:
        holder: dict[str, Any] = json.loads((data / _LOCK).read_text())
    except ValueError:
        return {}
    return holder
