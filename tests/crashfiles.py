"""Makes the files of native crashes: minidumps and Unreal Engine's reports."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

ACCESS_VIOLATION = 0xC0000005
LINUX, WINDOWS = 0x8201, 2
AMD64 = 9
BUILD_ID = bytes(range(20))
GAME = r"C:\games\shop\game.exe"
GAME_AT, GAME_BYTES = 0x140000000, 0x10000


def make_minidump(
    *,
    order: str = "<",
    platform: int = WINDOWS,
    code: int = ACCESS_VIOLATION,
    parameters: Sequence[int] = (1, 0x10),
    address: int = GAME_AT + 0x1234,
    instruction: int = GAME_AT + 0x1234,
    modules: Sequence[tuple[str, int, int, bytes]] = (
        (GAME, GAME_AT, GAME_BYTES, b""),
    ),
    has_crash: bool = True,
    timestamp: int = 0x5AB38077,
) -> bytes:
    """A dump with system, crash, thread context and modules, as a handler writes it."""
    dump = _Dump(order)
    streams = {7: dump.system(platform), 4: dump.modules(modules)}
    if has_crash:
        context = dump.context(instruction)
        streams[6] = dump.crash(code, address, parameters, context)
    directory = dump.add(
        b"".join(dump.pack("III", kind, 0, at) for kind, at in streams.items())
    )
    header = dump.pack(
        "IIIIIIQ", 0x504D444D, 0xA793, len(streams), directory, 0, timestamp, 0
    )
    return header + bytes(dump.data)[len(header) :]


class _Dump:
    def __init__(self, order: str) -> None:
        self.order = order
        self.data = bytearray(32)

    def pack(self, form: str, *values: int) -> bytes:
        return struct.pack(self.order + form, *values)

    def add(self, data: bytes) -> int:
        """Where the data stands."""
        at = len(self.data)
        self.data += data
        return at

    def string(self, text: str) -> int:
        name = "utf-16-be" if self.order == ">" else "utf-16-le"
        data = text.encode(name)
        return self.add(self.pack("I", len(data)) + data + b"\0\0")

    def system(self, platform: int) -> int:
        text = self.string("Service Pack 1")
        return self.add(
            self.pack("HHHBBIIIII", AMD64, 6, 0, 8, 1, 10, 0, 19045, platform, text)
        )

    def context(self, instruction: int) -> tuple[int, int]:
        data = bytearray(1232)
        data[0xF8:0x100] = self.pack("Q", instruction)
        return len(data), self.add(bytes(data))

    def crash(
        self, code: int, address: int, given: Sequence[int], context: tuple[int, int]
    ) -> int:
        padded = [*given, *[0] * (15 - len(given))]
        return self.add(
            self.pack("IIIIQQII", 77, 0, code, 0, 0, address, len(given), 0)
            + self.pack("15Q", *padded)
            + self.pack("II", *context)
        )

    def modules(self, modules: Sequence[tuple[str, int, int, bytes]]) -> int:
        rows = []
        for name, address, size, identity in modules:
            text, at = self.string(name), self.add(identity)
            rows.append(
                self.pack("QIIII", address, size, 0, 0x5AB38077, text)
                + bytes(52)
                + self.pack("II", len(identity), at)
                + bytes(24)
            )
        return self.add(self.pack("I", len(rows)) + b"".join(rows))


def pdb_identity(name: str) -> bytes:
    """What names a program's symbols on Windows."""
    return b"RSDS" + bytes(range(16)) + struct.pack("<I", 10) + name.encode() + b"\0"


def elf_identity() -> bytes:
    return b"LEpB" + BUILD_ID


def make_unreal_report(files: dict[str, bytes], *, engine: int = 5) -> bytes:
    """A report of Unreal Engine's, of version 4 or 5."""
    entries = b"".join(
        struct.pack("<i", number) + _name(name) + struct.pack("<i", len(data)) + data
        for number, (name, data) in enumerate(files.items())
    )
    header = _name("UECC-Windows-1") + _name("UECC-Windows-1.uecrash")
    header += struct.pack("<ii", len(header) + 8 + len(entries), len(files))
    if engine == 5:
        return zlib.compress(b"CR1" + header + entries)
    return zlib.compress(bytes(len(header)) + entries + header)


def _name(text: str) -> bytes:
    return struct.pack("<i", 260) + text.encode().ljust(260, b"\0")


CONTEXT = b"""\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>
<FGenericCrashContext>
<RuntimeProperties>
<CrashVersion>3</CrashVersion>
<CrashType>Assert</CrashType>
<IsEnsure>false</IsEnsure>
<ErrorMessage>Assertion failed: Health &gt; 0</ErrorMessage>
<EngineVersion>5.3.2-29314046</EngineVersion>
<GameName>UE-Shop</GameName>
<LoginId>ab12</LoginId>
<UserName>ann</UserName>
<UserDescription>I opened the door</UserDescription>
<Misc.OSVersionMajor>Windows 11</Misc.OSVersionMajor>
<Misc.PrimaryGPUBrand>GeForce</Misc.PrimaryGPUBrand>
<MemoryStats.TotalPhysical>17179869184</MemoryStats.TotalPhysical>
<Threads><Thread><CallStack>game 0x1</CallStack></Thread></Threads>
</RuntimeProperties>
<GameData>
<Level>Castle</Level>
<__sentry>{"release": "shop@2", "tags": {"mode": "coop"}}</__sentry>
</GameData>
</FGenericCrashContext>
"""
