"""Models out of the rows of a join that was written by hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

M = TypeVar("M", bound=Model)


class Join:
    """Tables by the names that a statement has for them.

    >>> join = Join(i=Issue, s=IssueState)
    >>> statement = f"SELECT {join.columns} FROM … i JOIN … s …"
    >>> issue = join.made(Issue, "i", row)
    """

    def __init__(self, *, but: Collection[str] = (), **tables: type[Model]) -> None:
        """`but`: fields that nobody asks for; they stay in the database."""
        self._names: dict[str, list[str]] = {}
        self._places: dict[str, slice] = {}
        columns = list[str]()
        for alias, model in tables.items():
            fields = [f for f in model._meta.concrete_fields if f.name not in but]
            self._names[alias] = [field.attname for field in fields]
            begin = len(columns)
            columns += [f"{alias}.{field.column}" for field in fields]
            self._places[alias] = slice(begin, len(columns))
        self.columns = ", ".join(columns)

    def made(self, model: type[M], alias: str, row: Sequence[object]) -> M | None:
        """The table's model; None where the join found no row.

        `row`: begins with the columns.
        """
        values = row[self._places[alias]]
        # Primary keys come first, and only they tell.
        if values[0] is None:
            return None
        return model.from_db(DEFAULT_DB_ALIAS, self._names[alias], values)

    def surely(self, model: type[M], alias: str, row: Sequence[object]) -> M:
        """The same, of a table whose row is always there."""
        made = self.made(model, alias, row)
        assert made is not None
        return made
