"""What a list of issues shows where its address leaves that open."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.http import QueryDict

from issues.models import ListPicks
from issues.savedsearches import BY_SLUG, MAX_SEARCHES
from projects.models import Organization, Project, User

# What is kept: none of it says which issues are looked for, or when.
NAMES = ("environment", "release", "sort", "graph")
# More than that is not kept: nobody picks as much twice.
_CHARS = 2000


_SAVED = 3
# What is most one's own stands first: picks, the search that comes first, saved ones.
_KEPT = """
SELECT 0 AS rank, p.picked, '' AS sort, '' AS name, false AS is_shared, 0 AS place
FROM issues_listpicks p
WHERE p.user_id = %(user)s AND p.organization_id = %(organization)s
  AND p.project_id IS NOT DISTINCT FROM %(project)s
UNION ALL
SELECT CASE WHEN d.user_id IS NULL THEN 2 ELSE 1 END, s.query, s.sort, d.built_in,
    false, 0
FROM issues_defaultsearch d LEFT JOIN issues_savedsearch s ON s.id = d.search_id
WHERE d.organization_id = %(organization)s
  AND (d.user_id = %(user)s OR d.user_id IS NULL)
  AND (s.id IS NULL OR s.is_shared OR s.owner_id = %(user)s)
UNION ALL
SELECT 3, s.query, s.sort, s.name, s.is_shared,
    CASE WHEN s.owner_id = %(user)s THEN s.position ELSE %(behind)s END
FROM issues_savedsearch s
WHERE s.organization_id = %(organization)s
  AND (s.is_shared OR s.owner_id = %(user)s)
ORDER BY rank, place, name
"""


@dataclass(frozen=True, slots=True)
class Saved:
    """A search of the list's menu."""

    name: str
    query: str
    sort: str
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What somebody has picked for a list, which search it opens with, and others."""

    # As an address says it.
    picks: QueryDict
    saved: list[Saved]
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
        "behind": MAX_SEARCHES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, parameters)
        rows = cursor.fetchall()
    picks = QueryDict(next((row[1] for row in rows if row[0] == 0), ""))
    saved = [
        Saved(name, query, sort, is_shared)
        for rank, query, sort, name, is_shared, _ in rows
        if rank == _SAVED
    ]
    for rank, query, sort, built_in, _, _ in rows:
        if not 0 < rank < _SAVED:
            continue
        if not built_in:
            return Kept(picks, saved, query, sort)
        if built_in in BY_SLUG:
            return Kept(picks, saved, BY_SLUG[built_in].query)
    return Kept(picks, saved)


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
