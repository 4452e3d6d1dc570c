"""Writes what happened to many issues at once: one statement, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from django.db import transaction

from issues import sql
from issues.models import Activity
from projects import arrays
from projects.models import User
from projects.news import announce

# Parameters: kind, user id, time, operation id, project ids, issue ids, what is told.
_INSERT = """
INSERT INTO issues_activity
    (project_id, issue_id, kind, user_id, data, created_at, operation_id)
SELECT n.project_id, n.issue_id, %s::text, %s::int4, n.data, %s::timestamptz, %s::int4
FROM unnest(%s::int4[], %s::int4[], %s::jsonb[]) AS n(project_id, issue_id, data)
"""


def write(
    kind: Activity.Kind,
    told: Mapping[int, Mapping[str, Any]],
    project_of: Mapping[int, int],
    *,
    user: User | None,
    at: datetime,
    operation_id: int | None,
) -> None:
    """An activity of that kind for each issue of `told`, which says what it tells.

    Who looks at the projects hears of it once it is committed.
    """
    issues: Sequence[int] = list(told)
    if not issues:
        return
    sql.run(
        _INSERT,
        kind.value,
        user.pk if user else None,
        at,
        operation_id,
        arrays.of_numbers(project_of[issue] for issue in issues),
        arrays.of_numbers(issues),
        arrays.of_texts(orjson.dumps(told[issue]).decode() for issue in issues),
    )
    transaction.on_commit(partial(announce, {project_of[issue] for issue in issues}))
