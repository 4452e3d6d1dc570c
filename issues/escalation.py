"""When an ignored issue escalates: more events in an hour than its past foretells.

The forecast is the busiest hour of the 14 days before, half as much again, and at
least FLOOR events: an issue that is ignored until it escalates is open again with the
first event above it. Forecasts are made anew every six hours, so that they follow
what has become usual. Counts are the hourly ones, by the events' own time; an hour
counts from its start, whenever in it the issue was ignored.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from issues import sql
from issues.models import Snooze
from projects import arrays
from projects.hours import hour_of

PAST_HOURS = 14 * 24
# An hour with fewer events is nobody's emergency.
FLOOR = 10

# The busiest hour of each issue that had one. Parameters: issue ids, since, until.
_BUSIEST = """
SELECT issue_id, max(count) FROM issues_hourcount
WHERE issue_id = ANY(%s::int4[]) AND hour >= %s AND hour <= %s GROUP BY issue_id
"""

# The most that one of the hours has. Parameters: issue id, hours.
_MOST = """
SELECT max(count) FROM issues_hourcount WHERE issue_id = %s::int4 AND hour = ANY(%s)
"""


def limits_of(issue_ids: Iterable[int], now: datetime) -> dict[int, int]:
    """As many events in an hour are foretold; each event more is an escalation."""
    ids = sorted(set(issue_ids))
    hour = hour_of(now)
    rows = sql.run(_BUSIEST, arrays.of_numbers(ids), hour - PAST_HOURS, hour)
    busiest: dict[int, int] = dict(rows)
    return {issue: max(FLOOR, busiest.get(issue, 0) * 3 // 2) for issue in ids}


def most_in(issue_id: int, moments: Iterable[datetime], since: datetime) -> int:
    """The events of the busiest of these moments' hours, from that of `since` on."""
    first = hour_of(since)
    hours = sorted({hour for at in moments if (hour := hour_of(at)) >= first})
    if not hours:
        return 0
    ((most,),) = sql.run(_MOST, issue_id, hours)
    return most or 0


def renew_limits(now: datetime) -> int:
    """Makes the forecasts of all ignored issues anew; how many are others now.

    One row at a time: several locked at once could wait for a digest that waits for
    them.
    """
    rows = Snooze.objects.filter(hour_limit__isnull=False)
    known = dict(rows.values_list("issue_id", "hour_limit"))
    changed = {
        issue: limit
        for issue, limit in limits_of(known, now).items()
        if limit != known[issue]
    }
    for issue, limit in changed.items():
        rows.filter(issue=issue).update(hour_limit=limit)
    return len(changed)
