"""Numbers for names: the ids of users and tags, remembered by the process.

An id is remembered only once the transaction that may have made it has committed;
until then a roll-back could give the name another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Generic, TypeVar

from django.db import transaction

from issues import sql

# Names kept in memory, of each kind; about 200 bytes each.
_REMEMBERED = 50_000

# (project id, identity) and (project id, key, value).
User = tuple[int, str]
Tag = tuple[int, str, str]
Name = TypeVar("Name", User, Tag)


class NameBook(Generic[Name]):
    """Ids by name, looked up and made by one statement for all that are unknown."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._ids: dict[Name, int] = {}

    def resolve(self, names: Iterable[Name]) -> dict[Name, int]:
        """The id of each name; names that are new get one. Needs a transaction."""
        wanted = set(names)
        found = {name: self._ids[name] for name in wanted if name in self._ids}
        unknown = sorted(wanted - found.keys())
        if unknown:
            # In order, so that two digests cannot wait for each other's rows.
            rows = sql.run(self._statement, *map(list, zip(*unknown, strict=True)))
            made = {row[:-1]: row[-1] for row in rows}
            found.update(made)
            transaction.on_commit(partial(self._remember, made))
        return found

    def forget(self) -> None:
        """Starts anew, as a new process does."""
        self._ids.clear()

    def _remember(self, made: dict[Name, int]) -> None:
        if len(self._ids) + len(made) > _REMEMBERED:
            # Dropping all is simpler than an order of use, and happens rarely.
            self._ids.clear()
        self._ids.update(made)


users: NameBook[User] = NameBook(sql.NAME_USERS)
tags: NameBook[Tag] = NameBook(sql.NAME_TAGS)
