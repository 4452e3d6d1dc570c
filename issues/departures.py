"""Takes issues from a member or a team that goes, so that their activity tells it."""

from __future__ import annotations

from django.db import transaction

from issues.assignment import NOBODY, assign
from issues.models import Assignment
from projects.departures import before_leaving
from projects.models import Membership, Team, User

# Of one transaction.
_AT_ONCE = 1000


@before_leaving
def unassign(leaving: Membership | Team, by: User | None) -> None:
    """Nobody has their issues any more; in order, so that it comes to an end."""
    rows = Assignment.objects.order_by("issue")
    if isinstance(leaving, Team):
        rows = rows.filter(team=leaving)
    else:
        rows = rows.filter(member=leaving)
    last = 0
    while True:
        found = rows.filter(issue__gt=last).values_list("issue_id", flat=True)
        ids = list(found[:_AT_ONCE])
        if not ids:
            return
        with transaction.atomic():
            assign(ids, NOBODY, user=by)
        last = ids[-1]
