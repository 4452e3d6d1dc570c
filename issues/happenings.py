"""Who did what when in a project or an organization, page by page, newest first.

Two sources are told as one: operations, each as one line however many issues it
changed, and what befell one issue at a time: by the service's own doing, or said of it
in a comment. What befalls nearly every issue (its first event, its growing old) is left
out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from issues import operations, shortid
from issues.models import Activity, Issue, Operation, Status
from projects import postgres
from projects.models import Organization, Project, User
from projects.moments import micros_of, moment_of

ROWS = 30

# What the service does, or others did to one issue before there were operations; and
# what people say.
SINGLE_KINDS = (
    Activity.Kind.NOTE,
    Activity.Kind.REGRESSION,
    Activity.Kind.ESCALATING,
    Activity.Kind.RESOLVED,
    Activity.Kind.UNRESOLVED,
    Activity.Kind.IGNORED,
)
# The person of the filter that is no person.
SERVICE = "service"

_CURSOR = re.compile(r"(\d{1,17})\.([oa])\.(\d{1,10})")
_LAST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the page is to show; empty: everything."""

    organization: Organization
    projects: Sequence[Project]
    # Only operations of this project, or with issues of it.
    project: Project | None = None
    reader: User
    # A user's id, or SERVICE.
    person: str = ""
    # The name of a kind of operations, or one of SINGLE_KINDS.
    kind: str = ""
    # The one operation to tell of.
    operation: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """An issue that a line names; without an address where it can't be seen."""

    short_id: str
    title: str
    project: Project
    number: int
    is_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened: an operation or an activity."""

    at: datetime
    operation: Operation | None = None
    activity: Activity | None = None
    # Some of the issues that it was about.
    issues: list[Named] = field(default_factory=list)

    @property
    def cursor(self) -> str:
        """Names the line's place: what is older comes after it."""
        micros = micros_of(self.at)
        source = "a" if self.operation is None else "o"
        row = self.operation or self.activity
        return f"{micros}.{source}.{row.pk if row else 0}"


@dataclass(frozen=True, slots=True)
class _Place:
    at: datetime
    # "o" or "a"; at the same time operations come first.
    source: str
    pk: int

    def id_below(self, source: str) -> int:
        """Of rows of that time and source, those with lower ids come after this."""
        if source == self.source:
            return self.pk
        return _LAST_ID if source > self.source else 0


def read_place(cursor: str) -> _Place | None:
    """None for the beginning, and for what is no cursor."""
    match = _CURSOR.fullmatch(cursor)
    if match is None or int(match[3]) > _LAST_ID:
        return None
    return _Place(moment_of(int(match[1])), match[2], int(match[3]))


def happenings(wanted: Wanted, cursor: str = "") -> tuple[list[Line], str]:
    """A page of lines, and the cursor of the next one; empty: there is none."""
    place = read_place(cursor)
    lines = _operations(wanted, place) + _activities(wanted, place)
    lines.sort(key=lambda line: (line.at, line.operation is not None), reverse=True)
    shown = lines[:ROWS]
    _name_issues(shown, {project.pk: project for project in wanted.projects})
    following = shown[-1].cursor if len(lines) > ROWS else ""
    return shown, following


def _operations(wanted: Wanted, place: _Place | None) -> list[Line]:
    if wanted.kind in SINGLE_KINDS and wanted.operation is None:
        return []
    rows = _operations_of(wanted)
    if place:
        rows = rows.filter(
            Q(created_at__lt=place.at)
            | Q(created_at=place.at, pk__lt=place.id_below("o")),
            created_at__lte=place.at,
        )
    rows = rows.select_related("user", "undone_by").order_by("-created_at", "-pk")
    return [Line(at=row.created_at, operation=row) for row in rows[: ROWS + 1]]


def _operations_of(wanted: Wanted) -> QuerySet[Operation]:
    rows = Operation.objects.filter(organization=wanted.organization)
    rows = operations.visible_to(rows, wanted.reader)
    rows = rows.exclude(project__deleted_at__isnull=False)
    # Nothing happened.
    rows = rows.exclude(finished_at__isnull=False, changed=0)
    if wanted.operation is not None:
        return rows.filter(pk=wanted.operation)
    if wanted.project is not None:
        several = Q(project=None, data__projects__contains=[wanted.project.pk])
        rows = rows.filter(Q(project=wanted.project) | several)
    if wanted.person:
        is_service = wanted.person == SERVICE
        rows = rows.filter(user=None if is_service else int(wanted.person))
    return rows.filter(kind=wanted.kind) if wanted.kind else rows


# Of each project the newest, and of these the newest: each index is read in its order.
# Parameters: project ids, kinds, user id (null: any), whether only the service, time,
# id, how many.
_ACTIVITIES = """
SELECT a.id FROM unnest(%s::int4[]) AS p(id)
CROSS JOIN LATERAL (
    SELECT id, created_at FROM issues_activity
    WHERE project_id = p.id AND operation_id IS NULL
      AND NOT kind IN ('first_seen', 'auto_set_ongoing')
      AND kind = ANY(%s::text[])
      AND (%s::int4 IS NULL OR user_id = %s::int4)
      AND (NOT %s::bool OR (user_id IS NULL AND kind <> 'note'))
      AND (created_at, id) < (%s::timestamptz, %s::int4)
    ORDER BY created_at DESC, id DESC LIMIT %s::int4
) AS a
ORDER BY a.created_at DESC, a.id DESC LIMIT %s::int4
"""


def _activities(wanted: Wanted, place: _Place | None) -> list[Line]:
    if wanted.operation is not None or (
        wanted.kind and wanted.kind not in SINGLE_KINDS
    ):
        return []
    asked = [wanted.kind] if wanted.kind else [kind.value for kind in SINGLE_KINDS]
    is_service = wanted.person == SERVICE
    user = int(wanted.person) if wanted.person and not is_service else None
    before = place or _Place(datetime.now(UTC) + timedelta(days=1), "a", _LAST_ID)
    found = postgres.run(
        _ACTIVITIES,
        [project.pk for project in wanted.projects],
        asked,
        user,
        user,
        is_service,
        before.at,
        before.id_below("a"),
        ROWS + 1,
        ROWS + 1,
    )
    rows = Activity.objects.select_related("user").in_bulk([pk for (pk,) in found])
    ordered = [rows[pk] for (pk,) in found if pk in rows]
    return [Line(at=row.created_at, activity=row) for row in ordered]


def _name_issues(lines: Sequence[Line], projects: dict[int, Project]) -> None:
    wanted = {line.activity.issue_id for line in lines if line.activity}
    for line in lines:
        wanted.update(line.operation.samples if line.operation else ())
    issues = (
        Issue.objects.select_related("state")
        .only("project_id", "number", "title", "state__status")
        .filter(project__in=list(projects))
        .in_bulk(wanted)
    )
    for line in lines:
        ids = line.operation.samples if line.operation else []
        if line.activity:
            ids = [line.activity.issue_id]
        for issue in (issues[pk] for pk in ids if pk in issues):
            project = projects[issue.project_id]
            line.issues.append(
                Named(
                    shortid.encode(project.slug, issue.number),
                    issue.title,
                    project,
                    issue.number,
                    issue.state.status != Status.DELETED,
                )
            )
