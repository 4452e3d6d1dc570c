"""Gives an envelope of a crash the event that its files stand for.

Dumps, reports and the parts that crash handlers write while a program dies become an
event, or complete the one that came with them; the files stay attachments. Symbols
are not looked up here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import orjson
from django.conf import settings

from ingest.body import BodyError, decompress
from ingest.crashes import unreal
from ingest.crashes.events import (
    JSON,
    event_of_apple_report,
    event_of_context,
    event_of_dump,
)
from ingest.crashes.formdata import event_of_form
from ingest.crashes.minidump import is_minidump, read_minidump
from ingest.crashes.msgpack import unpack_values
from ingest.envelope import Item
from ingest.eventjson import clean_tree, decode_event

MINIDUMP = "event.minidump"
APPLE_REPORT = "event.applecrashreport"
PAYLOAD = "event.payload"
BREADCRUMBS = "event.breadcrumbs"
UNREAL_CONTEXT = "unreal.context"
UNREAL_LOGS = "unreal.logs"

_PART_TYPES = {MINIDUMP, APPLE_REPORT, PAYLOAD, BREADCRUMBS, UNREAL_CONTEXT}
# Nothing is left of these once they are in the event.
_MERGED_TYPES = {PAYLOAD, BREADCRUMBS}
_COMPRESSED = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd"}


def complete(items: list[Item]) -> list[Item]:
    """The items with the event of a crash among them; others are left as they are."""
    if len(items) == 1 and items[0].type == "event":
        return items
    if not any(_is_part(item) for item in items):
        return items
    opened = [part for item in items for part in _open(item)]
    event, rest = _split(opened)
    try:
        tree = decode_event(bytes(event.payload)) if event else {}
    except ValueError:
        return items
    if not isinstance(tree, dict):
        return items
    parts = list(_told_by(rest))
    if event is None and not parts:
        # None of the files can be read.
        return rest
    for part in parts:
        _add(tree, part)
    headers = event.headers if event else {"type": "event"}
    kept = [item for item in rest if not _is_merged(item)]
    # Nested as deep as JSON may be read, it could not be written.
    return [Item(headers, memoryview(orjson.dumps(clean_tree(tree)))), *kept]


def attachment_type(item: Item) -> str:
    """What kind of file an attachment is; empty for other items."""
    if item.type != "attachment":
        return ""
    return str(item.headers.get("attachment_type") or "event.attachment")


def _is_part(item: Item) -> bool:
    if item.type in ("unreal_report", "form_data"):
        return True
    return attachment_type(item) in _PART_TYPES


def _is_merged(item: Item) -> bool:
    return item.type == "form_data" or attachment_type(item) in _MERGED_TYPES


def _split(items: list[Item]) -> tuple[Item | None, list[Item]]:
    """The event, if there is one, and everything else."""
    event = next((item for item in items if item.type == "event"), None)
    return event, [item for item in items if item is not event]


def _open(item: Item) -> Iterator[Item]:
    """The item without what is wrapped around it."""
    if item.type == "unreal_report":
        yield from _open_report(item)
    elif attachment_type(item) == MINIDUMP:
        yield Item(item.headers, _inflated(item.payload))
    else:
        yield item


def _inflated(payload: memoryview) -> memoryview:
    """The dump that is compressed by itself; the payload where it can't be opened."""
    encoding = _COMPRESSED.get(bytes(payload[:2]))
    if encoding is None:
        return payload
    try:
        plain = decompress(bytes(payload), encoding, settings.MAX_ATTACHMENT_BYTES)
    except BodyError:
        return payload
    return memoryview(plain)


def _open_report(item: Item) -> Iterator[Item]:
    """The files of Unreal Engine's report, and what the user said of it."""
    try:
        files = unreal.read_report(item.payload, settings.MAX_ENVELOPE_BYTES)
    except unreal.NotAReport:
        yield item
        return
    for name, data in files:
        kind = _kind_of_file(name, data)
        headers = {"type": "attachment", "filename": name, "attachment_type": kind}
        yield Item(headers, data)
        if kind == UNREAL_CONTEXT:
            yield from _said_in(unreal.read_context(data))


def _kind_of_file(name: str, data: memoryview) -> str:
    if is_minidump(data):
        return MINIDUMP
    if name.lower() == "crashcontext.runtime-xml":
        return UNREAL_CONTEXT
    if name.lower().endswith(".log"):
        return UNREAL_LOGS
    if bytes(data[:19]) == b"Incident Identifier":
        return APPLE_REPORT
    return "event.attachment"


def _said_in(context: unreal.Context) -> Iterator[Item]:
    told = context.get("RuntimeProperties", {})
    if comments := told.get("UserDescription"):
        report = {"comments": comments, "name": told.get("UserName", "")}
        yield Item({"type": "user_report"}, memoryview(orjson.dumps(report)))


def _told_by(items: list[Item]) -> Iterator[JSON]:
    """What the parts say of the event; what comes first has more weight."""
    readers = (_told_by_payload, _told_by_form, _told_by_context, _told_by_files)
    for read in readers:
        for item in items:
            try:
                told = read(item)
            except (ValueError, TypeError, RecursionError, msgspec.MsgspecError):
                # What can't be read, or has what JSON hasn't, is kept as a file, or
                # counted as invalid.
                continue
            if told:
                yield told


def _told_by_payload(item: Item) -> Any:
    kind = attachment_type(item)
    if kind not in _MERGED_TYPES or len(item.payload) > settings.MAX_EVENT_BYTES:
        return None
    # Through JSON, so that it holds nothing that an event cannot.
    values = decode_event(msgspec.json.encode(unpack_values(item.payload)))
    if not isinstance(values, list) or not values:
        return None
    if kind == BREADCRUMBS:
        crumbs = values[0] if isinstance(values[0], list) else values
        return {"breadcrumbs": {"values": crumbs}}
    return values[0] if isinstance(values[0], dict) else None


def _told_by_form(item: Item) -> JSON | None:
    return event_of_form(item.payload) if item.type == "form_data" else None


def _told_by_context(item: Item) -> JSON | None:
    if attachment_type(item) != UNREAL_CONTEXT:
        return None
    context = unreal.read_context(item.payload)
    event = event_of_context(context)
    told = decode_event(context.get("GameData", {}).get("__sentry", "{}").encode())
    if isinstance(told, dict):
        # What the game itself says comes first.
        _add(told, event)
        return told
    return event


def _told_by_files(item: Item) -> JSON | None:
    kind = attachment_type(item)
    if kind == MINIDUMP:
        return event_of_dump(read_minidump(item.payload))
    if kind == APPLE_REPORT:
        return event_of_apple_report(item.payload)
    return None


def _add(tree: JSON, part: JSON) -> None:
    """Adds what the event does not say yet; breadcrumbs are put together."""
    for name, value in part.items():
        own = tree.get(name)
        if not own:
            tree[name] = value
        elif name == "breadcrumbs":
            tree[name] = {"values": _crumbs(own) + _crumbs(value)}
        elif isinstance(own, dict) and isinstance(value, dict) and name != "exception":
            _add(own, value)


def _crumbs(value: object) -> list[Any]:
    inner = value.get("values") if isinstance(value, dict) else value
    return inner if isinstance(inner, list) else []
