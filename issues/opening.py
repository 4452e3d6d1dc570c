"""Opens an issue: its row, those beside it, and what its reader has to do with it.

Each page of an issue asks for this. Django would compile a dozen joins anew for every
one of them (5 ms), and PostgreSQL plan them (2 ms); this statement is planned once a
connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from issues.models import Assignment, Issue, IssueState, Status
from projects.models import Membership, Organization, Project, Team, User
from projects.postgres import Row, run_planned
from projects.rules import GroupingTexts
from releases.models import Release

_MAX_NUMBER = 2**31 - 1

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """An issue with what the reader has to do with it."""

    issue: Issue
    is_bookmarked: bool
    # Since its last event.
    is_seen: bool
    # What users said of its events.
    report_count: int
    # Some event of its project came with files.
    has_files: bool
    # What its events carry: its own id, or those of all that was merged.
    family: list[int]
    # The rules for grouping that hold in its project.
    rules: GroupingTexts


def _names(model: type[Model]) -> list[str]:
    """The columns that pages use: what is searched by is large, and for no reader."""
    fields = model._meta.concrete_fields
    return [field.attname for field in fields if field.name != "search"]


# Tables by the name that the statement has for them, in the order of its columns.
_TABLES: dict[str, type[Model]] = {
    "i": Issue,
    "s": IssueState,
    "p": Project,
    "r": Release,
    "a": Assignment,
    "m": Membership,
    "u": User,
    "t": Team,
}
_COLUMNS = {alias: _names(model) for alias, model in _TABLES.items()}

# Parameters: the reader twice, organization, slug of the project, number.
_OPEN = f"""
SELECT
    EXISTS (SELECT FROM issues_bookmark b
        WHERE b.issue_id = i.id AND b.user_id = %s::int4),
    EXISTS (SELECT FROM issues_sighting g
        WHERE g.issue_id = i.id AND g.user_id = %s::int4 AND g.seen_at >= s.last_seen),
    (SELECT count(*) FROM issues_userreport v WHERE v.issue_id = i.id
        OR v.issue_id IN (SELECT source_id FROM issues_familymember
            WHERE survivor_id = i.id)),
    EXISTS (SELECT FROM issues_attachment f WHERE f.project_id = i.project_id),
    ARRAY(SELECT source_id FROM issues_familymember WHERE survivor_id = i.id),
    (SELECT ARRAY[g.fingerprinting, g.enhancements] FROM projects_groupingruleset g
        WHERE g.project_id = i.project_id AND g.is_current LIMIT 1),
    {", ".join(f"{one}.{name}" for one, names in _COLUMNS.items() for name in names)}
FROM issues_issue i
JOIN projects_project p ON p.id = i.project_id
JOIN issues_issuestate s ON s.issue_id = i.id
LEFT JOIN releases_release r ON r.id = i.first_release_id
LEFT JOIN issues_assignment a ON a.issue_id = i.id
LEFT JOIN projects_membership m ON m.id = a.member_id
LEFT JOIN projects_user u ON u.id = m.user_id
LEFT JOIN projects_team t ON t.id = a.team_id
WHERE p.organization_id = %s::int4 AND p.slug = %s::text AND p.deleted_at IS NULL
    AND i.number = %s::int4 AND s.status <> {Status.DELETED}
"""


def open_issue(
    reader: User, organization: Organization, slug: str, number: int
) -> OpenIssue | None:
    """The issue of that number in the project, also one that was merged; else None."""
    if not 0 <= number <= _MAX_NUMBER:
        return None
    asked = (reader.pk, reader.pk, organization.pk, slug, number)
    rows = run_planned(_OPEN, asked)
    if not rows:
        return None
    is_bookmarked, is_seen, reports, has_files, sources, texts, *columns = rows[0]
    issue = _issue_of(columns, organization)
    return OpenIssue(
        issue=issue,
        is_bookmarked=is_bookmarked,
        is_seen=is_seen,
        report_count=reports,
        has_files=has_files,
        family=sources or [issue.pk],
        rules=_rules_of(texts),
    )


def _rules_of(texts: list[str] | None) -> GroupingTexts:
    """None: nobody has written any."""
    if texts is None:
        return GroupingTexts()
    fingerprinting, enhancements = texts
    return GroupingTexts(fingerprinting=fingerprinting, enhancements=enhancements)


def _issue_of(columns: list[object], organization: Organization) -> Issue:
    """The issue with its state, project, first release and assignment."""
    parts: dict[str, Row] = {}
    begin = 0
    for alias, names in _COLUMNS.items():
        parts[alias] = tuple(columns[begin : begin + len(names)])
        begin += len(names)
    issue = _made(Issue, parts, "i")
    project = _made(Project, parts, "p")
    state = _made(IssueState, parts, "s")
    assert issue is not None
    assert project is not None
    assert state is not None
    project.organization = organization
    issue.project = project
    # Sets the issue's own side, too.
    state.issue = issue
    issue.first_release = _made(Release, parts, "r")
    _assign(issue, parts)
    return issue


def _assign(issue: Issue, parts: dict[str, Row]) -> None:
    assignment = _made(Assignment, parts, "a")
    if assignment is None:
        # Known not to be there: to ask would be another statement.
        Issue._meta.get_field("assignment").set_cached_value(issue, None)
        return
    assignment.issue = issue
    assignment.team = _made(Team, parts, "t")
    assignment.member = member = _made(Membership, parts, "m")
    user = _made(User, parts, "u")
    if member is not None and user is not None:
        member.user = user


def _made(model: type[M], parts: dict[str, Row], alias: str) -> M | None:
    """The row; None where the join found none."""
    values = parts[alias]
    # Primary keys come first, and only they tell.
    if values[0] is None:
        return None
    return model.from_db(DEFAULT_DB_ALIAS, _COLUMNS[alias], values)
