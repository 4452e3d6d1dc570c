"""How many reports of users wait, beside the tab of a project's pages."""

from __future__ import annotations

from projects import tabs

# Of so many that came last: each page of the project counts them.
_NEWEST = 300

# Those that the tab's page opens with: see issues.reports.of_project.
tabs.add_number(
    "feedback",
    f"""
    SELECT count(*) FROM (
        SELECT FROM (
            SELECT issue_id, is_resolved FROM issues_userreport
            WHERE project_id = projects_project.id
            ORDER BY received_at DESC, id DESC LIMIT {_NEWEST}
        ) newest
        LEFT JOIN issues_familymember m ON m.source_id = newest.issue_id
        LEFT JOIN issues_issuestate s
            ON s.issue_id = coalesce(m.survivor_id, newest.issue_id)
        WHERE NOT newest.is_resolved AND (newest.issue_id IS NULL OR s.status = 0)
        LIMIT {tabs.MOST} + 1
    ) waiting
    """,
)
