"""Searches with a name: those that are built in, one's own, and the shared ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from issues.cursors import Sort
from issues.models import SavedSearch
from issues.search import parse
from projects.access import Permission, permission_of
from projects.models import Membership, Organization, User

# Of one person in an organization; a longer menu helps nobody.
MAX_SEARCHES = 50


class TooMany(Exception):
    """Somebody has as many searches as anybody may."""


class NameTaken(Exception):
    """The owner has another search of that name."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A search that everybody has."""

    name: Promise
    query: str


BUILT_IN = (
    BuiltIn(_("Unresolved issues"), "is:unresolved"),
    BuiltIn(_("Needs triage"), "is:for_review is:unassigned"),
    BuiltIn(_("Assigned to me"), "is:unresolved assigned:me"),
    BuiltIn(_("My bookmarks"), "is:unresolved bookmarks:me"),
    BuiltIn(_("New today"), "is:unresolved firstSeen:-24h"),
    BuiltIn(_("Regressed"), "is:regressed"),
    BuiltIn(_("Resolved"), "is:resolved"),
    BuiltIn(_("Ignored"), "is:ignored"),
    BuiltIn(_("All issues"), ""),
)


def searches_of(organization: Organization, user: User) -> QuerySet[SavedSearch]:
    """Those that the user sees, by name: own ones, and what others share."""
    return (
        SavedSearch.objects.filter(organization=organization)
        .filter(Q(owner=user) | Q(is_shared=True))
        .select_related("owner")
        .order_by("name", "pk")
    )


def name_of(query: str, searches: Iterable[SavedSearch]) -> str | None:
    """What a query is called, if it is one of these or built in."""
    for built_in in BUILT_IN:
        if built_in.query == query:
            return str(built_in.name)
    return next((one.name for one in searches if one.query == query), None)


def may_change(member: Membership, search: SavedSearch) -> bool:
    """Whether the member may rename, share or delete the search."""
    if search.owner_id == member.user_id:
        return True
    return search.is_shared and permission_of(member.role) >= Permission.MANAGE


def may_share(member: Membership) -> bool:
    return permission_of(member.role) >= Permission.TRIAGE


def save_search(
    member: Membership, *, name: str, query: str, sort: Sort, is_shared: bool
) -> SavedSearch:
    """Keeps the search. Raises SearchError, NameTaken and TooMany."""
    parse(query)
    kept = SavedSearch.objects.filter(
        organization=member.organization, owner=member.user
    )
    if kept.count() >= MAX_SEARCHES:
        raise TooMany
    search = SavedSearch(
        organization=member.organization,
        owner=member.user,
        name=name,
        query=query,
        sort=sort,
        is_shared=is_shared and may_share(member),
    )
    _write(search)
    return search


def change_search(
    member: Membership,
    search: SavedSearch,
    *,
    name: str | None = None,
    query: str | None = None,
    sort: Sort | None = None,
    is_shared: bool | None = None,
) -> None:
    """Changes what is given; the caller has asked `may_change`.

    Raises SearchError and NameTaken.
    """
    if query is not None:
        parse(query)
        search.query = query
    search.name = search.name if name is None else name
    search.sort = search.sort if sort is None else sort
    if is_shared is not None and (may_share(member) or not is_shared):
        search.is_shared = is_shared
    _write(search)


def _write(search: SavedSearch) -> None:
    try:
        with transaction.atomic():
            search.save()
    except IntegrityError as error:
        raise NameTaken from error
