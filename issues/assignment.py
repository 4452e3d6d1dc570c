"""Who looks after issues: members and teams, and the writing of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from issues import logbook
from issues.models import Activity, Assignment, IssueState
from issues.subscriptions import Reason, subscribe
from projects.models import Membership, Organization, Team, User

# What an id in a column of the database can be.
_ID_MAX = 2**31


class NoSuchAssignee(Exception):
    """Nobody of the organization is called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignee:
    """Exactly one of the two; neither: nobody."""

    member_id: int | None = None
    team_id: int | None = None


NOBODY = Assignee()


@dataclass(frozen=True, slots=True)
class Reassigned:
    """What one issue was before it was assigned to somebody else, at that time."""

    issue_id: int
    before: Assignee
    at: datetime


def members_of(organization: Organization, text: str = "") -> QuerySet[Membership]:
    """Whom issues can be assigned to, by name; with these words in name or address."""
    rows = Membership.objects.filter(organization=organization).select_related("user")
    for word in text.split():
        rows = rows.filter(
            Q(user__first_name__icontains=word) | Q(user__email__icontains=word)
        )
    return rows.order_by("user__first_name", "user__email")


def teams_of(organization: Organization, text: str = "") -> QuerySet[Team]:
    rows = Team.objects.filter(organization=organization)
    for word in text.split():
        rows = rows.filter(Q(name__icontains=word) | Q(slug__icontains=word))
    return rows.order_by("name", "slug")


def read_assignee(organization: Organization, text: str, reader: User) -> Assignee:
    """Whom the text names; empty: nobody. Raises NoSuchAssignee.

    "me", "user:<id>", a user's id or address; "team:<id>", "#<slug>". A user is known
    by the id of the user, whatever organization he is in.
    """
    text = text.strip()
    if not text:
        return NOBODY
    kind, _, rest = text.partition(":")
    if text.startswith("#"):
        return _team(organization, slug=text[1:])
    if kind == "team":
        return _team(organization, pk=_number(rest))
    if text == "me":
        return _member(organization, user=reader)
    if kind == "user":
        text = rest
    if text.isdecimal():
        return _member(organization, user=_number(text))
    return _member(organization, user__email__iexact=text)


def assignees_of(issue_ids: Iterable[int]) -> dict[int, Assignment]:
    """The assignments of those that have one, with users and teams loaded."""
    rows = Assignment.objects.filter(issue__in=list(issue_ids))
    found = rows.select_related("member__user", "team")
    return {row.issue_id: row for row in found}


def assign(
    issue_ids: Iterable[int],
    to: Assignee,
    *,
    user: User | None,
    operation_id: int | None = None,
) -> list[Reassigned]:
    """Gives the issues to somebody, or to nobody; what those were that this changed.

    In the caller's transaction.
    """
    states = _locked(issue_ids)
    known = assignees_of(states)
    now = timezone.now()
    changed = [
        Reassigned(issue, before, now)
        for issue in states
        if (before := _assignee(known.get(issue))) != to
    ]
    _write({one.issue_id: to for one in changed}, states, now)
    _note({one.issue_id: to for one in changed}, states, now, user, operation_id, {})
    subscribe([one.issue_id for one in changed], users_of(to), Reason.ASSIGNED)
    return changed


def give_back(
    changes: Sequence[Reassigned],
    *,
    became: Assignee,
    user: User | None,
    operation_id: int | None = None,
) -> list[int]:
    """Undoes `assign` where nobody has been assigned since; the ids of those issues.

    Whoever has left meanwhile gets nothing back: then nobody has the issue.
    """
    states = _locked(change.issue_id for change in changes)
    known = assignees_of(states)
    now = timezone.now()
    back = {
        one.issue_id: one.before
        for one in changes
        if one.issue_id in states and _is_still(known.get(one.issue_id), became, one.at)
    }
    there = _existing(back.values())
    back = {issue: to if to in there else NOBODY for issue, to in back.items()}
    _write(back, states, now)
    _note(back, states, now, user, operation_id, {"reason": "undo"})
    return sorted(back)


