"""What the rooms above do before a member or a team is gone; they say so here."""

from __future__ import annotations

from collections.abc import Callable

from projects.models import Membership, Team, User

# What to do, given who goes and whoever sends them away.
Farewell = Callable[[Membership | Team, User | None], None]

_farewells: list[Farewell] = []


def before_leaving(do: Farewell) -> Farewell:
    """Has this done for each who goes, once in a process, outside a transaction."""
    _farewells.append(do)
    return do


def say_farewell(leaving: Membership | Team, by: User | None) -> None:
    for do in _farewells:
        do(leaving, by)
