"""Searches with a name: those that are built in, one's own, and the shared ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from issues.cursors import Sort
from issues.models import DefaultSearch, SavedSearch
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

    slug: str
    name: Promise
    query: str


BUILT_IN = (
    BuiltIn("unresolved", _("Unresolved issues"), "is:unresolved"),
    BuiltIn("for_review", _("Needs triage"), "is:for_review is:unassigned"),
    BuiltIn("mine", _("Assigned to me"), "is:unresolved assigned:me"),
    BuiltIn("bookmarks", _("My bookmarks"), "is:unresolved bookmarks:me"),
    BuiltIn("today", _("New today"), "is:unresolved firstSeen:-24h"),
    BuiltIn("regressed", _("Regressed"), "is:regressed"),
    BuiltIn("resolved", _("Resolved"), "is:resolved"),
    BuiltIn("ignored", _("Ignored"), "is:ignored"),
    BuiltIn("all", _("All issues"), ""),
)
BY_SLUG = {one.slug: one for one in BUILT_IN}


class Named(Protocol):
    """A query with its name."""

    @property
    def name(self) -> str: ...
    @property
    def query(self) -> str: ...


def searches_of(organization: Organization, user: User) -> QuerySet[SavedSearch]:
    """Those that the user sees: own ones in their order, then others' shared ones."""
    is_own = When(owner=user, then=F("position"))
    return (
        SavedSearch.objects.filter(organization=organization)
        .filter(Q(owner=user) | Q(is_shared=True))
        .select_related("owner")
        .order_by(Case(is_own, default=MAX_SEARCHES), "name", "pk")
    )


def name_of(query: str, searches: Iterable[Named]) -> str | None:
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
        position=kept.count(),
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


def move_search(member: Membership, search: SavedSearch, *, up: bool) -> None:
    """One place up or down among the member's own searches."""
    own = [
        one
        for one in searches_of(member.organization, member.user)
        if one.owner_id == member.user_id
    ]
    places = [one.pk for one in own]
    if search.pk not in places:
        return
    at = places.index(search.pk)
    to = max(0, min(len(own) - 1, at + (-1 if up else 1)))
    own.insert(to, own.pop(at))
    for position, one in enumerate(own):
        one.position = position
    SavedSearch.objects.bulk_update(own, ["position"])


def default_choices(organization: Organization, user: User) -> tuple[str, str]:
    """What the user, and what the organization has chosen, as forms name it.

    `built:<slug>`, `saved:<id>`, or empty.
    """
    chosen = DefaultSearch.objects.filter(organization=organization)
    by_user = {
        one.user_id: f"saved:{one.search_id}"
        if one.search_id
        else f"built:{one.built_in}"
        for one in chosen.filter(Q(user=user) | Q(user=None))
    }
    return by_user.get(user.pk, ""), by_user.get(None, "")


def choose_default(member: Membership, choice: str, *, for_all: bool) -> bool:
    """Keeps what lists open with, for the member or for all; says if it could.

    `choice` names a search that the member sees, for all one that is shared; empty
    takes the choice back.
    """
    organization = member.organization
    user = None if for_all else member.user
    if not choice:
        DefaultSearch.objects.filter(organization=organization, user=user).delete()
        return True
    kind, _colon, name = choice.partition(":")
    search = None
    if kind == "saved":
        seen = searches_of(organization, member.user)
        seen = seen.filter(is_shared=True) if for_all else seen
        search = next((one for one in seen if str(one.pk) == name), None)
    is_built_in = kind == "built" and name in BY_SLUG
    if search is None and not is_built_in:
        return False
    DefaultSearch.objects.update_or_create(
        organization=organization,
        user=user,
        defaults={"search": search, "built_in": name if is_built_in else ""},
    )
    return True


def _write(search: SavedSearch) -> None:
    try:
        with transaction.atomic():
            search.save()
    except IntegrityError as error:
        raise NameTaken from error
