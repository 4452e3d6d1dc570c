"""What to do, and to which issues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from issues import sql
from projects import arrays
from projects.models import Organization, Project

# Those of the ids that are issues of the projects and can be seen, in order. The
# statuses are models.VISIBLE_STATUSES.
_VISIBLE = """
SELECT issue_id, project_id FROM issues_issuestate
WHERE issue_id = ANY(%s::int4[]) AND project_id = ANY(%s::int4[]) AND status <= 2
ORDER BY issue_id
"""

# What an id in a column of the database can be.
_ID_MAX = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A kind of operation with what it has to know, as JSON."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A fixed set of an organization's issues: `issue_ids` in order, once each."""

    organization: Organization
    issue_ids: tuple[int, ...]
    # In order.
    project_ids: tuple[int, ...]

    @classmethod
    def of(
        cls,
        organization: Organization,
        projects: Sequence[Project],
        issue_ids: Iterable[int],
    ) -> Selection:
        """Those of the ids that are visible issues of the projects.

        `projects` are those that the caller may change. For all that match a search,
        the ids come from issues.listing.matching_ids.
        """
        wanted = sorted({one for one in issue_ids if 0 < one < _ID_MAX})
        rows = sql.run(
            _VISIBLE,
            arrays.of_numbers(wanted),
            arrays.of_numbers(project.pk for project in projects),
        )
        return cls(
            organization=organization,
            issue_ids=tuple(issue for issue, _ in rows),
            project_ids=tuple(sorted({project for _, project in rows})),
        )

    @property
    def project_id(self) -> int | None:
        """The project, where all issues are of one."""
        return self.project_ids[0] if len(self.project_ids) == 1 else None
