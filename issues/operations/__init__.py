"""Actions on many issues as operations: made once, told as one, and undone exactly.

`apply` does an action to a Selection, whose issues are fixed when it begins: what
arrives meanwhile is not touched. Up to ONCE issues change in the caller's request;
more go through a worker, CHUNK at a time, and whoever dies leaves the rest to the next
run. `undo` brings back exactly those issues that have not changed since.

A room that does something of its own to issues registers a Kind with what undoes it
(`register`, from a module that is imported below or by `IssuesConfig`), and keeps what
it did by `record`.
"""

from issues.merging import actions as actions
from issues.operations import assigning as assigning
from issues.operations import deleting as deleting
from issues.operations import marks as marks
from issues.operations import status as status
from issues.operations.kinds import Item, Kind, register, said
from issues.operations.running import (
    CHUNK,
    ONCE,
    UNDO_DAYS,
    CannotUndo,
    Undone,
    apply,
    can_undo,
    may_undo,
    proceed,
    prune,
    record,
    undo,
    visible_to,
)
from issues.operations.selection import Action, Selection

__all__ = [
    "CHUNK",
    "ONCE",
    "UNDO_DAYS",
    "Action",
    "CannotUndo",
    "Item",
    "Kind",
    "Selection",
    "Undone",
    "apply",
    "can_undo",
    "may_undo",
    "proceed",
    "prune",
    "record",
    "register",
    "said",
    "undo",
    "visible_to",
]
