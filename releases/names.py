"""How events and sessions name what they count for."""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """A release in an environment of a project."""

    project_id: int
    version: str
    # Empty where none is named.
    environment: str
