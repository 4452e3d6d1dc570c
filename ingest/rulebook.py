"""The rules of projects as this process knows them, at most a few seconds old."""

from __future__ import annotations

import time
from collections.abc import Iterable

from projects.policies import load_rules
from projects.rules import Rules

FRESH_S = 5.0
_REMEMBERED = 10_000

# By project: its rules, and until when (monotonic seconds) they are believed.
_known: dict[int, tuple[Rules, float]] = {}


def rules_of(project_ids: Iterable[int]) -> dict[int, Rules]:
    """The rules of each project; what is not known is asked for by one statement."""
    now = time.monotonic()
    wanted = set(project_ids)
    stale = [pk for pk in wanted if pk not in _known or _known[pk][1] < now]
    if stale:
        if len(_known) + len(stale) > _REMEMBERED:
            _known.clear()
            stale = list(wanted)
        found = load_rules(stale)
        _known.update({pk: (rules, now + FRESH_S) for pk, rules in found.items()})
    return {pk: _known[pk][0] for pk in wanted}


def forget() -> None:
    """Has every project asked for anew."""
    _known.clear()
