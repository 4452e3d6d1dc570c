"""What repair looks for in families, beside what the stored events say of counts.

See issues.repair_sql: `repair_scope` has the issues, `repair_difference` what differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from issues.merging.recount import recount
from issues.models import FamilyMember, Issue

# Hidden is who counts for a survivor, as deeply as that, and nobody else. The status of
# 3 is MERGED, that of 4 DELETED.
_COMPARE_HIDDEN = """
INSERT INTO repair_difference
SELECT 'merged', project_id, issue_id, '', status::text, should_be::text
FROM (
    SELECT s.project_id, s.issue_id, s.status, CASE
        WHEN survivor.status IS NOT NULL THEN greatest(survivor.status, 3)
        WHEN s.status = 3 THEN 0
        ELSE s.status END AS should_be
    FROM issues_issuestate AS s JOIN repair_scope USING (issue_id)
    LEFT JOIN issues_familymember AS m ON m.counter_id = s.issue_id
    LEFT JOIN issues_issuestate AS survivor ON survivor.issue_id = m.survivor_id
) AS hidden
WHERE status <> should_be
"""

# What retention has dropped was counted off of the members and of their survivor.
_COMPARE_EXPIRED = """
INSERT INTO repair_difference
SELECT 'expired_count', s.project_id, s.issue_id, '', s.expired_count::text,
       members.expired_count::text
FROM issues_issuestate AS s
JOIN repair_scope USING (issue_id)
JOIN (
    SELECT m.survivor_id AS issue_id, sum(c.expired_count) AS expired_count
    FROM issues_familymember AS m
    JOIN issues_issuestate AS c ON c.issue_id = m.counter_id
    GROUP BY 1
) AS members USING (issue_id)
WHERE s.expired_count <> members.expired_count
"""

_COMPARE_EXPIRED_USERS = """
INSERT INTO repair_difference
SELECT 'expired_user', u.project_id, u.issue_id, u.user_id::text,
       u.has_expired::text, members.has_expired::text
FROM issues_issueuser AS u
JOIN repair_scope USING (issue_id)
JOIN (
    SELECT m.survivor_id AS issue_id, c.user_id, bool_or(c.has_expired) AS has_expired
    FROM issues_familymember AS m
    JOIN issues_issueuser AS c ON c.issue_id = m.counter_id
    GROUP BY 1, 2
) AS members USING (issue_id, user_id)
WHERE u.has_expired <> members.has_expired
"""

COMPARE = (_COMPARE_HIDDEN, _COMPARE_EXPIRED, _COMPARE_EXPIRED_USERS)

# Who counts for nobody is open and ongoing; a share has no status of its own.
MEND = (
    """
    UPDATE issues_issuestate AS s SET
        status = d.should_be::int2,
        substatus = CASE d.should_be WHEN '0' THEN 2 ELSE 0 END
    FROM repair_difference AS d JOIN issues_issue AS i ON i.id = d.issue_id
    WHERE d.figure = 'merged' AND s.issue_id = d.issue_id
      AND (i.number > 0 OR d.should_be <> '0')
    """,
)


def make_whole(issue_ids: Collection[int]) -> None:
    """Makes survivors the sum of their members, and drops shares of nobody.

    Of these issues, once what each of them counts itself is right.
    """
    shares = Issue.objects.filter(pk__in=issue_ids, number__lt=0)
    shares.exclude(pk__in=FamilyMember.objects.values("counter")).delete()
    rows = FamilyMember.objects.filter(survivor__in=issue_ids).order_by("survivor")
    counters: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for survivor, project, counter in rows.values_list(
        "survivor", "project", "counter"
    ):
        counters[survivor, project].append(counter)
    for (survivor, project), parts in counters.items():
        recount(survivor, project, parts)
