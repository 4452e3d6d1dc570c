"""Which release and environment a name stands for: found, made, and remembered.

What was found is remembered only once the transaction that may have made it has
committed; until then a roll-back could give the name another id.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from projects import arrays
from projects.postgres import run
from releases import sql, versions
from releases.names import Name

# Names kept in memory, about 300 bytes each.
_REMEMBERED = 20_000


class Found(NamedTuple):
    """The ids of a ReleaseEnvironment and of its Release."""

    id: int
    release_id: int


_known: dict[Name, Found] = {}


def resolve(wanted: Iterable[Name]) -> dict[Name, Found]:
    """The ids of the names; those that are new get some. Needs a transaction.

    Names of projects that are gone are left out.
    """
    found: dict[Name, Found] = {}
    unknown: list[Name] = []
    for name in set(wanted):
        known = _known.get(name)
        if known is None:
            unknown.append(name)
        else:
            found[name] = known
    if unknown:
        looked_up = _look_up(sorted(unknown))
        found |= looked_up
        transaction.on_commit(partial(_remember, looked_up))
    return found


def forget() -> None:
    """Starts anew, as a new process does."""
    _known.clear()


def _look_up(names: list[Name]) -> dict[Name, Found]:
    found = _find(names)
    missing = [name for name in names if name not in found]
    if not missing:
        return found
    _make(missing)
    # Found, not returned by the making: another process may have been faster.
    return found | _find(missing)


def _find(names: list[Name]) -> dict[Name, Found]:
    rows = run(
        sql.FIND_ENVIRONMENTS,
        arrays.of_numbers(name.project_id for name in names),
        arrays.of_texts(name.version for name in names),
        arrays.of_texts(name.environment for name in names),
    )
    return {Name(*row[:3]): Found(*row[3:]) for row in rows}


def _make(names: list[Name]) -> None:
    now = timezone.now()
    projects = arrays.of_numbers(name.project_id for name in names)
    called = arrays.of_texts(name.version for name in names)
    parsed = [versions.parse(name.version) for name in names]
    run(
        sql.INSERT_RELEASES,
        now,
        projects,
        called,
        arrays.of_texts(version.package for version in parsed),
        arrays.of_texts(version.sort_key for version in parsed),
    )
    run(sql.INSERT_MEMBERSHIPS, now, projects, called)
    run(
        sql.INSERT_ENVIRONMENTS,
        projects,
        called,
        arrays.of_texts(name.environment for name in names),
    )


def _remember(found: dict[Name, Found]) -> None:
    if len(_known) + len(found) > _REMEMBERED:
        # Dropping all is simpler than an order of use, and happens rarely.
        _known.clear()
    _known.update(found)
