"""Opens an issue: its row, those beside it, and what its reader has to do with it.

Each page of an issue asks for this. Django would compile a dozen joins anew for every
one of them (5 ms), and PostgreSQL plan them (2 ms); this statement is planned once a
connection.
"""

from __future__ import annotations

from dataclasses import dataclass

from issues.models import Assignment, Issue, IssueState, Status
from projects.joins import Join
from projects.models import Membership, Organization, Project, Team, User
from projects.postgres import Row, run_planned
from projects.rules import GroupingTexts
from releases.models import Release

_MAX_NUMBER = 2**31 - 1


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


# What is searched by is large, and for no reader.
_JOIN = Join(
    but=["search"],
    i=Issue,
    s=IssueState,
    p=Project,
    r=Release,
    a=Assignment,
    m=Membership,
    u=User,
    t=Team,
)

# Parameters: the reader twice, organization, slug of the project, number.
_OPEN = f"""
SELECT {_JOIN.columns},
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
        WHERE g.project_id = i.project_id AND g.is_current LIMIT 1)
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
    issue = _issue_of(rows[0], organization)
    is_bookmarked, is_seen, reports, has_files, sources, texts = rows[0][-6:]
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


def _issue_of(row: Row, organization: Organization) -> Issue:
    """The issue with its state, project, first release and assignment."""
    issue = _JOIN.surely(Issue, "i", row)
    issue.project = _JOIN.surely(Project, "p", row)
    issue.project.organization = organization
    issue.first_release = _JOIN.made(Release, "r", row)
    # To set this side sets the issue's own, too.
    _JOIN.surely(IssueState, "s", row).issue = issue
    assignment = _JOIN.made(Assignment, "a", row)
    if assignment is None:
        # Known not to be there: to ask would be another statement.
        Issue._meta.get_field("assignment").set_cached_value(issue, None)
    else:
        assignment.issue = issue
        assignment.team = _JOIN.made(Team, "t", row)
        assignment.member = _JOIN.made(Membership, "m", row)
        if assignment.member is not None:
            assignment.member.user = _JOIN.surely(User, "u", row)
    return issue
