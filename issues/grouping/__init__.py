"""Grouping: which issue an event belongs to, and why.

Each released version is a module that is never edited afterwards; a better one comes
beside it, here and in ``projects.rules.GROUPING_VERSIONS``. A project stays on its
version until somebody upgrades it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from issues.event import Event
from issues.grouping import v1
from issues.grouping.parts import Grouping, Part
from issues.grouping.rules import NO_RULES, GroupingRules
from issues.grouping.v1.library import is_library
from projects.rules import GroupingVersions, newest_grouping


class Version(NamedTuple):
    """What a released version does, and what is new in it, a sentence each."""

    group: Callable[[Event, GroupingRules], Grouping]
    news: tuple[str, ...] = ()


# By name, the oldest first.
VERSIONS: dict[str, Version] = {v1.VERSION: Version(v1.group)}


def group(event: Event, rules: GroupingRules = NO_RULES, version: str = "") -> Grouping:
    """The hash of the event by that version, or by the newest. Raises KeyError."""
    return VERSIONS[version or newest_grouping()].group(event, rules)


def group_for(
    event: Event, rules: GroupingRules, versions: GroupingVersions
) -> Grouping:
    """The event's hashes in a project that is on these versions."""
    found = group(event, rules, versions.current)
    if not versions.former:
        return found
    former = group(event, rules, versions.former)
    return found._replace(former=former.hashes)


__all__ = [
    "NO_RULES",
    "VERSIONS",
    "Grouping",
    "GroupingRules",
    "GroupingVersions",
    "Part",
    "Version",
    "group",
    "group_for",
    "is_library",
]
