"""Issues, their events and counts: fields, constraints and indexes."""

from issues.models.attachment import Attachment
from issues.models.counts import EventUser, HourCount, IssueTags, IssueUser, Tag
from issues.models.event import Event, EventPart, PayloadDictionary
from issues.models.feedback import UserReport
from issues.models.issue import Fingerprint, Issue, IssueState, Level, Status, Substatus
from issues.models.triage import Activity, Bookmark, Sighting
from issues.models.waiting import Resolution, Snooze

__all__ = [
    "Activity",
    "Attachment",
    "Bookmark",
    "Event",
    "EventPart",
    "EventUser",
    "Fingerprint",
    "HourCount",
    "Issue",
    "IssueState",
    "IssueTags",
    "IssueUser",
    "Level",
    "PayloadDictionary",
    "Resolution",
    "Sighting",
    "Snooze",
    "Status",
    "Substatus",
    "Tag",
    "UserReport",
]
