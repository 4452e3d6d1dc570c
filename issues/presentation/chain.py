"""How the exceptions of an event hang together: causes, and members of groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from issues.event import Exception_

# What SDKs call the attribute of a group that holds its members.
_MEMBER = re.compile(r".*\[\d+\]", re.DOTALL)
_DEEPEST = 6


class Relation(StrEnum):
    """To the exception that was raised after it."""

    NONE = ""
    CAUSE = "cause"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Link:
    """An exception's place in the tree: `depth` counts the groups around it."""

    relation: Relation
    depth: int = 0


def links_of(chain: Sequence[Exception_]) -> list[Link]:
    """The places of the exceptions, in their order (the last one was raised last)."""
    by_id = {
        found: value
        for value in chain
        if (found := value.get("mechanism", {}).get("exception_id")) is not None
    }
    links = []
    for i, value in enumerate(chain):
        steps = _steps(value, by_id)
        relation = Relation.CAUSE if i < len(chain) - 1 else Relation.NONE
        if steps and steps[0]:
            relation = Relation.MEMBER
        links.append(Link(relation, sum(steps)))
    return links


def _steps(value: Exception_, by_id: dict[int, Exception_]) -> list[bool]:
    """The way up to the root: whether each step is from a member to its group."""
    steps: list[bool] = []
    while len(steps) < _DEEPEST:
        parent = by_id.get(value.get("mechanism", {}).get("parent_id", -1))
        if parent is None or parent is value:
            break
        steps.append(_is_member(value, parent))
        value = parent
    return steps


def _is_member(value: Exception_, parent: Exception_) -> bool:
    source = value.get("mechanism", {}).get("source", "")
    is_group = parent.get("mechanism", {}).get("is_exception_group", False)
    return is_group and (not source or _MEMBER.fullmatch(source) is not None)
