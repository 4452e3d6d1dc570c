"""What users say: reports on an event, and feedback with or without one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from ingest.envelope import Item
from ingest.gate import event_id_of
from ingest.items.kind import Context, Kind, Refusal
from ingest.items.payload import object_of
from ingest.outcomes import Outcome
from ingest.secrets import cleaned
from issues import reports
from issues.reports import NewReport

# A feedback item is a whole event, with contexts of its own.
MAX_BYTES = 2**20
# Source: protocol, "Relay's default limits".
COMMENTS_CHARS = 4096
NAME_CHARS = 128
EMAIL_CHARS = 254
URL_CHARS = 1000


def read_report(item: Item, context: Context) -> NewReport:
    """`{event_id, name, email, comments}`; the event may come later."""
    tree = _tree(item)
    event_id = event_id_of(tree.get("event_id")) or context.entry.event_id
    if not event_id:
        raise Refusal(Outcome.INVALID, "event_id")
    return NewReport(
        project_id=context.entry.project_id,
        received_at=context.entry.received_at,
        event_id=uuid.UUID(event_id),
        feedback_id=None,
        name=clean(tree.get("name"), NAME_CHARS),
        email=_address(tree.get("email")),
        comments=_comments(tree.get("comments")),
    )


def read_feedback(item: Item, context: Context) -> NewReport:
    """An event whose `contexts.feedback` holds the message."""
    tree = _tree(item)
    told = _object(_object(tree.get("contexts")).get("feedback"))
    user = _object(tree.get("user"))
    about = event_id_of(told.get("associated_event_id"))
    own = context.entry.event_id or event_id_of(tree.get("event_id"))
    return NewReport(
        project_id=context.entry.project_id,
        received_at=context.entry.received_at,
        event_id=uuid.UUID(about) if about else None,
        feedback_id=uuid.UUID(own) if own else uuid.uuid4(),
        name=clean(told.get("name") or user.get("name"), NAME_CHARS),
        email=_address(told.get("contact_email") or user.get("email")),
        comments=_comments(told.get("message")),
        url=clean(told.get("url"), URL_CHARS),
    )


def store(found: list[NewReport]) -> Sequence[Refusal | None]:
    return [
        None if is_new else Refusal(Outcome.DUPLICATE, "")
        for is_new in reports.store(found)
    ]


def _tree(item: Item) -> dict[str, Any]:
    if len(item.payload) > MAX_BYTES:
        raise Refusal(Outcome.TOO_LARGE, item.type)
    return object_of(item)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _comments(value: object) -> str:
    text = clean(value, COMMENTS_CHARS)
    if not text:
        raise Refusal(Outcome.INVALID, "comments")
    return text


def _address(value: object) -> str:
    """Something to answer to, or nothing."""
    text = clean(value, EMAIL_CHARS)
    return text if "@" in text else ""


def clean(value: object, max_chars: int) -> str:
    """A text as it is stored: within its bound and without secrets."""
    text = value if isinstance(value, str) else ""
    return cleaned(text[: 2 * max_chars].strip())[:max_chars]


USER_REPORT = Kind(read_report, store)
FEEDBACK = Kind(read_feedback, store)
