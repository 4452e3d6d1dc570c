"""Numbers for names: the ids of users and tags, remembered by the process.

An id is remembered only once the transaction that may have made it has committed;
until then a roll-back could give the name another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Generic, TypeVar

from django.db import transaction

from issues import sql
from projects import arrays

# Names kept in memory, of each kind; about 200 bytes each.
_REMEMBERED = 50_000

# (identity,) and (key, value): names are looked up by project and then as the events
# hold them, because a tuple made for each tag of each event costs more than that.
User = tuple[str]
Tag = tuple[str, str]
Name = TypeVar("Name", User, Tag)

# Ids by project and name.
Ids = dict[int, dict[Name, int]]


class NameBook(Generic[Name]):
    """Ids by name, looked up and made by one statement for all that are unknown."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._ids: Ids[Name] = defaultdict(dict)
        self._count = 0

    def resolve(self, wanted: Mapping[int, set[Name]]) -> Ids[Name]:
        """The id of each name; names that are new get one. Needs a transaction.

        `wanted`: names by project.
        """
        found: Ids[Name] = {}
        unknown: list[tuple[int, Name]] = []
        for project_id, names in wanted.items():
            ids = self._ids[project_id]
            known = found[project_id] = {
                name: ids[name] for name in names if name in ids
            }
            unknown += [(project_id, name) for name in names - known.keys()]
        if unknown:
            made = self._make(unknown)
            for project_id, name, id_ in made:
                found[project_id][name] = id_
            transaction.on_commit(partial(self._remember, made))
        return found

    def forget(self) -> None:
        """Starts anew, as a new process does."""
        self._ids.clear()
        self._count = 0

    def _make(self, unknown: list[tuple[int, Name]]) -> list[tuple[int, Name, int]]:
        # In order, so that two digests cannot wait for each other's rows.
        unknown.sort()
        columns = zip(*[name for _, name in unknown], strict=True)
        rows = sql.run_often(
            self._statement,
            arrays.of_numbers(project_id for project_id, _ in unknown),
            *map(arrays.of_texts, columns),
        )
        return [(row[0], row[1:-1], row[-1]) for row in rows]

    def _remember(self, made: list[tuple[int, Name, int]]) -> None:
        if self._count + len(made) > _REMEMBERED:
            # Dropping all is simpler than an order of use, and happens rarely.
            self.forget()
        for project_id, name, id_ in made:
            self._ids[project_id][name] = id_
        self._count += len(made)


users: NameBook[User] = NameBook(sql.NAME_USERS)
tags: NameBook[Tag] = NameBook(sql.NAME_TAGS)
