"""Grouping: which issue an event belongs to, and why.

Each released version is a module that is never edited afterwards; a better one
comes beside it.
"""

from __future__ import annotations

from issues.grouping.parts import Grouping, Part
from issues.grouping.rules import NO_RULES, GroupingRules
from issues.grouping.v1 import VERSION, group
from issues.grouping.v1.library import is_library

CURRENT = VERSION

__all__ = [
    "CURRENT",
    "NO_RULES",
    "Grouping",
    "GroupingRules",
    "Part",
    "group",
    "is_library",
]
