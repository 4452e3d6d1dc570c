"""Forms of fields and files, of which only the fields are ever in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from ingest.answers import Refused
from ingest.endpoints.posted import Posted, invalid
from ingest.outcomes import Outcome

MAX_PARTS = 500
# What tells one file from another is in its first bytes.
MAGIC_BYTES = 16


@dataclass(slots=True)
class File:
    """A file of a form; `content` only where it was to be kept."""

    field: str
    name: str
    content_type: str
    size: int = 0
    magic: bytes = b""
    content: bytes | None = None


@dataclass(slots=True)
class Form:
    """Fields and files in the order in which they came."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)


def read_form(posted: Posted, keeps: Callable[[File], bool]) -> Form:
    """The form, with the content of those files that are to be kept.

    What is kept, fields too, may together be as large as an event. Raises Refused.
    """
    form = Form()
    room = posted.limits.max_event_bytes
    kept: list[bytes] | None = None
    segment: MultipartSegment | None = None
    for event in _events(posted):
        if isinstance(event, MultipartSegment):
            segment = event
            kept = []
            if segment.filename is not None:
                form.files.append(_file(segment))
                kept = [] if keeps(form.files[-1]) else None
        elif event is None and segment is not None:
            _complete(form, segment, kept)
        elif event is not None:
            if segment is not None and segment.filename is not None:
                _note(form.files[-1], event)
            if kept is not None:
                room -= len(event)
                kept.append(event)
        if room < 0:
            text = f"fields of more than {posted.limits.max_event_bytes} bytes"
            raise Refused(Outcome.TOO_LARGE, text, reason="form")
    return form


def contents(posted: Posted) -> Iterator[Iterator[bytes]]:
    """The content of each file in turn, to be read before the next is asked for."""
    events = _events(posted)
    for event in events:
        if isinstance(event, MultipartSegment) and event.filename is not None:
            yield _content(events)


def _content(events: Iterator[MultipartSegment | bytes | None]) -> Iterator[bytes]:
    while isinstance(event := next(events), bytes):
        yield event


def _events(posted: Posted) -> Iterator[MultipartSegment | bytes | None]:
    """Each part, then its content in pieces, then None."""
    _, options = parse_options_header(posted.content_type)
    try:
        parser = PushMultipartParser(
            options.get("boundary", ""), max_segment_count=MAX_PARTS
        )
        with parser:
            for piece in posted.pieces():
                for event in () if parser.closed else parser.parse(piece):
                    is_content = isinstance(event, bytearray)
                    yield bytes(event) if is_content else event
    except ParserLimitReached as error:
        raise Refused(Outcome.TOO_LARGE, f"bad form: {error}", reason="form") from None
    except MultipartError as error:
        raise invalid(f"bad form: {error}", "form") from None


def _file(segment: MultipartSegment) -> File:
    content_type = segment.content_type or "application/octet-stream"
    return File(segment.name or "", segment.filename or "", content_type)


def _note(file: File, piece: bytes) -> None:
    file.size += len(piece)
    if len(file.magic) < MAGIC_BYTES:
        file.magic += piece[: MAGIC_BYTES - len(file.magic)]


def _complete(form: Form, segment: MultipartSegment, kept: list[bytes] | None) -> None:
    if kept is None:
        return
    content = b"".join(kept)
    if segment.filename is not None:
        form.files[-1].content = content
    else:
        form.fields.append((segment.name or "", content.decode(errors="replace")))
