"""What lists have very much of, written by code: templates took four times as long."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from html import escape
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from issues.listing import IssueRow
from issues.models import Assignment
from issues.templatetags.issues import badge, first_line, headline
from projects.models import Project
from projects.templatetags.ui import ago, icon, level, spark
from projects.ui import compact, initials, visible

register = template.Library()


@register.simple_tag(takes_context=True)
def issue_rows(context: Context, rows: Iterable[IssueRow]) -> SafeString:
    """The items of a list of issues, each with its name as the `id`.

    Needs `organization`; `can_triage` gives check boxes and menus, `project` leaves
    the project's name out, `assignees` (by issue) says who looks after them, and
    `walks` (by issue) what follows an issue's address to lead through the list.
    """
    writer = _Writer(context)
    return SafeString("".join([writer.row(row) for row in rows]))


@register.simple_tag
def pick_boxes(name: str, values: Iterable[str], picked: Collection[str]) -> SafeString:
    """The check boxes of a picker's menu, of very many releases for example."""
    return SafeString(
        "".join(
            f'<label class="check"><input type="checkbox" name="{name}" '
            f'value="{escape(value)}" data-act="submit"'
            f"{' checked' if value in picked else ''}> "
            f"<bdi>{_text(value)}</bdi></label>"
            for value in values
        )
    )


class _Writer:
    """Writes rows; what all rows of a page share is made once.

    Whatever is not markup of ours goes through `escape`.
    """

    def __init__(self, context: Context) -> None:
        self._organization: str = context["organization"].slug
        self._can_triage = bool(context.get("can_triage"))
        self._names_project = not context.get("project")
        self._assignees: Mapping[int, Assignment] = context.get("assignees") or {}
        self._walks: Mapping[int, str] = context.get("walks") or {}
        self._places: dict[int, tuple[str, str]] = {}
        self._select = gettext("Select %(id)s")
        self._no_message = escape(gettext("(no message)"))
        self._bookmarked = escape(gettext("Bookmarked"))
        self._last_seen = escape(gettext("Last seen"))
        self._events = escape(gettext("events"))
        self._users = escape(gettext("users"))
        self._nobody = self._assigned(None)

    def row(self, i: IssueRow) -> str:
        before, after = self._place(i.project)
        zero = "" if i.user_count else ' class="zero"'
        found = self._assignees.get(i.issue_id)
        walk = escape(self._walks.get(i.issue_id, ""))
        return (
            f'<li class="row{" unseen" if i.is_unseen else ""}" id="i-{i.issue_id}">\n'
            f"{self._check(i)}\n"
            '<div class="c-main" hx-disable>\n'
            f'<div class="r-title">{level(i.level)}'
            f'<a class="r-link" href="{before}{i.number}{after}{walk}">'
            f"<b><bdi>{_text(headline(i))}</bdi></b> "
            f'<span class="culprit"><bdi>{_text(i.culprit)}</bdi></span></a>'
            f"{badge(i)}</div>\n"
            f'<div class="r-sub">{self._sub(i)}</div>\n'
            "</div>\n"
            f'<div class="c-seen"><span class="sr">{self._last_seen} </span>'
            f'{ago(i.last_seen)}<span class="old">{ago(i.first_seen, "old")}</span>'
            "</div>\n"
            f'<div class="c-graph">{spark(i.counts, 160, 28)}</div>\n'
            f'<div class="c-num n-events"><b title="{i.event_count:,}">'
            f'{compact(i.event_count)}</b><span class="unit">{self._events}</span>'
            "</div>\n"
            f'<div class="c-num n-users"><b title="{i.user_count:,}"{zero}>'
            f'{compact(i.user_count)}</b><span class="unit">{self._users}</span>'
            "</div>\n"
            f'<div class="c-who">{self._assigned(found) if found else self._nobody}'
            "</div>\n"
            '<div class="c-peek"></div></li>\n'
        )

    def _place(self, project: Project) -> tuple[str, str]:
        """The address of the project's issues, before and after their number."""
        found = self._places.get(project.pk)
        if found is None:
            where = [self._organization, project.slug, 0]
            before, _, after = reverse("issues:detail", args=where).rpartition("0")
            found = self._places[project.pk] = escape(before), escape(after)
        return found

    def _check(self, i: IssueRow) -> str:
        if not self._can_triage:
            return "<span></span>"
        label = escape(self._select % {"id": i.short_id})
        return (
            '<label class="c-check"><input type="checkbox" name="issue" '
            f'value="{i.issue_id}" aria-label="{label}"></label>'
        )

    def _sub(self, i: IssueRow) -> str:
        """The line below the title: the message, the short id and where it is."""
        said = first_line(i)
        message = (
            f'<span class="r-msg"><bdi>{_text(said)}</bdi></span>'
            if said
            else f'<span class="r-msg none">{self._no_message}</span>'
        )
        parts = [message, f'<span class="r-id">{escape(i.short_id)}</span>']
        if self._names_project:
            parts.append(f'<span class="r-proj">{escape(i.project.name)}</span>')
        if i.is_bookmarked:
            parts.append(
                f'<span class="r-ico on" title="{self._bookmarked}">'
                f'{icon("star", "fill")}<span class="sr">{self._bookmarked}</span>'
                "</span>"
            )
        return "".join(parts)

    def _assigned(self, found: Assignment | None) -> str:
        """Who looks after an issue; for who may change it, a menu."""
        style, face, said = "ava-0", str(icon("user")), escape(gettext("Assign"))
        if found is not None:
            name = str(found.member.user if found.member else found.team)
            style = f"ava-{found.member_id % 4}" if found.member_id else "ava-t"
            face = escape(initials(name))
            said = escape(gettext("Assigned to %s") % name)
        drawn = (
            f'<span class="ava {style}" aria-hidden="true">{face}</span>'
            f'<span class="sr">{said}</span>'
        )
        if not self._can_triage:
            return drawn if found else ""
        return (
            f'<details class="menu menu-r"><summary class="who" title="{said}">{drawn}'
            '</summary><div class="pop pop-a"></div></details>'
        )


def _text(value: Any) -> str:
    """Text of an event, in which nothing hides and nothing is markup."""
    return escape(visible(str(value)))
