"""Attachments: files that come with an event, before it or after it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence

from django.conf import settings

from ingest.crashes.completion import MINIDUMP, attachment_type
from ingest.crashes.minidump import is_minidump
from ingest.envelope import Item
from ingest.eventjson import clean_text
from ingest.items.kind import Context, Kind, Refusal
from ingest.outcomes import Outcome
from ingest.sizes import EVENT_TYPES
from issues import attachments
from issues.attachments import NewAttachment, Verdict
from issues.filestore import Incoming, StorageFailed

NAME_CHARS = 255
CONTENT_TYPE_CHARS = 100
KIND_CHARS = 64
NAMELESS = "attachment"

# Items that become an event, or that are taken and not kept.
_EVENTS = EVENT_TYPES | {"transaction"}

_REFUSALS = {
    Verdict.DUPLICATE: (Outcome.DUPLICATE, ""),
    Verdict.EVENT_REFUSED: (Outcome.FILTERED, "event_refused"),
    Verdict.EVENT_SAMPLED: (Outcome.FILTERED, "event_sampled"),
    Verdict.EVENT_FULL: (Outcome.TOO_LARGE, "event_attachments"),
    Verdict.PROJECT_FULL: (Outcome.RATE_LIMITED, "project_attachments"),
    Verdict.STORAGE_FAILED: (Outcome.OVERLOADED, "storage"),
}

_log = logging.getLogger(__name__)


def read(item: Item, context: Context) -> NewAttachment:
    """Writes the file to the disk, so that no memory holds it until it is stored."""
    kind = attachment_type(item)
    if len(item.payload) > settings.MAX_ATTACHMENT_BYTES:
        raise Refusal(Outcome.TOO_LARGE, "attachment")
    if kind == MINIDUMP and not is_minidump(item.payload):
        raise Refusal(Outcome.INVALID, "minidump")
    if not context.entry.event_id:
        raise Refusal(Outcome.INVALID, "event_id")
    return NewAttachment(
        project_id=context.entry.project_id,
        event_id=uuid.UUID(context.entry.event_id),
        received_at=context.entry.received_at,
        name=_text(item, "filename", NAME_CHARS) or NAMELESS,
        content_type=_text(item, "content_type", CONTENT_TYPE_CHARS),
        kind=clean_text(kind)[:KIND_CHARS],
        file=_received(item),
        has_event=any(one.type in _EVENTS for one in context.items),
    )


def store(files: list[NewAttachment]) -> Sequence[Refusal | None]:
    return [
        Refusal(*_REFUSALS[verdict]) if verdict in _REFUSALS else None
        for verdict in attachments.store(files)
    ]


def refuse_report(_item: Item, _context: Context) -> None:
    """Stands for reports of Unreal Engine's that could not be taken apart."""
    raise Refusal(Outcome.INVALID, "unreal_report")


def _received(item: Item) -> Incoming:
    try:
        return Incoming(item.payload)
    except StorageFailed as error:
        _log.error("an attachment could not be taken in: %s", error)
        raise Refusal(Outcome.OVERLOADED, "storage") from None


def _text(item: Item, name: str, max_chars: int) -> str:
    value = item.headers.get(name)
    return clean_text(value)[:max_chars].strip() if isinstance(value, str) else ""


ATTACHMENT = Kind(read, store)
UNREAL_REPORT = Kind(refuse_report, store)
