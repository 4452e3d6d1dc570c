"""Conditions on what events name: tags, releases, users. Their ids come first.

Ids are looked up before the statement is made, so that PostgreSQL plans it for the few
that there are.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from issues.conditions.sql import EACH, Condition, Scope, matches, one_of
from issues.search.terms import FirstReleaseTerm, ReleaseTerm, TagTerm, UserTerm
from issues.search.values import literal
from releases.latest import latest_release
from releases.versions import parse as parse_version

# Up to here looking each up in an index is cheaper than hashing.
_FEW_IDS = 8
# Up to here an array's overlap is.
_FEW_TAGS = 20
# Up to here ids are handed over; more are looked up within the statement.
_MANY_IDS = 5_000
# In a query this is no release's name, but means the latest one of each project.
_LATEST = "latest"
_IDENTITIES = ("id", "email", "username", "ip")


def add_tag(condition: Condition, scope: Scope, term: TagTerm) -> None:
    _add_tag_ids(condition, _tag_ids(scope, term), is_negated=term.is_negated)


def add_release(condition: Condition, scope: Scope, term: ReleaseTerm) -> None:
    """By the tags that name a release of which this is true."""
    lookup = Condition()
    releases = one_of(lookup, scope.project_ids, "int4")
    test = _release_test(lookup, term)
    ids = _ids(
        "SELECT t.id FROM issues_tag t "
        f"WHERE t.project_id {releases} AND t.key = 'release' AND t.value IN ("
        "SELECT r.version FROM releases_release r JOIN releases_releaseproject m "
        f"ON m.release_id = r.id WHERE m.project_id {releases} AND {test})",
        lookup,
    )
    _add_tag_ids(condition, ids, is_negated=term.is_negated)


def add_first_release(
    condition: Condition, scope: Scope, term: FirstReleaseTerm
) -> None:
    ids = condition.bind(_release_ids(scope, term.versions))
    condition.add_dear(
        "EXISTS (SELECT FROM issues_issue i "
        f"WHERE i.id = s.issue_id AND i.first_release_id = ANY({ids}::int4[]) {EACH})",
        is_negated=term.is_negated,
    )


def add_user(condition: Condition, scope: Scope, term: UserTerm) -> None:
    if not term.identities:
        condition.add("s.user_count > 0", is_negated=term.is_negated)
        return
    lookup = Condition()
    select = _select_users(lookup, scope.project_ids, term.identities)
    found = _ids(f"{select} LIMIT {_MANY_IDS + 1}", lookup)
    if not found:
        condition.add("false", is_negated=term.is_negated)
        return
    if len(found) <= _FEW_IDS:
        test = f"iu.user_id = ANY({condition.bind(found)}::int4[])"
    elif len(found) <= _MANY_IDS:
        # Looked up in a hash; an index would be asked for each of them.
        test = f"(iu.user_id + 0) = ANY({condition.bind(found)}::int4[])"
    else:
        users = _select_users(condition, scope.project_ids, term.identities)
        test = f"iu.user_id IN ({users})"
    condition.add_dear(
        "EXISTS (SELECT FROM issues_issueuser iu "
        f"WHERE iu.issue_id = s.issue_id AND {test} {EACH})",
        is_negated=term.is_negated,
    )


def _add_tag_ids(condition: Condition, ids: list[int], *, is_negated: bool) -> None:
    """One of the ids stands among those of the issue.

    A scan of the arrays, no index: a GIN of them would cost each event more than
    its other index entries. 100,000 arrays of 44 ids are read in 35 ms for one id, in
    50 and 8 more for each id for some, and for any number in 60-110 where most issues
    have one of them, in 250 where few have.
    """
    if not ids:
        condition.add("false", is_negated=is_negated)
        return
    if len(ids) == 1:
        has_one = f"{condition.bind(ids[0])} = ANY(it.tag_ids)"
    elif len(ids) <= _FEW_TAGS:
        has_one = f"it.tag_ids && {condition.bind(ids)}::int4[]"
    else:
        # As a column's values, ids come one by one until one is found; a function's
        # are all written down first. OFFSET keeps the test out of it.
        has_one = (
            "EXISTS (SELECT FROM (SELECT unnest(it.tag_ids) AS id OFFSET 0) AS its "
            f"WHERE its.id = ANY({condition.bind(ids)}::int4[]))"
        )
    condition.add_tags(has_one, is_negated=is_negated)


def _tag_ids(scope: Scope, term: TagTerm) -> list[int]:
    values = term.values
    if term.key == "release":
        values = _without_latest(values, scope)
        if term.values and not values:
            return []
    lookup = Condition()
    ids = one_of(lookup, scope.project_ids, "int4")
    return _ids(
        f"SELECT id FROM issues_tag WHERE project_id {ids} "
        f"AND key = {lookup.bind(term.key)} AND {matches(lookup, 'value', values)}",
        lookup,
    )


def _release_test(lookup: Condition, term: ReleaseTerm) -> str:
    if term.part == "package":
        return matches(lookup, "r.package", term.values)
    if term.part == "build":
        builds = [f"*+{value}" for value in term.values]
        return matches(lookup, "r.version", builds)
    versions = [parse_version(value) for value in term.values]
    if term.operator == "=":
        numbers = [f"*@{version.number}" for version in versions]
        bare = [version.number for version in versions]
        return matches(lookup, "r.version", [*numbers, *bare])
    key = versions[0].sort_key
    if not key:
        return "false"
    return f"r.sort_key <> '' AND r.sort_key {term.operator} {lookup.bind(key)}"


def _without_latest(versions: Sequence[str], scope: Scope) -> tuple[str, ...]:
    """The versions with the projects' latest releases in place of `latest`."""
    if _LATEST not in versions:
        return tuple(versions)
    latest = filter(None, map(latest_release, scope.projects))
    return (
        *(version for version in versions if version != _LATEST),
        *(literal(release.version) for release in latest),
    )


def _release_ids(scope: Scope, versions: Sequence[str]) -> list[int]:
    named = _without_latest(versions, scope)
    if not named:
        return []
    lookup = Condition()
    ids = one_of(lookup, scope.project_ids, "int4")
    return _ids(
        "SELECT r.id FROM releases_release r "
        f"WHERE {matches(lookup, 'r.version', named)} AND EXISTS "
        "(SELECT FROM releases_releaseproject m "
        f"WHERE m.release_id = r.id AND m.project_id {ids})",
        lookup,
    )


def user_ids(project_ids: Sequence[int], identities: Sequence[str]) -> list[int]:
    """The users so called: "id:5", or 5 of whatever kind; `*` stands for any text."""
    lookup = Condition()
    return _ids(_select_users(lookup, project_ids, identities), lookup)


def _select_users(
    condition: Condition, project_ids: Sequence[int], identities: Sequence[str]
) -> str:
    wanted: list[str] = []
    for identity in identities:
        kind, colon, _ = identity.partition(":")
        if colon and kind in _IDENTITIES:
            wanted.append(identity)
        else:
            wanted += [f"{one}:{identity}" for one in _IDENTITIES]
    ids = one_of(condition, project_ids, "int4")
    return (
        f"SELECT id FROM issues_eventuser WHERE project_id {ids} "
        f"AND {matches(condition, 'identity', wanted)}"
    )


def _ids(statement: str, lookup: Condition) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, lookup.parameters)
        return [row[0] for row in cursor.fetchall()]
