"""Sessions and users of many releases over time, grouped as somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from projects.models import Project
from projects.windows import Window
from releases.health import NONE, Counts, sum_hours
from releases.models import ReleaseEnvironment
from releases.selection import Selection
from releases.users import Asked, count_users


class Column(StrEnum):
    """What sessions can be grouped by, besides how they went."""

    PROJECT = "project"
    RELEASE = "release"
    ENVIRONMENT = "environment"


# The values of the columns that are grouped by, in their order.
Key = tuple[int | str, ...]


@dataclass(slots=True, kw_only=True)
class Group:
    """What the sessions of a key come to: in all, and in each bucket."""

    key: Key
    environment_ids: list[int] = field(default_factory=list)
    sessions: Counts = NONE
    session_series: list[Counts]
    users: Counts = NONE
    # Empty where not asked for.
    user_series: list[Counts] = field(default_factory=list)


def session_groups(
    projects: Sequence[Project],
    selection: Selection,
    columns: Sequence[Column],
    window: Window,
    *,
    limit: int,
    with_users: bool,
    with_user_series: bool,
) -> list[Group]:
    """The groups that have sessions, those with most first; without columns, one."""
    groups = _groups(projects, selection, columns, window)
    _add_sessions(groups, window)
    found = [group for group in groups if group.sessions.total or not columns]
    found.sort(key=lambda group: group.sessions.total, reverse=True)
    found = found[:limit]
    if with_users:
        _add_users(found, window, with_series=with_user_series)
    return found


def _groups(
    projects: Sequence[Project],
    selection: Selection,
    columns: Sequence[Column],
    window: Window,
) -> list[Group]:
    places = (
        ReleaseEnvironment.objects.filter(project__in=projects)
        .order_by("pk")
        .values_list("pk", "project", "release__version", "environment")
    )
    groups: dict[Key, Group] = {}
    if not columns:
        groups[()] = _empty((), window)
    for pk, project_id, version, environment in places:
        if not selection.takes(version, environment):
            continue
        values: dict[Column, int | str] = {
            Column.PROJECT: project_id,
            Column.RELEASE: version,
            Column.ENVIRONMENT: environment,
        }
        key = tuple(values[column] for column in columns)
        groups.setdefault(key, _empty(key, window)).environment_ids.append(pk)
    return list(groups.values())


def _empty(key: Key, window: Window) -> Group:
    return Group(key=key, session_series=[NONE] * window.buckets)


def _add_sessions(groups: Iterable[Group], window: Window) -> None:
    group_of = {pk: group for group in groups for pk in group.environment_ids}
    sums = sum_hours(group_of, _hours(window), bucket_hours=window.bucket_hours)
    for one in sums:
        group = group_of[one.environment_id]
        group.sessions = group.sessions.plus(one.sessions)
        series = group.session_series
        series[one.bucket] = series[one.bucket].plus(one.sessions)


def _add_users(groups: list[Group], window: Window, *, with_series: bool) -> None:
    crowds = {
        place: Asked(group.environment_ids, group.sessions.total)
        for place, group in enumerate(groups)
    }
    hours = _hours(window)
    for place, (counts,) in count_users(crowds, hours).items():
        groups[place].users = counts
    if with_series:
        series = count_users(crowds, hours, bucket_hours=window.bucket_hours)
        for place, counts_of_buckets in series.items():
            groups[place].user_series = counts_of_buckets


def _hours(window: Window) -> range:
    first = window.first_hour
    return range(first, first + window.buckets * window.bucket_hours)
