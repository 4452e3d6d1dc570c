"""Where is my event: what became of an event id, as far as anything tells."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import redis
from django.db.models import Q

from ingest import fates
from ingest.models import PoisonEntry
from ingest.outcomes import EVENT_CATEGORIES, Outcome
from ingest.reasons import Words
from ingest.waiting import Waiting, find_spooled, find_waiting
from ingest.wording import words_for
from issues.merging.families import seen_instead
from issues.models import Event, Issue
from projects.models import Project

_log = logging.getLogger(__name__)
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


class Place(StrEnum):
    """Where an event can be found."""

    STORED = "stored"
    # Stored without its payload: beyond the hour's sample.
    COUNTED = "counted"
    WAITING = "waiting"
    SET_ASIDE = "set_aside"
    # Refused, filtered or left out; the finding's outcome says why.
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One trace of the id in a project; fields that say nothing are empty."""

    place: Place
    project: Project
    at: datetime
    issue: Issue | None = None
    entry: PoisonEntry | None = None
    category: str = ""
    outcome: Outcome | None = None
    reason: str = ""

    @property
    def words(self) -> Words | None:
        return words_for(self.outcome, self.reason) if self.outcome else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """All traces of an id; `is_complete` says whether everybody could be asked."""

    event_id: str
    findings: list[Finding]
    is_complete: bool


def read_event_id(text: str) -> str | None:
    """The id as 32 hex digits: with dashes or without, in any case; None for others."""
    digits = text.strip().replace("-", "").lower()
    return digits if _EVENT_ID.fullmatch(digits) else None


def find(projects: Sequence[Project], event_id: str) -> Whereabouts:
    """What became of the id in the projects; `event_id` is 32 hex digits."""
    by_id = {project.pk: project for project in projects}
    findings = [*_stored(by_id, event_id), *_set_aside(by_id, event_id)]
    is_complete = True
    for look in (_left_out, _queued, _spooled):
        if findings and look is not _left_out:
            # What was digested waits no more.
            break
        try:
            findings += look(by_id, event_id)
        except (redis.RedisError, OSError) as error:
            _log.warning("not everybody can be asked for an event: %s", error)
            is_complete = False
    return Whereabouts(event_id=event_id, findings=findings, is_complete=is_complete)


def _stored(projects: dict[int, Project], event_id: str) -> list[Finding]:
    rows: list[Any] = list(
        Event.objects.filter(project__in=projects, event_id=uuid.UUID(event_id))
        .annotate(is_kept=Q(payload__isnull=False))
        .order_by("-received_at")
        .defer("payload")
    )
    issues = seen_instead(row.issue_id for row in rows)
    return [
        Finding(
            place=Place.STORED if row.is_kept else Place.COUNTED,
            project=projects[row.project_id],
            at=row.received_at,
            issue=issues.get(row.issue_id),
        )
        for row in rows
    ]


def _set_aside(projects: dict[int, Project], event_id: str) -> list[Finding]:
    entries = PoisonEntry.objects.filter(project__in=projects, event_id=event_id)
    return [
        Finding(
            place=Place.SET_ASIDE,
            project=projects[entry.project_id],
            at=entry.received_at,
            entry=entry,
        )
        for entry in entries.defer("body").order_by("-pk")
    ]


def _left_out(projects: dict[int, Project], event_id: str) -> list[Finding]:
    found = fates.find_in(list(projects), event_id)
    # The event before what came with it.
    found.sort(key=lambda one: one[1].category not in EVENT_CATEGORIES)
    return [
        Finding(
            place=Place.LEFT_OUT,
            project=projects[project_id],
            at=fate.at,
            category=fate.category,
            outcome=fate.outcome,
            reason=fate.reason,
        )
        for project_id, fate in found
    ]


def _queued(projects: dict[int, Project], event_id: str) -> list[Finding]:
    return _waiting(projects, find_waiting(projects.keys(), event_id))


def _spooled(projects: dict[int, Project], event_id: str) -> list[Finding]:
    return _waiting(projects, find_spooled(projects.keys(), event_id))


def _waiting(
    projects: dict[int, Project], requests: Iterable[Waiting]
) -> list[Finding]:
    return [
        Finding(
            place=Place.WAITING,
            project=projects[request.project_id],
            at=request.received_at,
        )
        for request in requests
    ]
