"""Names of organizations, teams and projects in addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import IntegrityError, transaction
from django.utils.text import slugify

SLUG_MAX_LENGTH = 50
_SLUG_TRIES = 100

_Made = TypeVar("_Made")


def with_free_slug(
    name: str, *, otherwise: str, taken: str, make: Callable[[str], _Made]
) -> _Made:
    """What `make` gives for the first slug of the name that is free.

    `taken` names the constraint that a slug in use violates.
    """
    for slug in _slugs(name, otherwise):
        try:
            with transaction.atomic():
                return make(slug)
        except IntegrityError as error:
            if _violated_constraint(error) != taken:
                raise
    raise RuntimeError(f"no free slug for {name!r} in {_SLUG_TRIES} tries")


def _violated_constraint(error: IntegrityError) -> str | None:
    cause = error.__cause__
    return cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None


def _slugs(name: str, otherwise: str) -> list[str]:
    """Candidates for a slug: `name`, `name-2`, `name-3`, …"""
    base = slugify(name)[: SLUG_MAX_LENGTH - 4].strip("-_") or otherwise
    if base.isdigit():
        # Digits alone would be taken for an id by the web API.
        base = f"{otherwise}-{base}"
    return [base, *(f"{base}-{n}" for n in range(2, _SLUG_TRIES + 1))]
