"""Crash reports and files of events, as forms or alone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import orjson

from ingest.crashes.completion import BREADCRUMBS, MINIDUMP, PAYLOAD
from ingest.crashes.formdata import event_of_form
from ingest.crashes.msgpack import unpack_values
from ingest.endpoints.forms import MAGIC_BYTES, File, Form, contents, read_form
from ingest.endpoints.packing import Packing
from ingest.endpoints.posted import Converted, Posted, invalid
from ingest.gate import event_id_of

FORM = "multipart/form-data"
MINIDUMP_FIELD = "upload_file_minidump"
EVENT_FIELD = "__sentry-event"
_ATTACHMENT_TYPES = {
    MINIDUMP_FIELD: MINIDUMP,
    EVENT_FIELD: PAYLOAD,
    "__sentry-breadcrumb1": BREADCRUMBS,
    "__sentry-breadcrumb2": BREADCRUMBS,
}

# What the address of an Unreal report tells, as fields of a form.
_UNREAL_FIELDS = {"UserID": "sentry[user][id]", "AppEnvironment": "sentry[environment]"}
# Of either byte order, or compressed by its sender: gzip, zstd.
_MINIDUMP_MAGIC = (b"MDMP", b"PMDM", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")


def minidump(posted: Posted) -> Converted:
    """The dump, the other files and the fields; the digest makes the event of them.

    Source: protocol, "Bodies of the special endpoints". Raises Refused.
    """
    if posted.media_type == FORM:
        return _minidump_form(posted)
    return _minidump_alone(posted)


def attachments(posted: Posted) -> Converted:
    """The form's files, for the event of the address. Raises Refused."""
    event_id = event_id_of(posted.argument)
    if event_id is None:
        raise invalid("bad event id: expected 32 hexadecimal digits", "event_id")
    if posted.media_type != FORM:
        raise invalid(f"expected a body of type {FORM}", "media_type")
    form = read_form(posted, keeps=lambda _: False)
    if not form.files:
        return Converted(())
    packing = Packing(event_id, is_crash=False)
    for file, content in zip(form.files, contents(posted), strict=True):
        packing.add(_headers(file), file.size, content)
    return Converted((packing.finish(),))


def unreal(posted: Posted) -> Converted:
    """The report of Unreal's crash reporter, and what the address tells. Raises
    Refused."""
    query = posted.query()
    fields = [
        (name, query[told]) for told, name in _UNREAL_FIELDS.items() if query.get(told)
    ]
    packing = Packing(uuid.uuid4().hex, is_crash=True)
    _add_fields(packing, fields)
    size = sum(map(len, posted.pieces()))
    packing.add({"type": "unreal_report"}, size, posted.pieces())
    return Converted((packing.finish(),))


def _add_fields(packing: Packing, fields: Sequence[tuple[str, str]]) -> None:
    if fields:
        payload = orjson.dumps(fields)
        packing.add({"type": "form_data"}, len(payload), [payload])


def _minidump_form(posted: Posted) -> Converted:
    form = read_form(posted, keeps=lambda file: file.field == EVENT_FIELD)
    dumps = [file for file in form.files if file.field == MINIDUMP_FIELD]
    if not dumps:
        raise invalid(f"no file in the field {MINIDUMP_FIELD}", "minidump")
    for file in dumps:
        _check_minidump(file.magic)
    packing = Packing(_event_id(form) or uuid.uuid4().hex, is_crash=True)
    _add_fields(packing, form.fields)
    for file, content in zip(form.files, contents(posted), strict=True):
        packing.add(_headers(file), file.size, content)
    return Converted((packing.finish(),))


def _event_id(form: Form) -> str | None:
    """The id that the form's event has already."""
    try:
        told = event_of_form(orjson.dumps(form.fields))
        for file in form.files:
            for event in unpack_values(file.content or b""):
                if isinstance(event, dict):
                    told.setdefault("event_id", event.get("event_id"))
    except ValueError:
        # The digest sets it aside.
        return None
    return event_id_of(told.get("event_id"))


def _minidump_alone(posted: Posted) -> Converted:
    file = File(MINIDUMP_FIELD, "minidump.dmp", "application/x-dmp")
    for piece in posted.pieces():
        file.magic = file.magic or piece[:MAGIC_BYTES]
        file.size += len(piece)
    _check_minidump(file.magic)
    packing = Packing(uuid.uuid4().hex, is_crash=True)
    packing.add(_headers(file), file.size, posted.pieces())
    return Converted((packing.finish(),))


def _headers(file: File) -> dict[str, Any]:
    return {
        "type": "attachment",
        "attachment_type": _ATTACHMENT_TYPES.get(file.field, "event.attachment"),
        "filename": file.name or file.field,
        "content_type": file.content_type,
    }


def _check_minidump(start: bytes) -> None:
    if not start.startswith(_MINIDUMP_MAGIC):
        raise invalid("bad minidump: it does not begin as one", "minidump")
