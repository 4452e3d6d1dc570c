"""What a list of issues shows where its address leaves that open."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.http import QueryDict

from issues.models import ListPicks
from issues.savedsearches import BY_SLUG
from projects.models import Organization, Project, User

# What is kept: none of it says which issues are looked for, or when.
NAMES = ("environment", "release", "sort", "graph")
# More than that is not kept: nobody picks as much twice.
_CHARS = 2000


# What is most one's own stands first.
_KEPT = """
SELECT 0 AS rank, p.picked, '' AS sort, '' AS built_in FROM issues_listpicks p
WHERE p.user_id = %(user)s AND p.organization_id = %(organization)s
  AND p.project_id IS NOT DISTINCT FROM %(project)s
UNION ALL
SELECT CASE WHEN d.user_id IS NULL THEN 2 ELSE 1 END, s.query, s.sort, d.built_in
FROM issues_defaultsearch d LEFT JOIN issues_savedsearch s ON s.id = d.search_id
WHERE d.organization_id = %(organization)s
  AND (d.user_id = %(user)s OR d.user_id IS NULL)
  AND (s.id IS NULL OR s.is_shared OR s.owner_id = %(user)s)
ORDER BY rank
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What somebody has picked for a list, and the search that it opens with."""

    # As an address says it.
    picks: QueryDict
    # None: the usual one.
    query: str | None = None
    # Empty: whatever is picked.
    sort: str = ""


def kept_for(user: User, organization: Organization, project: Project | None) -> Kept:
    """`project` is None for the list of all projects.

    The user's own first search goes before the organization's; one that the user does
    not see any more is passed over.
    """
    parameters = {
        "user": user.pk,
        "organization": organization.pk,
        "project": project.pk if project else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, parameters)
        rows = cursor.fetchall()
    picks = QueryDict(next((row[1] for row in rows if row[0] == 0), ""))
    for rank, query, sort, built_in in rows:
        if rank and not built_in:
            return Kept(picks, query, sort)
        if built_in in BY_SLUG:
            return Kept(picks, BY_SLUG[built_in].query)
    return Kept(picks)


def keep_picks(
    user: User, organization: Organization, project: Project | None, asked: QueryDict
) -> None:
    """Keeps what of the address is worth it, in place of what was kept before."""
    picked = QueryDict(mutable=True)
    for name in NAMES:
        picked.setlist(name, [one for one in asked.getlist(name) if one])
    text = picked.urlencode()
    if not text or len(text) > _CHARS:
        forget_picks(user, organization, project)
        return
    ListPicks.objects.update_or_create(
        user=user,
        organization=organization,
        project=project,
        defaults={"picked": text},
    )


def forget_picks(
    user: User, organization: Organization, project: Project | None
) -> None:
    ListPicks.objects.filter(
        user=user, organization=organization, project=project
    ).delete()
