"""What users say on Django's own pages goes the way of all items: into the stream.

So it is digested under the shard's lock, finds its event whichever comes first, is
counted as its outcome, and waits where PostgreSQL is away.
"""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from ingest.append import StreamUnavailable, append_from_page
from ingest.auth import AuthError, parse_dsn
from ingest.counting import count_refusal, count_request
from ingest.envelope import Item, write_envelope
from ingest.outcomes import Outcome, category_of
from ingest.stream import Entry
from projects.keys import KeyInfo, load_key

_CLIENT = "errtrack.page/1"
_CATEGORY = category_of("user_report")


def key_of(dsn: str) -> KeyInfo | None:
    """The key that a DSN names, if it opens the DSN's project."""
    try:
        told = parse_dsn(dsn)
    except AuthError:
        return None
    key = load_key(told.public_key)
    if key is None or not key.is_active or key.project_id != told.project_id:
        return None
    return key


def submit_report(key: KeyInfo, event_id: str, report: dict[str, str]) -> None:
    """Takes in what a user said of an event: name, email, comments.

    Raises StreamUnavailable; again does no harm, for the same text is one report.
    """
    payload = orjson.dumps({"event_id": event_id, **report})
    item = Item({"type": "user_report"}, memoryview(payload))
    entry = Entry(
        project_id=key.project_id,
        key_id=key.key_id,
        received_at=datetime.now(UTC),
        kind="envelope",
        encoding="",
        event_id=event_id,
        client=_CLIENT,
        remote_ip="",
        user_agent="",
        body=write_envelope({"event_id": event_id}, [item]),
    )
    try:
        append_from_page(entry)
    except StreamUnavailable:
        count_request(Outcome.OVERLOADED)
        raise
    count_request(Outcome.ACCEPTED)


def refuse_report(key: KeyInfo) -> None:
    """Counts a report whose fields were not filled in as they must be."""
    count_request(Outcome.INVALID)
    count_refusal(key, _CATEGORY, Outcome.INVALID, "form")