def users_of(to: Assignee) -> list[int]:
    """The ids of the users that it means: of a team, its members of now."""
    rows = Membership.objects.values_list("user", flat=True)
    if to.team_id is not None:
        return list(rows.filter(teams=to.team_id))
    if to.member_id is not None:
        return list(rows.filter(pk=to.member_id))
    return []


def name_of(to: Assignee) -> str:
    """As people and activities call them."""
    if to.team_id is not None:
        return str(Team.objects.get(pk=to.team_id))
    if to.member_id is not None:
        return str(Membership.objects.select_related("user").get(pk=to.member_id).user)
    return ""


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 10 or int(text) >= _ID_MAX:
        raise NoSuchAssignee(text)
    return int(text)


def _member(organization: Organization, **which: Any) -> Assignee:
    found = Membership.objects.filter(organization=organization, **which).first()
    if found is None:
        raise NoSuchAssignee
    return Assignee(member_id=found.pk)


def _team(organization: Organization, **which: Any) -> Assignee:
    found = Team.objects.filter(organization=organization, **which).first()
    if found is None:
        raise NoSuchAssignee
    return Assignee(team_id=found.pk)


def _locked(issue_ids: Iterable[int]) -> dict[int, int]:
    """The project of each issue, locked in the order in which the digest locks them."""
    rows = (
        IssueState.objects.filter(issue__in=sorted(set(issue_ids)))
        .order_by("issue_id")
        .select_for_update()
    )
    return dict(rows.values_list("issue_id", "project_id"))


def _assignee(row: Assignment | None) -> Assignee:
    if row is None:
        return NOBODY
    return Assignee(member_id=row.member_id, team_id=row.team_id)


def _is_still(row: Assignment | None, became: Assignee, at: datetime) -> bool:
    """Whether the row is the one that was written then."""
    if row is None:
        return became == NOBODY
    return _assignee(row) == became and row.assigned_at == at


def _existing(wanted: Iterable[Assignee]) -> set[Assignee]:
    wanted = set(wanted)
    members = Membership.objects.filter(pk__in=[a.member_id for a in wanted])
    teams = Team.objects.filter(pk__in=[a.team_id for a in wanted])
    return {Assignee(member_id=pk) for pk in members.values_list("pk", flat=True)} | {
        Assignee(team_id=pk) for pk in teams.values_list("pk", flat=True)
    }


def _write(
    given: Mapping[int, Assignee], project_of: Mapping[int, int], now: datetime
) -> None:
    Assignment.objects.filter(issue__in=list(given)).delete()
    Assignment.objects.bulk_create(
        Assignment(
            issue_id=issue,
            project_id=project_of[issue],
            member_id=to.member_id,
            team_id=to.team_id,
            assigned_at=now,
        )
        for issue, to in given.items()
        if to != NOBODY
    )


def _note(
    given: Mapping[int, Assignee],
    project_of: Mapping[int, int],
    now: datetime,
    user: User | None,
    operation_id: int | None,
    because: Mapping[str, str],
) -> None:
    """An activity for each issue that is given to somebody, or taken from everybody."""
    words = {to: {**because, **_told(to)} for to in set(given.values())}
    for kind in (Activity.Kind.ASSIGNED, Activity.Kind.UNASSIGNED):
        is_taken = kind == Activity.Kind.UNASSIGNED
        told = {i: words[to] for i, to in given.items() if (to == NOBODY) == is_taken}
        logbook.write(
            kind, told, project_of, user=user, at=now, operation_id=operation_id
        )


def _told(to: Assignee) -> dict[str, str]:
    """What the activity tells of whom it is given to."""
    if to.team_id is not None:
        team = str(to.team_id)
        return {"assigneeType": "team", "assignee": team, "assigneeName": name_of(to)}
    if to.member_id is None:
        return {}
    user = Membership.objects.select_related("user").get(pk=to.member_id).user
    return {
        "assigneeType": "user",
        "assignee": str(user.pk),
        "assigneeName": str(user),
        "assigneeEmail": user.email,
    }
