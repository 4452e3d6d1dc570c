"""What people say about an issue: kept as activities, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from issues.assignment import Assignee, members_of, teams_of, users_of
from issues.models import Activity, Issue
from issues.presentation.comments import html_of, names_in
from issues.subscriptions import Reason, subscribe
from projects.access import Permission, permission_of
from projects.models import Organization, User

TEXT_MAX = 4096


class CommentRefused(Exception):
    """The text can't be a comment; says why, to people."""


class Mention(TypedDict):
    """Somebody who is named in a comment."""

    # As the text names him: "@ann", "#team".
    name: str
    # "user" or "team"
    type: str
    id: str


def comments_of(family: Sequence[int]) -> QuerySet[Activity]:
    """The comments on the issues of a family, newest first, with who wrote them."""
    rows = Activity.objects.filter(issue__in=family, kind=Activity.Kind.NOTE)
    return rows.select_related("user").order_by("-created_at", "-pk")


def add(issue: Issue, text: str, user: User) -> Activity:
    """Writes a comment; the project's organization must be loaded.

    Raises CommentRefused.
    """
    text = _read(text)
    with transaction.atomic():
        comment = Activity.objects.create(
            project=issue.project,
            issue=issue,
            kind=Activity.Kind.NOTE,
            user=user,
            data=_data(issue.project.organization, text),
            created_at=timezone.now(),
        )
        subscribe([issue.pk], [user.pk], Reason.COMMENTED)
        subscribe([issue.pk], _mentioned(comment), Reason.MENTIONED)
    return comment


def edit(comment: Activity, text: str, organization: Organization) -> None:
    """Gives the comment another text. Raises CommentRefused.

    Where its followers have been told of it, those that it names now for the first
    time are to be told: its data keeps them as `added`.
    """
    text = _read(text)
    if text == comment.data["text"]:
        return
    with transaction.atomic():
        stored = Activity.objects.select_for_update().get(pk=comment.pk)
        edited = {"editedAt": timezone.now().isoformat()}
        comment.data = {**_data(organization, text), **edited}
        if added := _added(stored, comment):
            comment.data["added"] = added
        comment.is_claimed = stored.is_claimed and not added
        comment.save(update_fields=["data", "is_claimed"])
        subscribe([comment.issue_id], _mentioned(comment), Reason.MENTIONED)


def _added(before: Activity, after: Activity) -> list[Mention]:
    """Those of whom nobody has been told yet; none where nobody was told at all."""
    waiting: list[Mention] = before.data.get("added", [])
    if not before.is_claimed and not waiting:
        return []
    told: list[Mention] = before.data.get("mentions", [])
    if not before.is_claimed:
        told = [one for one in told if one not in waiting]
    return [one for one in after.data.get("mentions", []) if one not in told]


def may_edit(comment: Activity, user: User) -> bool:
    """Whoever wrote it, and nobody else."""
    return comment.user_id == user.pk


def may_delete(comment: Activity, user: User, role: str) -> bool:
    """Whoever wrote it, and admins."""
    return may_edit(comment, user) or permission_of(role) >= Permission.MANAGE


def as_html(comment: Activity) -> str:
    """The comment as safe HTML."""
    named = frozenset(one["name"] for one in comment.data.get("mentions", []))
    return html_of(comment.data["text"], named)


def _mentioned(comment: Activity) -> list[int]:
    """The ids of the users that it names, members of the teams that it names too."""
    mentions: list[Mention] = comment.data.get("mentions", [])
    users = [int(one["id"]) for one in mentions if one["type"] == "user"]
    for one in mentions:
        if one["type"] == "team":
            users += users_of(Assignee(team_id=int(one["id"])))
    return users


def _read(text: str) -> str:
    """The text as it is kept: what PostgreSQL can't store is replaced."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    text = text.encode(errors="replace").decode()
    if not text:
        raise CommentRefused(_("Write something first."))
    if len(text) > TEXT_MAX:
        refused = _("A comment has at most %d characters.") % TEXT_MAX
        raise CommentRefused(refused)
    return text


def _data(organization: Organization, text: str) -> dict[str, object]:
    mentions = _mentions(organization, names_in(text))
    return {"text": text, "mentions": mentions} if mentions else {"text": text}


def _mentions(organization: Organization, names: Iterable[str]) -> list[Mention]:
    """Those of the names that mean one member or team of the organization."""
    names = list(names)
    people = _people(organization, [n[1:] for n in names if n.startswith("@")])
    slugs = [name[1:].lower() for name in names if name.startswith("#")]
    found = teams_of(organization).filter(slug__in=slugs) if slugs else ()
    teams = {team.slug: team.pk for team in found}
    mentions: list[Mention] = []
    for name in names:
        kind, known = ("user", people) if name.startswith("@") else ("team", teams)
        pk = known.get(name[1:].lower())
        if pk is not None:
            mentions.append({"name": name, "type": kind, "id": str(pk)})
    return mentions


def _people(organization: Organization, names: Sequence[str]) -> dict[str, int]:
    """Users by the lower-case name that means them and nobody else.

    A name is an address, what stands in it before the "@", or a first name.
    """
    if not names:
        return {}
    which = Q()
    for name in names:
        which |= Q(user__email__iexact=name) | Q(user__first_name__iexact=name)
        which |= Q(user__email__istartswith=f"{name}@")
    meant: dict[str, set[int]] = {}
    for member in members_of(organization).filter(which):
        user = member.user
        email = user.email.lower()
        for name in {email, email.partition("@")[0], user.first_name.lower()}:
            meant.setdefault(name, set()).add(user.pk)
    return {name: users.pop() for name, users in meant.items() if len(users) == 1}
