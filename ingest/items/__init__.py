"""The item types that are no events and are kept: a module for each topic."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.items.attachments import ATTACHMENT, UNREAL_REPORT
from ingest.items.checkins import CHECK_IN
from ingest.items.client_report import CLIENT_REPORT
from ingest.items.feedback import FEEDBACK, USER_REPORT
from ingest.items.kind import Kind
from ingest.items.sessions import SESSIONS

# By the item's type, in the order in which a batch stores them.
KINDS: Mapping[str, Kind] = {
    "session": SESSIONS,
    "sessions": SESSIONS,
    "check_in": CHECK_IN,
    "client_report": CLIENT_REPORT,
    "attachment": ATTACHMENT,
    "unreal_report": UNREAL_REPORT,
    "user_report": USER_REPORT,
    "feedback": FEEDBACK,
}
