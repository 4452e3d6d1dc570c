"""Gives root's PostgreSQL the ordinary user that it insists on."""

import ctypes
import os
import pwd
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from errtrack.errors import OperatorError

_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 4
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_CHOWN = 0
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAP_SETGID = 6
_CAP_SETUID = 7
_CAP_SETPCAP = 8
_OVERFLOW_ID = 65534  # The kernel's own nobody, where no user database names one.

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Whom a server runs as; `capability` lets it enter folders closed to that user."""

    uid: int
    gid: int
    capability: int | None = None

    def take_over(self, folder: Path) -> None:
        """Makes a folder and all in it this user's, if root made or moved it."""
        if os.geteuid() != 0 or folder.stat().st_uid == self.uid:
            return
        os.chown(folder, self.uid, self.gid)
        for path in folder.rglob("*"):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def take_on(self) -> None:
        """Becomes this user for good; runs in the child before it execs the server.

        The capability is handed on as an ambient one, and by a security bit that
        spares it when the user changes: PostgreSQL asks with access(2) whether it
        may read its own binaries, and only so does that answer count it.
        """
        if os.geteuid() != 0:
            return
        if self.capability is not None:
            _check(_libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        if self.capability is not None:
            _keep_only(self.capability)


def choose(folders: Sequence[Path], binaries: Sequence[Path]) -> ServerUser:
    """The user for the servers: ourselves, or as root an ordinary one.

    As root it is the owner of the first of `folders` that exists, else `nobody`.
    Where that user cannot come as far as one of `folders` or `binaries`, it gets
    the one capability to read and search: a clone below /root or another closed
    folder stays as closed as it was.
    """
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid())
    held = _held_capabilities()
    if not {_CAP_CHOWN, _CAP_SETGID, _CAP_SETUID} <= held:
        raise OperatorError(
            "PostgreSQL does not run as root, and this root may not become another "
            "user: run errtrack as an ordinary user, or set DATABASE_URL."
        )
    uid, gid = _ordinary_owner(folders)
    if all(_is_open_to_all(path) for path in (*folders, *binaries)):
        return ServerUser(uid, gid)
    return ServerUser(uid, gid, _reading_capability(held))


def _ordinary_owner(folders: Sequence[Path]) -> tuple[int, int]:
    for folder in folders:
        if folder.exists() and folder.stat().st_uid != 0:
            return folder.stat().st_uid, folder.stat().st_gid
    with suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid
    return _OVERFLOW_ID, _OVERFLOW_ID


def _is_open_to_all(path: Path) -> bool:
    folders = path.resolve().parents
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _held_capabilities() -> set[int]:
    """What this root may do; everything where the kernel does not split it (macOS)."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return {_CAP_CHOWN, _CAP_SETGID, _CAP_SETUID}
    line = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    bits = int(line.split()[1], 16)
    return {capability for capability in range(64) if bits & 1 << capability}


def _reading_capability(held: set[int]) -> int:
    """The weakest capability at hand that reads and searches everywhere."""
    if _CAP_SETPCAP in held:
        for capability in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
            if capability in held:
                return capability
    raise OperatorError(
        "PostgreSQL does not run as root, and an ordinary user cannot enter this "
        "folder: move the clone to where every user may enter, or run errtrack as "
        "an ordinary user."
    )


def _keep_only(capability: int) -> None:
    """Drops every capability but one, which then survives exec."""
    bits = 1 << capability
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable: first the low 32 bits of each, then the high.
    sets = (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)
    _check(_libc.capset(header, sets))
    _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
