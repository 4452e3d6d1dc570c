"""Issues, their events and counts: fields, constraints and indexes."""

from issues.models.attachment import Attachment
from issues.models.counts import (
    EventUser,
    HourCount,
    IssueTags,
    IssueUser,
    ProjectHour,
    Tag,
)
from issues.models.event import Event, EventPart, PayloadDictionary
from issues.models.family import FamilyMember
from issues.models.feedback import UserReport
from issues.models.issue import (
    VISIBLE_STATUSES,
    Fingerprint,
    Issue,
    IssueState,
    Level,
    Status,
    Substatus,
)
from issues.models.operation import Operation, OperationChunk
from issues.models.regrouping import RegroupFinding, Regrouping, RegroupStep
from issues.models.search import DefaultSearch, ListPicks, SavedSearch
from issues.models.text import IssueText
from issues.models.triage import (
    CALLING_KINDS,
    Activity,
    Assignment,
    Bookmark,
    Sighting,
    Subscription,
)
from issues.models.waiting import Resolution, Snooze

__all__ = [
    "CALLING_KINDS",
    "VISIBLE_STATUSES",
    "Activity",
    "Assignment",
    "Attachment",
    "Bookmark",
    "DefaultSearch",
    "Event",
    "EventPart",
    "EventUser",
    "FamilyMember",
    "Fingerprint",
    "HourCount",
    "Issue",
    "IssueState",
    "IssueTags",
    "IssueText",
    "IssueUser",
    "Level",
    "ListPicks",
    "Operation",
    "OperationChunk",
    "PayloadDictionary",
    "ProjectHour",
    "RegroupFinding",
    "RegroupStep",
    "Regrouping",
    "Resolution",
    "SavedSearch",
    "Sighting",
    "Snooze",
    "Status",
    "Subscription",
    "Substatus",
    "Tag",
    "UserReport",
]
