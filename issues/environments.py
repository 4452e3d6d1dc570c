"""Which environments of a project have hours of their own, remembered by the process.

They are the first that its events named: numbers of tags rise, and no tag is removed
before its project, so that an environment is one of them for ever or never.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from django.db import transaction

from issues import sql
from projects import arrays

KEY = "environment"
# Of a project; events of any other count in its hours as a whole only.
KEPT = 50

# The ids of the tags that name them, by project: at most one entry a project.
_kept: dict[int, frozenset[int]] = {}

# The ids of those of a project `p`.
KEPT_OF_PROJECT = f"""
SELECT t.id FROM issues_tag t
WHERE t.project_id = p.id AND t.key = '{KEY}' AND t.value <> ''
ORDER BY t.id LIMIT {KEPT}
"""

# Parameter: project ids.
_FIND = f"""
SELECT p.id, ARRAY({KEPT_OF_PROJECT}) FROM unnest(%s::int4[]) AS p(id)
"""

# With their names, in the order of these.
_NAME = f"""
SELECT named.value, named.id FROM unnest(%s::int4[]) AS p(id)
CROSS JOIN LATERAL ({KEPT_OF_PROJECT}) AS kept
JOIN issues_tag named ON named.id = kept.id
ORDER BY 1, 2
"""


def kept(named: Mapping[int, Collection[int]]) -> dict[int, frozenset[int]]:
    """The environments with hours of their own, by project. Needs the shard's lock.

    `named`: projects with the ids of the environments' tags that are asked for. One
    statement where one of them may be new, none else.
    """
    unknown = [
        project_id
        for project_id, ids in named.items()
        if len(known := _kept.get(project_id, frozenset())) < KEPT
        and not known.issuperset(ids)
    ]
    found = {project_id: _kept.get(project_id, frozenset()) for project_id in named}
    if unknown:
        rows = sql.run(_FIND, arrays.of_numbers(sorted(unknown)))
        looked_up = {project_id: frozenset(ids) for project_id, ids in rows}
        found |= looked_up
        # Until then a roll-back could take the tags away again.
        transaction.on_commit(partial(_kept.update, looked_up))
    return found


def forget() -> None:
    """Starts anew, as a new process does."""
    _kept.clear()


def environments_of(project_ids: Sequence[int]) -> dict[str, list[int]]:
    """The environments with hours of their own, by name, with the ids of their tags."""
    found: dict[str, list[int]] = {}
    for value, tag_id in sql.run(_NAME, arrays.of_numbers(project_ids)):
        found.setdefault(value, []).append(tag_id)
    return found
