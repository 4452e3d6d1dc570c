"""The rules of projects as this process knows them, at most a few seconds old.

What they have discarded is asked for each time. Issues are discarded under the lock
that a drain holds, so that none of their events comes after it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from projects.policies import discarded_of, load_rules
from projects.rules import Rules

FRESH_S = 5.0
_REMEMBERED = 10_000

# By project: its rules, and until when (monotonic seconds) they are believed.
_known: dict[int, tuple[Rules, float]] = {}


def rules_of(project_ids: Iterable[int]) -> dict[int, Rules]:
    """The rules of each project, by one statement, or two where some are not known."""
    now = time.monotonic()
    wanted = set(project_ids)
    stale = [pk for pk in wanted if pk not in _known or _known[pk][1] < now]
    if stale:
        if len(_known) + len(stale) > _REMEMBERED:
            _known.clear()
            stale = list(wanted)
        found = load_rules(stale)
        _known.update({pk: (rules, now + FRESH_S) for pk, rules in found.items()})
    rules = {pk: _known[pk][0] for pk in wanted}
    for pk, hashes in discarded_of(wanted).items():
        rules[pk] = replace(rules[pk], discarded=hashes)
    return rules


def forget() -> None:
    """Has every project asked for anew."""
    _known.clear()
