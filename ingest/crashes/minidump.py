"""Reads from a minidump what it tells cheaply: system, crash and modules.

Every offset and count in a dump is the sender's word: all reading goes through
`_Reader`, which gives nothing beyond the dump's end.
Source: Microsoft's minidumpapiset.h as documented, and Breakpad's additions to it.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass, field

MAGIC = b"MDMP"
SWAPPED_MAGIC = b"PMDM"

_STREAMS_MAX = 256
_MODULES_MAX = 10_000
_STRING_BYTES_MAX = 512
_BUILD_ID_BYTES_MAX = 64

_MODULE_LIST, _EXCEPTION, _SYSTEM_INFO = 4, 6, 7
_MODULE_BYTES = 108

_ARCHITECTURES = {
    0: "x86",
    1: "mips",
    3: "ppc",
    5: "arm",
    9: "x86_64",
    12: "arm64",
    0x8002: "ppc64",
    0x8003: "arm64",
    0x8004: "mips64",
    0x8005: "riscv32",
    0x8006: "riscv64",
}
_SYSTEMS = {
    0: "Windows",
    1: "Windows",
    2: "Windows",
    3: "Windows",
    0x8000: "Unix",
    0x8101: "macOS",
    0x8102: "iOS",
    0x8201: "Linux",
    0x8202: "Solaris",
    0x8203: "Android",
    0x8206: "Fuchsia",
}

# Where a thread's context holds the address of its instruction, and in how many bytes.
_INSTRUCTION = {
    "x86": (0xB8, 4),
    "x86_64": (0xF8, 8),
    "arm": (0x40, 4),
    "arm64": (0x108, 8),
}


class NotAMinidump(ValueError):
    """The bytes are no minidump."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A program or library as it was loaded."""

    name: str
    address: int
    size: int
    code_id: str = ""
    debug_id: str = ""
    debug_name: str = ""

    def holds(self, address: int) -> bool:
        return self.address <= address < self.address + self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """Why a thread stopped."""

    thread_id: int
    code: int
    flags: int
    # What the system gives with the code: an address that could not be read, say.
    address: int
    parameters: tuple[int, ...]
    # Where the thread was; 0 where the dump does not tell.
    instruction: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Minidump:
    """What a dump tells; parts that it lacks are empty."""

    # Seconds since 1970.
    timestamp: int
    system: str = ""
    system_version: str = ""
    system_build: str = ""
    architecture: str = ""
    crash: Crash | None = None
    modules: list[Module] = field(default_factory=list)

    def module_at(self, address: int) -> Module | None:
        return next((one for one in self.modules if one.holds(address)), None)


def is_minidump(data: bytes | memoryview) -> bool:
    """Whether the bytes begin as a dump does, of either byte order."""
    return bytes(data[:4]) in (MAGIC, SWAPPED_MAGIC)


def read_minidump(data: bytes | memoryview) -> Minidump:
    """What the dump tells. Raises NotAMinidump; damaged parts are left out."""
    if not is_minidump(data):
        raise NotAMinidump("expected a minidump's magic number")
    reader = _Reader(data, ">" if bytes(data[:4]) == SWAPPED_MAGIC else "<")
    header = reader.unpack("IIIIIIQ", 0)
    if header is None:
        raise NotAMinidump("the minidump's header ends early")
    _, _, count, directory, _, timestamp, _ = header
    streams = _streams(reader, directory, min(count, _STREAMS_MAX))
    system = _system(reader, streams.get(_SYSTEM_INFO, 0))
    return Minidump(
        timestamp=timestamp,
        **system,
        crash=_crash(reader, streams.get(_EXCEPTION, 0), system["architecture"]),
        modules=_modules(reader, streams.get(_MODULE_LIST, 0)),
    )


