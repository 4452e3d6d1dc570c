"""What is usual for each project: what spike protection measures it by.

Usual is the median, over the last days, of each day's busiest hour. So neither one bad
day nor the quiet nights move it, and a job that runs once a day belongs to it.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from ingest.outcomes import Outcome
from projects import postgres, services
from projects.hours import hour_of
from projects.models import Project

DAYS = 7
# With fewer days behind it a project is new: nobody knows what is usual for it.
DAYS_MIN = 3
_DAY_H = 24

# Events taken in the busiest hour of each day of 24 whole hours before an hour: project
# id, count. Parameters: the hour, days, project ids, the outcome.
_PEAKS = """
SELECT project_id, max(count)::int8
FROM (
    SELECT project_id, %s::int4 - 1 - hour AS age, sum(count) AS count
    FROM ingest_outcomecount
    WHERE project_id = ANY(%s::int4[]) AND hour >= %s AND hour < %s
      AND outcome = %s AND category IN ('default', 'error', 'security')
    GROUP BY project_id, hour
) AS hours
GROUP BY project_id, age / 24
"""


def learn_usual_hours(now: datetime) -> None:
    """Reckons what is usual for every project, and tells the edge what changed."""
    hour = hour_of(now)
    days = _days_of_projects(hour)
    peaks: dict[int, list[int]] = defaultdict(list)
    outcome = str(Outcome.ACCEPTED)
    since = hour - DAYS * _DAY_H
    for project_id, peak in postgres.run(
        _PEAKS, hour, list(days), since, hour, outcome
    ):
        peaks[project_id].append(peak)
    services.learn_busiest_hours(
        {
            project_id: usual_peak(peaks[project_id], days_known)
            for project_id, days_known in days.items()
        }
    )


def usual_peak(peaks: Iterable[int], days: int) -> int | None:
    """The median of the peaks of so many days, to two digits; None for a new project.

    Days that have no peak had no event.
    """
    if days < DAYS_MIN:
        return None
    known = list(peaks)
    median = int(statistics.median_high(known + [0] * (days - len(known))))
    # More digits would only have the edge told of a change every hour.
    unit = int(10 ** max(len(str(median)) - 2, 0))
    return median // unit * unit


def _days_of_projects(hour: int) -> dict[int, int]:
    """For how many of the last days each project has been sending."""
    projects = Project.objects.filter(deleted_at__isnull=True)
    return {
        project_id: min((hour - hour_of(first_event_at)) // _DAY_H, DAYS)
        for project_id, first_event_at in projects.values_list("pk", "first_event_at")
        if first_event_at is not None
    }
