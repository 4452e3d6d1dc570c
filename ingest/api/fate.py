"""What became of an event id."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ingest import fates, whereabouts
from ingest.whereabouts import Finding, Place
from issues.models import Issue
from projects.api.lookup import project_of
from projects.models import Project
from projects.tokens import requires

NEVER_SEEN = "unknown"
_TEXTS = {
    Place.STORED: "Stored.",
    Place.COUNTED: "Counted; its issue had enough full events in that hour.",
    Place.WAITING: "Accepted; it waits to be digested.",
    Place.SET_ASIDE: "Accepted, but set aside: the digest failed at it.",
}


class FindingShape(TypedDict):
    """`status` is stored, counted, waiting, set_aside, or the outcome."""

    status: str
    category: str
    reason: str
    detail: str
    date: datetime
    groupID: str | None
    permalink: str | None


class FateShape(TypedDict):
    """`status` is that of the first finding, or unknown where there is none.

    Refused events are remembered for `rememberedHours` at least, unless in a flood.
    `isComplete` is false while not everything could be asked.
    """

    eventID: str
    status: str
    findings: list[FindingShape]
    isComplete: bool
    rememberedHours: int


class EventFateView(APIView):
    permission_classes = (requires(read="event:read"),)

    @extend_schema(
        summary="What became of an event: stored, refused, waiting or never seen",
        responses=FateShape,
    )
    def get(self, request: Request, org: str, project: str, event: str) -> Response:
        found = project_of(request, org, project)
        event_id = whereabouts.read_event_id(event)
        if event_id is None:
            raise ParseError("Expected an event id of 32 hexadecimal digits")
        answer = whereabouts.find([found], event_id)
        with translation.override("en"):
            findings = [_finding_json(one, event_id) for one in answer.findings]
        body: FateShape = {
            "eventID": event_id,
            "status": findings[0]["status"] if findings else NEVER_SEEN,
            "findings": findings,
            "isComplete": answer.is_complete,
            "rememberedHours": fates.KEPT_S // 7200,
        }
        return Response(body)


def _finding_json(finding: Finding, event_id: str) -> FindingShape:
    issue = finding.issue
    entry = finding.entry
    words = finding.words
    return {
        "status": str(finding.outcome or finding.place),
        "category": finding.category,
        "reason": entry.reason if entry else finding.reason,
        "detail": str(words.meaning) if words else _TEXTS[finding.place],
        "date": finding.at,
        "groupID": str(issue.pk) if issue else None,
        "permalink": _permalink(finding.project, issue, event_id) if issue else None,
    }


def _permalink(project: Project, issue: Issue, event_id: str) -> str:
    where = [project.organization.slug, project.slug, issue.number, event_id]
    return settings.PUBLIC_URL + reverse("issues:event", args=where)