class _Reader:
    """A dump's bytes, of which nothing can be read that is not there."""

    def __init__(self, data: bytes | memoryview, order: str) -> None:
        self._data = memoryview(data)
        self.order = order

    def unpack(self, form: str, offset: int) -> tuple[int, ...] | None:
        """The numbers at the offset; None where the dump ends before."""
        layout = struct.Struct(self.order + form)
        if offset < 0 or offset + layout.size > len(self._data):
            return None
        return layout.unpack_from(self._data, offset)

    def bytes(self, offset: int, size: int) -> bytes:
        """Up to so many bytes."""
        return bytes(self._data[offset : offset + size])

    def string(self, offset: int) -> str:
        """A length in bytes, and UTF-16."""
        found = self.unpack("I", offset) if offset else None
        if found is None:
            return ""
        data = self.bytes(offset + 4, min(found[0], _STRING_BYTES_MAX) & ~1)
        name = "utf-16-be" if self.order == ">" else "utf-16-le"
        return data.decode(name, "replace").rstrip("\x00")


def _streams(reader: _Reader, directory: int, count: int) -> dict[int, int]:
    """Where the streams of each type are; of several of a type the first."""
    found: dict[int, int] = {}
    for place in range(count):
        entry = reader.unpack("III", directory + 12 * place)
        if entry is None:
            break
        kind, _, offset = entry
        found.setdefault(kind, offset)
    return found


def _system(reader: _Reader, offset: int) -> dict[str, str]:
    found = reader.unpack("HHHBBIIIII", offset) if offset else None
    if found is None:
        return {
            "system": "",
            "system_version": "",
            "system_build": "",
            "architecture": "",
        }
    architecture, _, _, _, _, major, minor, build, platform, text = found
    name = _SYSTEMS.get(platform, "")
    return {
        "system": name,
        "system_version": f"{major}.{minor}.{build}",
        "system_build": reader.string(text),
        "architecture": _ARCHITECTURES.get(architecture, ""),
    }


def _crash(reader: _Reader, offset: int, architecture: str) -> Crash | None:
    found = reader.unpack("IIIIQQII15QII", offset) if offset else None
    if found is None:
        return None
    thread_id, _, code, flags, _, address, count, _ = found[:8]
    context_size, context = found[23:]
    return Crash(
        thread_id=thread_id,
        code=code,
        flags=flags,
        address=address,
        parameters=found[8 : 8 + min(count, 15)],
        instruction=_instruction(reader, context, context_size, architecture),
    )


def _instruction(reader: _Reader, context: int, size: int, architecture: str) -> int:
    place, width = _INSTRUCTION.get(architecture, (0, 0))
    if not context or not width or place + width > size:
        return 0
    found = reader.unpack("Q" if width == 8 else "I", context + place)
    return found[0] if found else 0


def _modules(reader: _Reader, offset: int) -> list[Module]:
    found = reader.unpack("I", offset) if offset else None
    count = min(found[0], _MODULES_MAX) if found else 0
    modules = []
    for place in range(count):
        module = _module(reader, offset + 4 + _MODULE_BYTES * place)
        if module is None:
            break
        modules.append(module)
    return modules


def _module(reader: _Reader, offset: int) -> Module | None:
    found = reader.unpack("QIIII13III", offset)
    if found is None:
        return None
    address, size, _, timestamp, name = found[:5]
    identity_size, identity = found[18:20]
    told = _identity(reader, identity, identity_size)
    if not told.get("code_id") and timestamp:
        # As Windows' symbol servers name a program.
        told["code_id"] = f"{timestamp:08x}{size:x}"
    return Module(name=reader.string(name), address=address, size=size, **told)


def _identity(reader: _Reader, offset: int, size: int) -> dict[str, str]:
    """What finds a module's symbols: a PDB's name and age, or an ELF build id."""
    data = reader.bytes(offset, min(size, 24 + _STRING_BYTES_MAX)) if offset else b""
    if data[:4] == b"RSDS" and len(data) >= 24:
        guid, age = data[4:20], int.from_bytes(data[20:24], "little")
        name = data[24:].partition(b"\x00")[0].decode(errors="replace")
        known = _debug_id(guid)
        return {"debug_id": f"{known}-{age:x}" if age else known, "debug_name": name}
    if data[:4] == b"LEpB":
        build_id = data[4 : 4 + _BUILD_ID_BYTES_MAX]
        return {
            "code_id": build_id.hex(),
            "debug_id": _debug_id(build_id[:16].ljust(16, b"\x00")),
        }
    return {}


def _debug_id(guid: bytes) -> str:
    return str(uuid.UUID(bytes_le=guid))
