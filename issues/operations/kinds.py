"""The kinds of operations: what does each, what undoes it, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from issues.models import Operation
from projects.access import Permission
from projects.models import User

# An issue's id, and after it what the kind needs to bring back what was; as JSON.
Item = list[Any]
Data = Mapping[str, Any]


class CannotUndo(Exception):
    """The operation is too old, undone already, or has no way back now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of operation. All of it runs in the transaction of one chunk."""

    name: str
    # In the activity page's filter.
    label: str | Promise
    # What is said of an operation on one issue, `%s` standing for its short id, and
    # on n issues; both from the operation's data.
    of_one: Callable[[Data], str]
    of_many: Callable[[Data, int], str]
    # Changes the issues; what those were that really changed. None where others do it
    # and record it.
    change: Callable[[Operation, Sequence[int]], list[Item]] | None = None
    # Brings back those of the issues that have not changed since; their ids. The user
    # is who undoes. None: it can't be undone.
    restore: (
        Callable[[Operation, Sequence[Item], User | None], Sequence[int]] | None
    ) = None
    # Nobody's business but that of whoever did it.
    is_personal: bool = False
    # What whoever undoes it must be allowed, which is what doing it takes.
    needs: Permission = Permission.TRIAGE
    # The issues of a chunk belong together: all change in one transaction, however
    # many they are, in the request.
    is_whole: bool = False


_known: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Makes the kind known; once in a process."""
    if kind.name in _known:
        raise ValueError(f"two kinds of operations are called {kind.name}")
    _known[kind.name] = kind
    return kind


def kind_of(operation: Operation) -> Kind:
    return _known[operation.kind]


def named(name: str) -> Kind:
    return _known[name]


def all_kinds() -> list[Kind]:
    """In the order in which they were registered."""
    return list(_known.values())


def said(operation: Operation, short_id: str = "") -> str:
    """What the operation did, in the reader's language.

    `short_id` is that of its one issue, where it changed one.
    """
    kind = kind_of(operation)
    if operation.changed == 1 and short_id:
        return kind.of_one(operation.data) % short_id
    number = operation.count if operation.is_running else operation.changed
    return kind.of_many(operation.data, number)
