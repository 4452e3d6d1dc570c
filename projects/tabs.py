"""Numbers beside the tabs of a project's pages, which other rooms give.

They are read by the statement that names the organization's projects anyway.
"""

from __future__ import annotations

from django.db.models import Case, IntegerField, When
from django.db.models.expressions import RawSQL

# Where more are meant, this many and a plus are shown.
MOST = 99

_numbers: dict[str, str] = {}


def add_number(tab: str, statement: str) -> None:
    """The statement gives a tab's number for the row projects_project.

    It is run for one project a page, and to count to MOST + 1 is enough.
    """
    _numbers[tab] = statement


def numbers_of(slug: str) -> dict[str, Case]:
    """What the look-up of an organization's projects reads of the one of that slug."""
    return {
        f"{tab}_number": Case(
            When(slug=slug, then=RawSQL(f"({statement})", ())),
            output_field=IntegerField(),
        )
        for tab, statement in _numbers.items()
    }


def shown(project: object) -> dict[str, str]:
    """By tab, what stands beside its name; empty for none."""
    numbers = {tab: getattr(project, f"{tab}_number", None) or 0 for tab in _numbers}
    return {
        tab: f"{MOST}+" if number > MOST else str(number or "")
        for tab, number in numbers.items()
    }
