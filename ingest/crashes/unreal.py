"""Takes the container of Unreal Engine's crash reporter apart, within bounds.

The container is one zlib stream. Inside, all numbers are 32-bit and little-endian, a
name is a length and so many bytes, padded with NUL. Version 5 of the engine begins
with "CR1" and a header; version 4 leaves the header's place empty and writes it at
the end. After the header's place come the files: number, name, length, bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from ingest.body import BodyError, decompress

_MARK = b"CR1"
_NUMBER = struct.Struct("<i")
_NAME_BYTES_MAX = 4096
# Two names of fixed length and two numbers: the place that version 4 leaves empty.
_HEADER_BYTES = 2 * (4 + 260) + 2 * 4
FILES_MAX = 100

_CONTEXT_BYTES_MAX = 2**20
_ELEMENTS_MAX = 5_000
_DEPTH_MAX = 20


class NotAReport(ValueError):
    """The bytes are no report of Unreal Engine's."""


class CrashFile(NamedTuple):
    """A file of a report."""

    name: str
    data: memoryview


# The texts of a context file by section and name.
Context = dict[str, dict[str, str]]


def read_report(data: bytes | memoryview, max_bytes: int) -> list[CrashFile]:
    """The report's files. Raises NotAReport, also when it inflates beyond the bound."""
    try:
        plain = decompress(bytes(data), "deflate", max_bytes)
    except BodyError as error:
        raise NotAReport(error.text) from None
    report = memoryview(plain)
    try:
        return list(_files(report))
    except struct.error:
        raise NotAReport("the report ends early") from None


def _files(report: memoryview) -> Iterator[CrashFile]:
    if report[:3] == _MARK:
        count, position = _header(report, len(_MARK))
    else:
        count, _ = _header(report, len(report) - _HEADER_BYTES)
        position = _HEADER_BYTES
    if not 0 <= count <= FILES_MAX:
        raise NotAReport(f"expected up to {FILES_MAX} files, the report names {count}")
    for _ in range(count):
        name, position = _name(report, position + _NUMBER.size)
        data, position = _block(report, position, len(report))
        yield CrashFile(name, data)


def _header(report: memoryview, position: int) -> tuple[int, int]:
    """How many files there are, and where the header ends."""
    for _ in ("directory", "file"):
        _, position = _name(report, position)
    count = _number(report, position + _NUMBER.size)
    return count, position + 2 * _NUMBER.size


def _name(report: memoryview, position: int) -> tuple[str, int]:
    data, end = _block(report, position, _NAME_BYTES_MAX)
    return bytes(data).partition(b"\x00")[0].decode("latin-1"), end


def _block(report: memoryview, position: int, max_bytes: int) -> tuple[memoryview, int]:
    """A length and so many bytes; and where they end."""
    length = _number(report, position)
    start = position + _NUMBER.size
    if not 0 <= length <= min(max_bytes, len(report) - start):
        raise NotAReport(f"a block of {length} bytes does not fit in the report")
    return report[start : start + length], start + length


def _number(report: memoryview, position: int) -> int:
    if position < 0:
        raise NotAReport("the report is too short")
    number: int = _NUMBER.unpack_from(report, position)[0]
    return number


def read_context(data: bytes | memoryview) -> Context:
    """The texts of a report's context file by section, such as RuntimeProperties.

    Empty for what is no XML, is too large or defines entities of its own: a parser
    would expand these without bound. Source: CrashContext.runtime-xml of the engine.
    """
    if len(data) > _CONTEXT_BYTES_MAX:
        return {}
    reader = _ContextReader()
    try:
        reader.read(bytes(data))
    except (expat.ExpatError, LookupError, ValueError, _Refused):
        # Text in an encoding that nobody knows, or that takes two bytes a letter.
        return {}
    return reader.context


class _Refused(Exception):
    """The XML has what no context file has."""


class _ContextReader:
    """Keeps the texts of the elements on the third level."""

    def __init__(self) -> None:
        self.context: Context = {}
        self._open: list[str] = []
        self._text: list[str] = []
        self._elements = 0

    def read(self, data: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.Parse(data, True)

    def _refuse(self, *_arguments: object) -> None:
        raise _Refused

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > _ELEMENTS_MAX or len(self._open) == _DEPTH_MAX:
            raise _Refused
        self._open.append(name)
        self._text.clear()

    def _end(self, _name: str) -> None:
        if len(self._open) == 3:
            _, section, name = self._open
            text = "".join(self._text).strip()
            if text:
                self.context.setdefault(section, {}).setdefault(name, text)
        self._open.pop()
        self._text.clear()
